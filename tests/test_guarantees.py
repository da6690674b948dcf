"""The database refuses what breaks a guarantee, even in SQL that the owner runs."""

from __future__ import annotations

import psycopg
import pytest

from tests import by_hand
from tests.broken_guarantees import BREAKS

OURS = "table_name ~ '^(users|phones|e911)_'"

BY_TRIGGER = {"phones_phone_keeps_account", "e911_address_immutable"}

# Keys that exist only because other keys refer to them: they contain the primary key, so nothing
# can break them alone.
LEANT_ON = {
    "users_user_phone_key",
    "users_user_of_account",
    "phones_phone_of_account",
    "e911_address_of_phone",
    "users_number_kind",
}
# These stand behind the numbering plan, which refuses first.
BEHIND = {"users_user_ext", "phones_phone_ext"}

# Names that Django gives to the constraints of a plain ForeignKey or ManyToManyField.
DJANGOS_OWN = r"_[0-9a-f]{8}_(fk_.*|uniq)$"


@pytest.fixture
def world(owner) -> dict[str, int]:
    return by_hand.two_companies(owner)


@pytest.mark.parametrize(("constraint", "statement"), BREAKS)
def test_sql_that_breaks_a_guarantee_is_refused(
    owner, world, constraint, statement
):  # R5, R6, R13, R19, R23, R25
    with pytest.raises(psycopg.errors.IntegrityError) as refused:
        owner.execute(statement, world)
    assert refused.value.diag.constraint_name == constraint


def test_every_guarantee_of_our_tables_is_broken_above(owner):
    guarantees = owner.execute(
        f"""
        SELECT name FROM (
            SELECT conrelid::regclass::text, conname FROM pg_constraint
            WHERE contype IN ('c', 'u', 'f', 'x')
            UNION SELECT indrelid::regclass::text, indexrelid::regclass::text FROM pg_index
            WHERE indisunique AND NOT indisprimary
        ) AS _ (table_name, name) WHERE {OURS} AND name !~ %s
        """,
        [DJANGOS_OWN],
    )
    assert {name for (name,) in guarantees} == (
        {name for name, _ in BREAKS} - BY_TRIGGER - {"users_number_pkey"} | LEANT_ON | BEHIND
    )


# --- two labels are the same when trimming, NFC and case folding make them so (R5) ----------------


@pytest.mark.parametrize(
    ("one", "same"),
    [
        ("Front desk", "FRONT DESK"), ("Front desk", "  Front desk "),
        ("Front desk", "\u00a0Front desk\u2003"), ("Front desk", "Front desk\u3000"),
        ("Café", "Cafe\u0301"), ("CAFÉ", "cafe\u0301"),
        ("Straße", "STRASSE"), ("Straße", "STRAẞE"), ("ΟΔΟΣ", "οδος"), ("ΟΔΟΣ", "οδοσ"),
        ("Ångström", "ÅNGSTRÖM"), ("ЁЛКА", "ёлка"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["free", "lobby"])
def test_labels_that_a_person_takes_for_the_same_are_refused(owner, world, one, same, kind):
    owner.execute("UPDATE phones_phone SET label = %s WHERE id = %s", [one, world["front"]])
    with pytest.raises(psycopg.errors.UniqueViolation) as refused:
        owner.execute("UPDATE phones_phone SET label = %s WHERE id = %s", [same, world[kind]])
    assert refused.value.diag.constraint_name == "phones_phone_label"


@pytest.mark.parametrize(
    ("one", "another"),
    [
        ("Cafe", "Café"),
        ("Front desk", "Front  desk"),
        ("Desk 1", "Desk 10"),
        ("", ""),
        (" ", "\u00a0"),
    ],
)
def test_labels_that_differ_and_empty_ones_stand_beside_each_other(owner, world, one, another):
    owner.execute("UPDATE phones_phone SET label = %s WHERE id = %s", [one, world["front"]])
    owner.execute("UPDATE phones_phone SET label = %s WHERE id = %s", [another, world["free"]])


def test_label_and_mac_of_a_retired_phone_are_free_again(owner, world):  # R5, R38
    owner.execute(
        "UPDATE phones_phone SET retired_at = now(), assigned_to_id = NULL WHERE id = %(front)s",
        world,
    )
    owner.execute("UPDATE phones_phone SET label = 'Front desk' WHERE id = %(free)s", world)
    owner.execute("UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(theirs)s", world)
