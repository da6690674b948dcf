"""The database refuses what breaks a guarantee, even in SQL that the owner runs."""

from __future__ import annotations

import psycopg
import pytest

from tests import by_hand

OURS = "table_name ~ '^(users|phones|e911)_'"

BY_TRIGGER = {"phones_phone_keeps_account", "e911_address_immutable"}

# Keys that exist only because other keys refer to them: they contain the primary key, so nothing
# can break them alone.
LEANT_ON = {
    "users_user_phone_key",
    "users_user_of_account",
    "phones_phone_of_account",
    "e911_address_of_phone",
}

# Names that Django gives to the constraints of a plain ForeignKey or ManyToManyField.
DJANGOS_OWN = r"_[0-9a-f]{8}_(fk_.*|uniq)$"

# A constraint and SQL that breaks it, with names of the people, phones and addresses of `world`.
BREAKS = [
    ("users_account_name", "UPDATE users_account SET name = 'ACME ' WHERE id = %(other)s"),
    ("users_account_name_given", "UPDATE users_account SET name = '' WHERE id = %(other)s"),
    ("users_user_email", "UPDATE users_user SET email = 'uma@example.com' WHERE id = %(wyn)s"),
    ("users_user_email", "UPDATE users_user SET email = 'uma@example.com' WHERE id = %(eve)s"),
    (
        "users_user_ext",
        "UPDATE users_user SET ext = '11' WHERE id = %(wyn)s",
    ),  # two people on one extension
    ("users_user_ext", "UPDATE users_user SET account_id = %(acme)s WHERE id = %(eve)s"),
    (
        "users_user_account_unless_staff",
        "UPDATE users_user SET account_id = NULL WHERE id = %(wyn)s",
    ),  # R1
    (
        "users_user_account_unless_staff",
        "UPDATE users_user SET account_id = %(acme)s WHERE id = %(sam)s",
    ),
    ("users_user_no_superuser", "UPDATE users_user SET is_superuser = true WHERE id = %(sam)s"),
    ("users_user_may_act_is_staff", "UPDATE users_user SET may_act = true WHERE id = %(wyn)s"),
    (
        "users_user_administrator_has_email",
        "UPDATE users_user SET is_administrator = true, email = NULL WHERE id = %(wyn)s",
    ),
    (
        "users_user_administrator_has_email",
        "UPDATE users_user SET is_administrator = true WHERE id = %(sam)s",
    ),
    ("users_user_plan", "UPDATE users_user SET plan = 'gold' WHERE id = %(wyn)s"),
    ("users_user_language", "UPDATE users_user SET language = 'xx' WHERE id = %(wyn)s"),
    ("users_user_ext_digits", "UPDATE users_user SET ext = '12a' WHERE id = %(wyn)s"),
    ("users_user_ext_digits", "UPDATE users_user SET ext = '' WHERE id = %(wyn)s"),
    ("users_user_ext_digits", "UPDATE users_user SET ext = E'12\\n' WHERE id = %(wyn)s"),
    ("users_user_ext_digits", "UPDATE users_user SET ext = '١٢' WHERE id = %(wyn)s"),
    (
        "users_user_ext_no_emergency_number",
        "UPDATE users_user SET ext = '911' WHERE id = %(wyn)s",
    ),  # R13
    ("users_user_ext_no_emergency_number", "UPDATE users_user SET ext = '933' WHERE id = %(uma)s"),
    ("users_user_ext_no_emergency_number", "UPDATE users_user SET ext = '112' WHERE id = %(ben)s"),
    (
        "users_user_email_lower_case",
        "UPDATE users_user SET email = 'Wyn@example.com' WHERE id = %(wyn)s",
    ),
    ("users_user_email_lower_case", "UPDATE users_user SET email = '' WHERE id = %(wyn)s"),
    ("users_user_caller_id", "UPDATE users_user SET caller_id = '4155550100' WHERE id = %(wyn)s"),
    ("users_user_caller_id", "UPDATE users_user SET caller_id = '+0155550100' WHERE id = %(wyn)s"),
    ("users_user_names_trimmed", "UPDATE users_user SET first_name = ' Wyn' WHERE id = %(wyn)s"),
    ("users_user_names_trimmed", "UPDATE users_user SET last_name = 'Person ' WHERE id = %(wyn)s"),
    (
        "users_sipcredentials_username",
        "UPDATE users_sipcredentials SET username = (SELECT min(username) FROM"
        " users_sipcredentials)",
    ),
    ("users_sipcredentials_ha1", "UPDATE users_sipcredentials SET ha1 = 'plain text'"),
    (
        "users_sipcredentials_of_user",
        "UPDATE users_sipcredentials SET account_id = %(other)s WHERE user_id = %(wyn)s",
    ),
    (
        "users_sipcredentials_of_user",
        "UPDATE users_user SET account_id = %(other)s WHERE id = %(wyn)s",
    ),
    (
        "users_credentialsrecord_of_user",
        "UPDATE users_credentialsrecord SET account_id = %(other)s",
    ),
    ("users_credentialsrecord_of_user", "UPDATE users_credentialsrecord SET user_id = %(eve)s"),
    ("users_credentialsrecord_by", "UPDATE users_credentialsrecord SET by_id = -1"),
    (
        "users_knownbrowser_key",
        "UPDATE users_knownbrowser SET key_hash = 'key' WHERE user_id = %(wyn)s",
    ),
    ("users_knownbrowser_proved", "UPDATE users_knownbrowser SET proved_password = false"),
    ("users_knownbrowser_of_user", "UPDATE users_knownbrowser SET account_id = %(other)s"),
    (
        "users_knownbrowser_of_user",
        "UPDATE users_knownbrowser SET user_id = %(eve)s WHERE key_hash = 'key'",
    ),
    ("users_credentialsrecord_what", "UPDATE users_credentialsrecord SET what = 'guessed'"),
    (
        "users_requestkey_once",
        "UPDATE users_requestkey SET key = 'key' WHERE account_id = %(acme)s",
    ),  # R42
    ("users_requestkey_once", "UPDATE users_requestkey SET account_id = NULL, key = 'key'"),
    (
        "phones_phonemodel_name",
        "INSERT INTO phones_phonemodel (family, name) VALUES ('snom', 'Snom D785')",
    ),
    (
        "phones_phonemodel_family",
        "INSERT INTO phones_phonemodel (family, name) VALUES ('Acme Inc.', 'Acme 1')",
    ),
    (
        "phones_provisioning_token",
        f"{by_hand.PROVISION} (%(free)s, %(acme)s, 'token', NULL, NULL, '', '')",
    ),
    (
        "phones_provisioning_code",
        f"{by_hand.PROVISION} (%(free)s, %(acme)s, NULL, 'code', 'now', '', '')",
    ),
    (
        "phones_provisioning_code_ends",
        f"{by_hand.PROVISION} (%(free)s, %(acme)s, NULL, 'another', NULL, '', '')",
    ),
    (
        "phones_provisioning_of_account",
        f"{by_hand.PROVISION} (%(free)s, %(other)s, NULL, NULL, NULL, '', '')",
    ),
    (
        "phones_fetch_of_account",
        "INSERT INTO phones_fetch (phone_id, account_id, sender, delivered, first_at,"
        " last_at, times)"
        " VALUES (%(free)s, %(other)s, '192.0.2.1', '', 'now', 'now', 1)",
    ),
    (
        "phones_restart_of_account",
        "INSERT INTO phones_restart (phone_id, account_id, at, answer) VALUES (%(free)s, %(other)s,"
        " 'now', '')",
    ),
    ("phones_phone_mac", "UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(free)s"),  # R6
    ("phones_phone_mac", "UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(lobby)s"),
    ("phones_phone_mac", "UPDATE phones_phone SET mac = '805ec0000001' WHERE id = %(theirs)s"),
    (
        "phones_phone_mac",
        "UPDATE phones_phone SET retired_at = NULL, label = '' WHERE id = %(retired)s",
    ),
    (
        "phones_phone_label",
        "UPDATE phones_phone SET label = 'Front desk' WHERE id = %(free)s",
    ),  # R5
    ("phones_phone_label", "UPDATE phones_phone SET label = 'Front desk' WHERE id = %(lobby)s"),
    ("phones_phone_label", "UPDATE phones_phone SET label = 'Lobby' WHERE id = %(free)s"),
    ("phones_phone_label", "UPDATE phones_phone SET account_id = %(acme)s WHERE id = %(theirs)s"),
    (
        "phones_phone_label",
        "UPDATE phones_phone SET retired_at = NULL, mac = '805ec00000ff' WHERE id = %(retired)s",
    ),
    (
        "phones_phone_label_no_control",
        "UPDATE phones_phone SET label = E'two\\nlines' WHERE id = %(free)s",
    ),
    (
        "phones_phone_label_no_control",
        "UPDATE phones_phone SET label = E'bell\\x07' WHERE id = %(free)s",
    ),
    (
        "phones_phone_label_no_control",
        "UPDATE phones_phone SET label = E'\\u0085next' WHERE id = %(free)s",
    ),
    ("phones_phone_kind", "UPDATE phones_phone SET kind = 'app' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '805EC0000099' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '805ec000009' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '815ec0000099' WHERE id = %(free)s"),
    ("phones_phone_mac_form", "UPDATE phones_phone SET mac = '000000000000' WHERE id = %(free)s"),
    (
        "phones_phone_common_area_is_nobodys",
        "UPDATE phones_phone SET kind = 'common' WHERE id = %(front)s",
    ),  # R13
    (
        "phones_phone_common_area_is_nobodys",
        "UPDATE phones_phone SET assigned_to_id = %(wyn)s WHERE id = %(lobby)s",
    ),
    (
        "phones_phone_replaced_is_retired",
        "UPDATE phones_phone SET replaced_by_id = %(vics)s WHERE id = %(free)s",
    ),  # R38
    (
        "phones_phone_replaced_by_of_account",
        "UPDATE phones_phone SET replaced_by_id = %(theirs)s WHERE id = %(retired)s",
    ),
    (
        "phones_phone_replaced_by_of_account",
        "UPDATE phones_phone SET replaced_by_id = -1 WHERE id = %(retired)s",
    ),
    (
        "phones_phone_retired_is_nobodys",
        "UPDATE phones_phone SET retired_at = now() WHERE id = %(front)s",
    ),
    (
        "phones_phone_retired_is_nobodys",
        "UPDATE phones_phone SET assigned_to_id = %(wyn)s WHERE id = %(retired)s",
    ),
    # R13: a second phone
    (
        "phones_phone_assigned_to_id_key",
        "UPDATE phones_phone SET assigned_to_id = %(uma)s WHERE id = %(free)s",
    ),
    (
        "phones_phone_assigned_to_id_key",
        "UPDATE phones_phone SET assigned_to_id = %(vic)s WHERE id = %(front)s",
    ),
    *(
        ("phones_phone_assigned_to_may_have_phone", statement)
        for statement in (
            # R12, R13, R19: a user on Basic, of another account, of no account, and a missing one
            "UPDATE phones_phone SET assigned_to_id = %(ben)s WHERE id = %(free)s",
            "UPDATE phones_phone SET assigned_to_id = %(eve)s WHERE id = %(free)s",
            "UPDATE phones_phone SET assigned_to_id = %(sam)s WHERE id = %(free)s",
            "UPDATE phones_phone SET assigned_to_id = -1 WHERE id = %(free)s",
            # R23, R25: a user who has a phone keeps what they need for it
            "UPDATE users_user SET plan = 'basic' WHERE id = %(uma)s",
            "UPDATE users_user SET is_active = false WHERE id = %(uma)s",
            "UPDATE users_user SET first_name = '' WHERE id = %(uma)s",
            "UPDATE users_user SET last_name = '' WHERE id = %(uma)s",
            "UPDATE users_user SET email = NULL WHERE id = %(uma)s",
            "UPDATE users_user SET ext = NULL WHERE id = %(uma)s",
            "UPDATE users_user SET account_id = %(other)s, ext = '99' WHERE id = %(vic)s",
            "UPDATE users_user SET id = -1 WHERE id = %(vic)s",
            "DELETE FROM users_user WHERE id = %(vic)s",
            "UPDATE phones_phone SET account_id = %(other)s WHERE id = %(vics)s",
        )
    ),
    # R38: a record never changes account
    (
        "phones_phone_keeps_account",
        "UPDATE phones_phone SET account_id = %(other)s, label = '' WHERE id = %(free)s",
    ),
    (
        "phones_phone_current_address_is_its_own",
        "UPDATE phones_phone SET current_address_id = %(current)s WHERE id = %(free)s",
    ),
    (
        "phones_phone_current_address_is_its_own",
        "UPDATE phones_phone SET current_address_id = -1 WHERE id = %(front)s",
    ),
    (
        "phones_phone_current_address_is_its_own",
        "DELETE FROM e911_emergencyaddress WHERE id = %(current)s",
    ),
    (
        "phones_phonecount_once",
        "INSERT INTO phones_phonecount (account_id, kind, model_id, phones, assigned,"
        " missing_address)"
        " SELECT account_id, kind, model_id, 0, 0, 0 FROM phones_phonecount",
    ),
    (
        "e911_address_one_pending",
        "UPDATE e911_emergencyaddress SET status = 'pending' WHERE id = %(current)s",
    ),
    (
        "e911_address_one_open",
        "UPDATE e911_emergencyaddress SET status = 'refused' WHERE id = %(current)s",
    ),
    (
        "e911_address_immutable",
        "UPDATE e911_emergencyaddress SET unit = '9' WHERE id = %(current)s",
    ),  # R31
    (
        "e911_address_status",
        "UPDATE e911_emergencyaddress SET status = 'sent' WHERE id = %(current)s",
    ),
    (
        "e911_address_country_served",
        "UPDATE e911_emergencyaddress SET country = 'MX' WHERE id = %(current)s",
    ),  # R26
    *(
        (
            "e911_address_complete",
            f"UPDATE e911_emergencyaddress SET {part} = '' WHERE id = %(current)s",
        )
        for part in ("house_number", "street_name", "city", "state", "postal_code")
    ),
    (
        "e911_address_phone_of_account",
        "UPDATE e911_emergencyaddress SET account_id = %(other)s WHERE id = %(pending)s",
    ),
    (
        "e911_address_phone_of_account",
        "UPDATE e911_emergencyaddress SET phone_id = %(theirs)s WHERE id = %(pending)s",
    ),
    (
        "e911_address_phone_of_account",
        "UPDATE phones_phone SET account_id = %(other)s, label = '' WHERE id = %(moved)s",
    ),
]


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
    assert {name for (name,) in guarantees} == {name for name, _ in BREAKS} - BY_TRIGGER | LEANT_ON


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
