"""Triggers keep the copies and the counts right, whatever SQL is run."""

from __future__ import annotations

import random

import pytest

from tests import by_hand

SNOM = "Snom D785"


@pytest.fixture
def world(owner) -> dict[str, int]:
    return by_hand.two_companies(owner)


def copies(owner, key: int) -> tuple[str, str]:
    return owner.execute(
        "SELECT model_name, search FROM phones_phone WHERE id = %s", [key]
    ).fetchone()


@pytest.mark.parametrize(
    ("change", "model_name", "came", "went"),
    [
        ("UPDATE users_user SET first_name = 'Ümit' WHERE id = %(uma)s", SNOM, "umit", "uma"),
        ("UPDATE users_user SET last_name = 'Østby' WHERE id = %(uma)s", SNOM, "ostby", "person"),
        ("UPDATE users_user SET ext = '77' WHERE id = %(uma)s", SNOM, "77", "11"),
        (
            "UPDATE phones_phonemodel SET name = 'Snom D999' WHERE name = 'Snom D785'",
            "Snom D999", "d999", "d785",
        ),
        (
            "UPDATE phones_phone SET label = 'Reception' WHERE id = %(front)s",
            SNOM, "reception", "front",
        ),
        (
            "UPDATE phones_phone SET mac = '24aa00000077' WHERE id = %(front)s",
            SNOM, "24aa", "805ec0000001",
        ),
        (
            "UPDATE phones_phone SET assigned_to_id = NULL WHERE id = %(front)s",
            SNOM, "front", "uma",
        ),
        (
            "UPDATE phones_phone SET assigned_to_id = %(wyn)s WHERE id = %(front)s",
            SNOM, "wyn", "uma",
        ),
        (
            "UPDATE phones_phone SET model_id ="
            " (SELECT id FROM phones_phonemodel WHERE name = 'Poly VVX 450') WHERE id = %(front)s",
            "Poly VVX 450", "vvx", "snom",
        ),
    ],
)  # fmt: skip
def test_search_and_model_name_follow_phone_person_and_model(
    owner, world, change, model_name, came, went
):  # R6, R9
    before = set(copies(owner, world["front"])[1].split())
    assert before >= {"front", "desk", "snom", "d785", "uma", "person", "11", "805ec0000001"}
    owner.execute(change, world)
    name, search = copies(owner, world["front"])
    assert (name, came in search.split(), went in search.split()) == (model_name, True, False)


GOLD = "100 gold street floor 2 new york ny 10038"
ELM = "5 elm avenue springfield il 62701"
CHANGE = "UPDATE e911_emergencyaddress SET {} WHERE phone_id = %(free)s AND standardised ~ '{}'"


def test_search_has_the_addresses_that_the_row_shows(owner, world):  # R7, R9
    """Current and open ones; whichever statement changes that, and whichever row is first."""
    free, company = world["free"], world["acme"]
    before = copies(owner, free)[1]

    def added() -> set[str]:
        search = copies(owner, free)[1]
        return {text for text in (GOLD, ELM) if f" {text} " in search}

    gold = "100 Gold Street, Floor 2, New York, NY 10038"
    elm = "5 Elm Avenue, Springfield, IL 62701"
    by_hand.address(owner, company, free, "accepted", gold)
    assert added() == set()  # accepted, but not yet in force
    owner.execute(
        "UPDATE phones_phone SET current_address_id = address.id FROM e911_emergencyaddress AS"
        " address WHERE phone_id = phones_phone.id AND phones_phone.id = %(free)s", world,
    )  # fmt: skip
    assert added() == {GOLD}
    by_hand.address(owner, company, free, "pending", elm)
    assert added() == {GOLD, ELM}
    owner.execute(CHANGE.format("status = 'refused'", "Elm"), world)
    assert added() == {GOLD, ELM}  # the row shows what was refused
    owner.execute(CHANGE.format("superseded = true", "Elm"), world)
    assert added() == {GOLD}
    owner.execute("UPDATE phones_phone SET current_address_id = NULL")
    assert (added(), copies(owner, free)[1]) == (set(), before)
    owner.execute(CHANGE.format("status = 'pending'", "Gold"), world)
    assert added() == {GOLD}
    owner.execute("DELETE FROM e911_emergencyaddress WHERE phone_id = %(free)s", world)
    assert copies(owner, free)[1] == before


