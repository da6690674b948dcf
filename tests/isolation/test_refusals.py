"""Refusals, references and statistics reveal nothing of another account."""

from __future__ import annotations

import re

import pytest
from django.db import DatabaseError, transaction

from tests import site
from tests.answers import text_of_answer
from tests.isolation.probing import PAGES, leaks
from tests.row_security import PROTECTED, ask, touched

# Uniqueness among all accounts reveals that something exists. R6 wants that for MAC addresses and
# emails, support chooses companies' names, and the others are random or made by the server.
AMONG_ALL = {
    "phones_phone_mac", "users_user_email", "users_account_name", "users_sipaccount_username",
    "phones_provisioning_token", "users_callernumber_of_one_account",
    "phones_provisioning_code",
}  # fmt: skip


def test_only_what_must_be_is_unique_among_all_accounts(db):
    """Except server-numbered keys, everything is unique within an account, person or phone."""
    found = ask("""
        SELECT index.relname, array_agg(attname::text)
        FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
        JOIN pg_class AS t ON t.oid = indrelid JOIN pg_attribute AS a ON attrelid = index.oid
        WHERE indisunique AND t.relrowsecurity AND t.relname ~ '^(users|phones|e911)_' GROUP BY 1
    """)
    within = {"id", "pgh_id", "account_id", "user_id", "phone_id", "assigned_to_id"}
    assert {name for name, columns in found if not within & set(columns)} == AMONG_ALL


# PostgreSQL checks references without row-level security, so they reveal whether a key exists.
# These two are allowed, because they may name support staff.
TO_ANYBODY = {("phones_restart", "by_id"), ("e911_emergencyaddress", "set_by_id")}


def references() -> list[tuple[str, str, str]]:
    """Return table, column and target of each one-column foreign key between accounts' tables."""
    return ask("""
        SELECT conrelid::regclass::text, attname::text, confrelid::regclass::text FROM pg_constraint
        JOIN pg_class AS target ON target.oid = confrelid
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        JOIN pg_class AS source ON source.oid = conrelid
        WHERE contype = 'f' AND cardinality(conkey) = 1
            AND target.relrowsecurity AND source.relrowsecurity
    """)


def test_rows_cannot_refer_to_another_account(us):
    """The composite key refuses it, or the policy does because the row would change accounts."""
    refused = set()
    keys = {
        "users_account": us.theirs.account.pk, "users_user": us.theirs.wyn.pk,
        "phones_phone": us.theirs.spare.pk,
        "account_emailaddress": us.theirs.numbered(30),
        "e911_emergencyaddress": us.theirs.address.pk,
    }  # fmt: skip
    for table, column, target in references():
        try:
            with transaction.atomic():
                touched(f"UPDATE {table} SET {column} = %s", keys[target])
                touched("SET CONSTRAINTS ALL IMMEDIATE")
                transaction.set_rollback(True)
        except DatabaseError:
            refused.add((table, column))
    assert {(table, column) for table, column, _target in references()} - refused == TO_ANYBODY


CLASHES = [
    "UPDATE phones_phone SET mac = %(mac)s WHERE id = %(our phone)s",
    "UPDATE users_user SET email = %(email)s WHERE id = %(our person)s",
    "UPDATE users_user SET id = %(their person)s WHERE id = %(our person)s",
    "UPDATE phones_phone SET id = %(their phone)s WHERE id = %(our phone)s",
    "UPDATE phones_phone SET assigned_to_id = %(their person)s WHERE id = %(our phone)s",
    "UPDATE phones_phone SET assigned_to_id = %(their person)s, kind = 'common'"
    " WHERE id = %(our phone)s",
    "UPDATE phones_phone SET account_id = %(their account)s WHERE id = %(our phone)s",
    "UPDATE phones_phone SET current_address_id = %(their address)s WHERE id = %(our phone)s",
    "UPDATE e911_emergencyaddress SET phone_id = %(their phone)s",
    "UPDATE users_sipaccount SET user_id = %(their person)s WHERE user_id = %(our person)s",
    "UPDATE phones_provisioning SET phone_id = %(their phone)s",
    "INSERT INTO users_account (name, created_at) SELECT 'Xylophone Holdings', now()",
    "DELETE FROM users_account WHERE id = %(their account)s",
]


@pytest.mark.parametrize("statement", CLASHES)
def test_refusal_of_a_clash_tells_nothing_but_the_clash(us, secrets, statement):
    values = {
        "mac": us.theirs.phone.mac, "email": us.theirs.administrator.email,
        "our phone": us.ours.spare.pk, "our person": us.ours.wyn.pk,
        "their person": us.theirs.wyn.pk, "their phone": us.theirs.spare.pk,
        "their account": us.theirs.account.pk,
        "their address": us.theirs.address.pk,
    }  # fmt: skip
    used = [values[name] for name in re.findall(r"%\((.*?)\)s", statement)]
    assert leaks(re.sub(r"%\(.*?\)s", "%s", statement), secrets, *used) == set()


def test_clash_on_a_page_says_whom_to_ask_and_no_more(world, secrets):  # R6
    client, dotted = (
        world.client("administrator"),
        ".".join(re.findall("....", world.theirs.phone.mac)),
    )
    forms, email = site.forms(world), world.theirs.uma.email.upper()
    taken = client.post("/phones/add/", forms["/phones/add/"] | {"mac": dotted})
    known = client.post("/users/add/", forms["/users/add/"] | {"email": email})
    for answer in (taken, known):
        assert answer.status_code == 422
        assert "contact support" in answer.content.decode()
        said = {world.theirs.uma.email, world.theirs.word.lower()}
        assert {mark for mark in secrets - said if mark in text_of_answer(answer)} == set()


def test_statistics_of_other_accounts_rows_are_not_shown(us, owner):
    owner.execute("ANALYZE users_user, phones_phone")
    owner.commit()
    assert ask("SELECT tablename FROM pg_stats WHERE tablename = ANY (%s)", list(PROTECTED)) == []


def test_estimate_of_a_search_does_not_depend_on_other_accounts(us):
    """The estimate of an equality does: its operator is leakproof.

    The planner uses statistics of all rows for it. No page shows an estimate.
    """

    def plan(word: str) -> list[str]:
        rows = ask(
            "EXPLAIN SELECT * FROM users_user WHERE last_name LIKE %s OR search ~ %s",
            f"%{word}%",
            word,
        )
        return [re.sub(word, "", line) for (line,) in rows]

    assert plan("xylophone") == plan("nonesuchs")


@pytest.mark.ci
def test_tables_without_row_level_security_hold_nothing_of_anybody(world, secrets):
    """Jobs name keys, and sessions and counts of guesses are opaque: none holds personal data."""
    for role in site.ROLES:
        client = world.client(role)
        for url in PAGES:
            client.get(site.address(url, world))
    client.post("/sign-in/", {"login": world.theirs.administrator.email, "password": "wrong"})
    tables = ask(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND NOT relrowsecurity AND has_table_privilege(oid, 'SELECT')"
    )
    words = {mark for mark in secrets if not mark.isdecimal()}
    for (table,) in tables:
        text = str(ask(f"SELECT t::text FROM {table} AS t")).lower()
        assert {word for word in words if word in text} == set(), table
