"""Nobody can change the history, forge an entry or keep a change out of it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, transaction

from phones.models import Phone
from tests import factories
from tests.changes import ask, execute, on_record
from tests.changes.tables import TRACKED, VERSIONS, spelt
from users.models import Account
from users.tenancy import scope

each_history = pytest.mark.parametrize("table", VERSIONS.values())

# --- append-only ----------------------------------------------------------------------------------

SCOPES = {"an account": None, "support": "support", "sign_in": "sign_in", "none": ""}

each_scope = pytest.mark.parametrize("which", SCOPES)


@pytest.fixture
def two(db) -> tuple[Account, Account]:
    """Make two accounts with rows in each table of the history."""
    made = factories.account("Acme"), factories.account("Other")
    for account in made:
        person = factories.person(account, caller_id=f"+1212555{account.pk:04}")
        factories.address(factories.phone(account, person))
    return made


def enter(which: str, account: Account) -> None:
    named = SCOPES[which]
    scope.enter(account_id=account.pk) if named is None else scope.enter(scope=named)


def columns_of(table: str) -> list[str]:
    found = ask(
        "SELECT attname FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped",
        [table],
    )
    return [name for (name,) in found]


def refused(statement: str, *values: Any) -> bool:
    """Return whether the application's role lacks the privilege for this statement."""
    try:
        with transaction.atomic():
            execute(statement, values)
    except ProgrammingError as error:
        return isinstance(error.__cause__, psycopg.errors.InsufficientPrivilege)
    return False


@each_scope
@each_history
def test_history_cannot_be_changed_by_the_applications_role(two, table, which):
    enter(which, two[0])
    for column in columns_of(table):
        assert refused(f"UPDATE {table} SET {column} = {column}"), column
    for statement in (
        f"DELETE FROM {table}",
        f"TRUNCATE {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table} DISABLE TRIGGER ALL",
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
        f"DROP POLICY account ON {table}",
        f"SELECT FROM {table} FOR UPDATE",
        f"SELECT setval('{table}_pgh_id_seq', 1)",
        f"INSERT INTO {table} SELECT * FROM {table}"
        " ON CONFLICT (pgh_id) DO UPDATE SET pgh_label = 'gone'",
        f"MERGE INTO {table} AS t USING {table} AS s ON t.pgh_id = s.pgh_id"
        " WHEN MATCHED THEN DELETE",
    ):
        assert refused(statement), statement


@pytest.mark.parametrize("which", [name for name in SCOPES if name != "support"])
@each_history
def test_entry_of_another_account_cannot_be_forged(two, table, which):
    ours, theirs = two
    with scope.entered(scope="support"):
        owner_column = "pgh_obj_id" if table == "users_accountevent" else "account_id"
        names = [name for name in columns_of(table) if name != "pgh_id"]
        (values,) = ask(
            f"SELECT {', '.join(names)} FROM {table} WHERE {owner_column} = %s LIMIT 1", [theirs.pk]
        )
    enter(which, ours)
    places = ", ".join(["%s"] * len(names))
    assert refused(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", *map(spelt, values)
    )


@each_history
def test_history_of_other_accounts_is_not_visible(two, table):
    ours, theirs = two
    owner_column = "pgh_obj_id" if table == "users_accountevent" else "account_id"
    scope.enter(account_id=ours.pk)
    assert {key for (key,) in ask(f"SELECT {owner_column} FROM {table}", [])} == {ours.pk}
    assert ask(f"SELECT FROM {table} WHERE {owner_column} = %s", [theirs.pk]) == []
    for nowhere in ("", "sign_in"):
        scope.enter(scope=nowhere)
        assert ask(f"SELECT FROM {table}", []) == []


def test_place_of_django_pghistory_for_who_it_was_is_closed(db):
    for statement in (
        "DELETE FROM pghistory_context", "UPDATE pghistory_context SET metadata = '{}'",
        "INSERT INTO pghistory_context (id, metadata, created_at, updated_at)"
        " VALUES (gen_random_uuid(), '{}', now(), now())",
    ):  # fmt: skip
        assert refused(statement), statement


# --- nothing escapes it ---------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["application", "owner"])
def test_setting_of_django_pgtrigger_does_not_silence_the_history(company, owner, role):
    """Its own triggers skip what `pgtrigger.ignore` names. Ours must not, whoever sets it."""
    phone = factories.phone(company[0])
    names = [
        name
        for (name,) in owner.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname::text ^@ 'pgtrigger'"
        )
    ]
    assert len(names) == 3 * len(TRACKED)
    silence = "SELECT set_config('pgtrigger.ignore', %s, true)"
    change = "UPDATE phones_phone SET label = 'in silence' WHERE id = %s"
    if role == "owner":
        owner.execute(silence, [f"{{{','.join(names)}}}"])
        owner.execute(change, [phone.pk])
        owner.commit()
    else:
        with transaction.atomic(), scope.entered(account_id=company[0].pk):
            execute(silence, [f"{{{','.join(names)}}}"])
            execute(change, [phone.pk])
    assert on_record(owner)[Phone, phone.pk][-1][1]["label"] == "in silence"


def test_temporary_table_does_not_take_the_historys_place(company, owner):
    phone = factories.phone(company[0])
    owner.execute(
        "CREATE TEMPORARY TABLE phones_phoneevent (LIKE public.phones_phoneevent INCLUDING ALL)"
    )
    owner.execute("UPDATE phones_phone SET label = 'aside' WHERE id = %s", [phone.pk])
    owner.execute("DROP TABLE pg_temp.phones_phoneevent")
    owner.commit()
    assert on_record(owner)[Phone, phone.pk][-1][1]["label"] == "aside"
    with pytest.raises(ProgrammingError), transaction.atomic():
        execute("CREATE TEMPORARY TABLE phones_phoneevent (id integer)", [])


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE phones_phone DISABLE TRIGGER ALL",
        "SET session_replication_role = replica",
        "DROP FUNCTION _pgtrigger_should_ignore(name)",
        "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(name) RETURNS boolean LANGUAGE sql AS"
        " 'SELECT true'",
        "TRUNCATE phones_phone",
    ],
)
def test_application_role_cannot_switch_the_history_off(two, statement):
    scope.enter(scope="support")
    assert refused(statement)


def test_change_with_a_broken_word_of_who_it_was_is_no_change(two):
    scope.enter(account_id=two[0].pk)
    with pytest.raises(ProgrammingError.__mro__[1]), transaction.atomic():
        execute("SELECT set_config('pghistory.context_metadata', 'no JSON', true)", [])
        execute("UPDATE phones_phone SET label = 'unsaid'", [])
    assert ask("SELECT FROM phones_phone WHERE label = 'unsaid'", []) == []