@pytest.mark.parametrize("column", ["search", "model_name"])
def test_copy_that_is_written_by_hand_is_put_right(owner, world, column):
    before = copies(owner, world["front"])
    owner.execute(f"UPDATE phones_phone SET {column} = 'nonsense' WHERE id = %(front)s", world)
    assert copies(owner, world["front"]) == before


FRESH = """
SELECT account_id, kind, model_id, count(*), count(assigned_to_id),
    count(*) FILTER (
        WHERE current_address_id IS NULL AND (kind = 'common' OR assigned_to_id IS NOT NULL)
    )
FROM phones_phone WHERE retired_at IS NULL GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""

KEPT = """
SELECT account_id, kind, model_id, phones, assigned, missing_address
FROM phones_phonecount WHERE (phones, assigned, missing_address) <> (0, 0, 0) ORDER BY 1, 2, 3
"""

FRESH_STANDING = """
SELECT phone.id, phone.account_id, CASE WHEN retired_at IS NULL THEN phone.kind END, sip.username,
    coalesce(sip.username IN (SELECT username FROM registrar.location), false),
    delivered NOT IN ('', wanted), delivered = ''
FROM phones_phone AS phone
JOIN phones_provisioning AS provisioning ON provisioning.phone_id = phone.id
LEFT JOIN users_sipaccount AS sip ON sip.user_id = assigned_to_id
    OR sip.phone_id = phone.id AND assigned_to_id IS NULL
ORDER BY 1
"""

KEPT_STANDING = """
SELECT phone_id, account_id, kind, username, is_registered, needs_restart, never_fetched
FROM phones_standing ORDER BY 1
"""

SOME = "(SELECT id FROM phones_phone WHERE {} ORDER BY random() LIMIT 3)"

ANY = SOME.format("true")

NEVER_ADDRESSED = SOME.format(
    "NOT EXISTS (SELECT FROM e911_emergencyaddress WHERE phone_id = phones_phone.id)"
)

COLUMNS = "account_id, kind, model_id, mac, label, search, model_name, created_at"

NEW = """
SELECT account.id, kind, model.id, '80' || left(md5(random()::text), 10),
    CASE kind WHEN 'common' THEN md5(random()::text) ELSE '' END, '', '', now()
FROM users_account AS account, (VALUES ('user'), ('common')) AS kinds (kind),
    phones_phonemodel AS model
ORDER BY random() LIMIT 4
"""

STATES = """
SELECT DISTINCT retired_at IS NOT NULL, kind, assigned_to_id IS NOT NULL,
    current_address_id IS NOT NULL
FROM phones_phone WHERE kind = 'user' OR current_address_id IS NULL
"""

COPY = f"COPY phones_phone ({COLUMNS}) FROM STDIN"

STEPS = [
    f"INSERT INTO phones_phone ({COLUMNS}) {NEW}",
    f"DELETE FROM phones_phone WHERE id IN {NEVER_ADDRESSED}",
    # MATERIALIZED, because some plans would choose again for every phone and pick a user twice.
    """
    WITH pair AS MATERIALIZED (
        SELECT DISTINCT ON (phone.account_id) phone.id AS phone, person.id AS person
        FROM phones_phone AS phone JOIN users_user AS person USING (account_id)
        WHERE phone.kind = 'user' AND retired_at IS NULL AND assigned_to_id IS NULL
            AND can_have_phone
            AND NOT EXISTS (SELECT FROM phones_phone WHERE assigned_to_id = person.id)
        ORDER BY phone.account_id, random()
    ) UPDATE phones_phone SET assigned_to_id = pair.person
    FROM pair WHERE phones_phone.id = pair.phone
    """,
    f"UPDATE phones_phone SET assigned_to_id = NULL WHERE id IN {ANY}",
    f"UPDATE phones_phone SET assigned_to_id = NULL, retired_at = now() WHERE id IN {ANY}",
    f"UPDATE phones_phone SET retired_at = NULL WHERE id IN {ANY}",
    "UPDATE phones_phone SET assigned_to_id = NULL,"
    " kind = CASE kind WHEN 'user' THEN 'common' ELSE 'user' END,"
    f" label = CASE label WHEN '' THEN id::text ELSE label END WHERE id IN {ANY}",
    "UPDATE phones_phone SET model_id = (SELECT min(id) FROM phones_phonemodel) + id % 3"
    f" WHERE id IN {ANY}",
    "UPDATE phones_phone SET current_address_id = address.id FROM e911_emergencyaddress AS address"
    f" WHERE phone_id = phones_phone.id AND phones_phone.id IN {ANY}",
    f"UPDATE phones_phone SET current_address_id = NULL WHERE id IN {ANY}",
    f"UPDATE phones_phone SET label = id::text WHERE id IN {ANY}",
    "UPDATE phones_provisioning SET delivered = CASE id % 3 WHEN 0 THEN wanted WHEN 1 THEN 'x'"
    f" ELSE '' END FROM phones_phone WHERE id = phone_id AND id IN {ANY}",
    # A device registers, another one on the same line, and both go.
    "INSERT INTO registrar.location (ruid, username) SELECT random()::text, username"
    " FROM users_sipaccount ORDER BY random() LIMIT 5",
    "DELETE FROM registrar.location WHERE random() < 0.3",
    "UPDATE users_sipaccount SET username = left(md5(random()::text), 20) WHERE random() < 0.3",
    "DELETE FROM users_sipaccount WHERE random() < 0.2",
    """
    INSERT INTO users_sipaccount (account_id, kind, username, ha1, key_fingerprint, changed_at,
        user_id, phone_id)
    SELECT phone.account_id, CASE WHEN assigned_to_id IS NOT NULL THEN 'person'
            WHEN kind = 'user' THEN 'standby' ELSE 'place' END,
        left(md5(random()::text), 20), repeat('0', 32), '', now(), assigned_to_id,
        CASE WHEN assigned_to_id IS NULL THEN id END
    FROM phones_phone AS phone
    WHERE retired_at IS NULL AND NOT EXISTS (
        SELECT FROM users_sipaccount WHERE user_id = assigned_to_id OR phone_id = phone.id
    )
    """,
]


def copy_in(owner) -> None:
    made = owner.execute(NEW).fetchall()
    with owner.cursor().copy(COPY) as copy:
        for row in made:
            copy.write_row(row)


def test_counts_and_standing_are_fresh_after_any_statements(owner):  # R8, R34
    for name in ("Acme", "Other"):
        company = by_hand.account(owner, name)
        for n in range(5):
            by_hand.person(owner, company, f"{name}{n}", ext=str(n))
            by_hand.address(
                owner,
                company,
                by_hand.phone(owner, company, f"805ec0{company % 2}0000{n}"),
                "accepted",
            )
    chosen = random.Random(8)
    owner.execute("SELECT setseed(0.8)")
    states = set()
    for n in range(1000):
        step = chosen.choice([*STEPS, COPY])
        copy_in(owner) if step is COPY else owner.execute(step)
        assert owner.execute(KEPT).fetchall() == owner.execute(FRESH).fetchall(), step
        standing = owner.execute(KEPT_STANDING).fetchall()
        assert standing == owner.execute(FRESH_STANDING).fetchall(), step
        states |= set(owner.execute(STATES).fetchall())
        if n >= 200 and len(states) == 8:
            break
    assert len(states) == 8  # every state was reached
