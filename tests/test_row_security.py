"""Row-level security hides every row of one account from another and keeps it unchanged."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, Permission
from django.db import connection, transaction
from django.utils import timezone

from phones.models import Fetch, Restart
from tests import factories
from tests.row_security import PROTECTED, SIGN_IN, ask, denied, touched, visible
from users import sip
from users.models import Account, KnownBrowser, RequestKey
from users.tenancy import scope

# Tables that hold nothing of an account. An addition needs a reason in review.
WITHOUT_ACCOUNT = {
    "auth_group", "auth_group_permissions", "auth_permission", "django_admin_log",
    "django_content_type", "django_migrations", "django_session", "pghistory_context",
    "phoneadmin_cache", "phones_phonemodel", "phones_wrongsecret", "phoneadmin_release",
    "procrastinate_events",
    "procrastinate_jobs", "procrastinate_periodic_defers", "procrastinate_workers",
}  # fmt: skip

each_table = pytest.mark.parametrize("table", PROTECTED)


def fill(account: Account) -> None:
    """Put at least one row of an account into every table."""
    person = factories.person(account, caller_id=f"+1212555{account.pk:04}")
    phone = factories.phone(account, person)
    factories.address(phone)
    factories.phone(account, label="Free")
    with scope.entered(scope="support"):
        Fetch.objects.create(
            account=account,
            phone=phone,
            sender="192.0.2.1",
            first_at=timezone.now(),
            last_at=timezone.now(),
        )
        Restart.objects.create(account=account, phone=phone, by=person, answer="asked")
        sip.record_access(person, sip.What.LOOKED, by=person)
        RequestKey.objects.create(account=account, actor=f"person:{person.pk}", key="a" * 16)
        person.groups.add(Group.objects.get_or_create(name="Everybody")[0])
        person.user_permissions.add(Permission.objects.first())
        email = EmailAddress.objects.create(user=person, email=person.email)
        EmailConfirmation.objects.create(email_address=email, key=f"key{person.pk}")
        Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data={})
        UserSession.objects.create(
            user=person, ip="192.0.2.1", session_key=f"key{person.pk}", user_agent=""
        )
        KnownBrowser.objects.create(
            account=account, user=person, key_hash=f"key{person.pk}", proved_password=True,
            address="192.0.2.1", last_used_at=timezone.now(),
        )  # fmt: skip


@pytest.fixture
def accounts(db) -> tuple[int, int]:
    ours, theirs = factories.account("Acme"), factories.account("Other")
    fill(ours), fill(theirs), factories.support_agent()
    scope.enter()
    return ours.pk, theirs.pk


def rows_of(table: str, account: int) -> set[int]:
    """The keys of an account's rows, found by following the data and not by a policy."""
    key, belongs_to = PROTECTED[table]
    with scope.entered(scope="support"):
        found = {
            key for (key,) in ask(f"SELECT {key} FROM {table} WHERE {belongs_to} = %s", account)
        }
    assert found
    return found


def writable(table: str) -> bool:
    """Whether the application may change and delete rows, its own ones at least."""
    return table not in {
        "phones_phonecount",  # written by the triggers alone
        "phones_standing",  # the same
        "users_credentialsrecord",  # only ever added to
        "users_accountevent",
        "users_userevent",
        "users_sipaccountevent",
        "users_callernumberevent",
        "phones_phoneevent",
        "e911_emergencyaddressevent",
    }


def update_all(table: str) -> int:
    key, _ = PROTECTED[table]
    return touched(f"UPDATE {table} SET {key} = {key}")


def copy_of_a_row(table: str, account: int) -> tuple[str, list[Any]]:
    """The statement that inserts one of an account's rows, once more, and its values."""
    _, belongs_to = PROTECTED[table]
    with scope.entered(scope="support"):
        columns = ask(
            "SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = %s::regclass"
            " AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
            table,
        )
        names = [name for (name,) in columns]
        (values,) = ask(
            f"SELECT {', '.join(names)} FROM {table} WHERE {belongs_to} = %s LIMIT 1", account
        )
    return (
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})",
        list(values),
    )


def test_every_table_is_protected_or_known_to_hold_nothing_of_an_account(db):
    tables = ask(
        "SELECT relname, relrowsecurity FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
    )
    assert {name for name, protected in tables if protected} == set(PROTECTED)
    assert {name for name, protected in tables if not protected} == WITHOUT_ACCOUNT


@each_table
def test_unset_scope_sees_and_touches_nothing(accounts, table):
    assert visible(table) == set()
    if writable(table):
        assert update_all(table) == 0
        assert touched(f"DELETE FROM {table}") == 0
    with denied():
        statement, values = copy_of_a_row(table, accounts[0])
        touched(statement, *values)


@each_table
def test_account_sees_its_own_rows_and_no_other(accounts, table):
    ours, theirs = accounts
    for account in accounts:
        scope.enter(account_id=account)
        assert visible(table) == rows_of(table, account)
    assert rows_of(table, ours) & rows_of(table, theirs) == set()


@each_table
def test_statement_without_a_filter_touches_the_accounts_own_rows_only(accounts, table):
    ours, theirs = accounts
    scope.enter(account_id=ours)
    key, _ = PROTECTED[table]
    if not writable(table):
        with denied():
            update_all(table)
        with denied():
            touched(f"DELETE FROM {table}")
        return
    assert update_all(table) == len(rows_of(table, ours))
    assert touched(f"DELETE FROM {table} WHERE {key} <> ALL (%s)", list(rows_of(table, ours))) == 0
    assert (
        touched(
            f"UPDATE {table} SET {key} = {key} WHERE {key} = ANY (%s)", list(rows_of(table, theirs))
        )
        == 0
    )


def test_deletion_without_a_filter_leaves_the_other_account_whole(accounts):
    ours, theirs = accounts
    kept = {table: rows_of(table, theirs) for table in PROTECTED}
    scope.enter(account_id=ours)
    touched("UPDATE phones_phone SET current_address_id = NULL")
    for table in (
        "account_emailconfirmation",
        "account_emailaddress",
        "mfa_authenticator",
        "usersessions_usersession",
        "users_knownbrowser",
        "users_user_groups",
        "users_user_user_permissions",
    ):
        touched(f"DELETE FROM {table}")
    for table in ("users_sipaccount", "e911_emergencyaddress", "phones_phone", "users_user"):
        touched(f"DELETE FROM {table}")
        assert visible(table) == set()
    assert {table: rows_of(table, theirs) for table in PROTECTED} == kept


@each_table
def test_row_for_another_account_is_refused(accounts, table):
    ours, theirs = accounts
    scope.enter(account_id=ours)
    statement, values = copy_of_a_row(table, theirs)
    with denied():
        touched(statement, *values)


@pytest.mark.parametrize(
    "table", [name for name, (_, owner) in PROTECTED.items() if owner == "account_id"]
)
def test_row_cannot_be_moved_to_another_account(accounts, table):
    ours, theirs = accounts
    scope.enter(account_id=ours)
    with denied():
        touched(f"UPDATE {table} SET account_id = %s", theirs)


@each_table
def test_sign_in_finds_people_and_accounts_and_nothing_else(accounts, table):  # R1
    may = SIGN_IN.get(table, set())
    scope.enter(scope="support")
    all_rows = visible(table)
    scope.enter(scope="sign_in")
    assert visible(table) == (all_rows if "SELECT" in may else set())
    if writable(table):
        assert update_all(table) == (len(all_rows) if "UPDATE" in may else 0)
        assert touched(f"DELETE FROM {table}") == 0
    statement, values = copy_of_a_row(table, accounts[0])
    with denied():
        touched(statement, *values)


@each_table
def test_support_sees_all_accounts(accounts, table):  # R35
    ours, theirs = (rows_of(table, account) for account in accounts)
    scope.enter(scope="support")
    assert visible(table) >= ours | theirs
    if writable(table):
        assert update_all(table) == len(visible(table))


@pytest.mark.parametrize("unknown", ["", "Support", "supporter", "account"])
def test_scope_that_does_not_exist_sees_nothing(accounts, unknown):
    scope.enter(scope=unknown)
    assert [table for table in PROTECTED if visible(table)] == []


# --- search runs with its owner's rights, and so has to keep to the account by itself -------------

# A function, the table that it searches, and a word that every row of the tests has.
FOUND = {
    "users_user_found": ("users_user", "person"),
    "phones_phone_found": ("phones_phone", "yealink"),
}

# The same across all accounts, for support staff; the last one by words that both names have.
ANYWHERE = {f"{function}_anywhere": about for function, about in FOUND.items()} | {
    "users_account_found_anywhere": ("users_account", "acme"),
}


def found(function: str, *words: str) -> set[int]:
    return {key for (key,) in ask(f"SELECT {function}(%s, 1000)", list(words))}


@pytest.mark.parametrize("function", FOUND)
@pytest.mark.parametrize("words", [("",), ("e",), ("%",), ("' OR true --",), ("e", "")])
def test_search_finds_nothing_of_other_accounts(accounts, function, words):
    table, common = FOUND[function]
    for account in accounts:
        scope.enter(account_id=account)
        assert found(function, *words) <= rows_of(table, account)
        assert found(function, common) == rows_of(table, account)
    for no_account in ("", "sign_in", "support"):
        scope.enter(scope=no_account)
        assert found(function, *words) | found(function, common) == set()


@pytest.mark.parametrize("function", ANYWHERE)
def test_search_across_accounts_is_for_support_staff_alone(accounts, function):  # R35
    table, common = ANYWHERE[function]
    ours, theirs = accounts

    def hits(account: int | None) -> set[int]:
        return {key for (key,) in ask(f"SELECT {function}(%s, %s, 1000)", [common], account)}

    scope.enter(scope="support")
    assert hits(None) >= rows_of(table, ours)
    assert hits(ours) == rows_of(table, ours)
    assert hits(theirs) == (set() if table == "users_account" else rows_of(table, theirs))
    for elsewhere in ({}, {"scope": "sign_in"}, {"account_id": ours}):
        scope.enter(**elsewhere)
        assert hits(None) | hits(ours) | hits(theirs) == set()


def test_functions_with_their_owners_rights_are_known_and_cannot_be_misled(db):
    """A temporary table of the caller's would otherwise stand before ours in the search path."""
    functions = ask(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace ="
        " 'public'::regnamespace"
    )
    assert {name for name, _ in functions} == {
        *FOUND, *ANYWHERE, "phones_delivered", "phones_fetching", "phones_line_seen",
        "phones_keep_username", "phones_phone_copies", "phones_phone_copies_follow",
        "phones_phone_counted", "phones_phone_recounted", "phones_registered", "users_recognised",
        "phones_standing_follows", "phones_standing_line", "phones_lapsed", "e911_address_searched",
        "phones_phone_first_wanted",
        "phones_phone_wanted", "phones_person_wanted", "phones_account_wanted",
        "phones_own_account_ends", "phones_own_account_follows", "phones_model_wanted",
        "phones_lock_wanted",
    }  # fmt: skip
    assert {config[0] for _, config in functions} == {"search_path=public, pg_temp"}


def test_no_trigger_can_be_misled_either(accounts):
    found = ask(
        "SELECT proname, nspname || ', pg_temp', proconfig"
        " FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace"
        " WHERE prorettype = 'trigger'::regtype AND nspname IN ('public', 'registrar')"
    )
    assert len(found) > 10
    misled = [name for name, path, config in found if f"search_path={path}" not in (config or [])]
    assert misled == []


def test_second_factor_is_noted_whatever_the_session_looks_through(accounts):
    scope.enter(account_id=accounts[0])
    asked = "SELECT has_second_factor FROM public.users_user WHERE has_second_factor"
    assert ask(asked) == [(True,)]
    touched("SET LOCAL search_path = pg_catalog")
    touched("DELETE FROM public.mfa_authenticator")
    assert ask(asked) == []


# --- the setting ----------------------------------------------------------------------------------


def test_scope_ends_with_its_transaction(committed):
    account = factories.account("Acme")
    for end in ("COMMIT", "ROLLBACK"):
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            scope.enter(account_id=account.pk)
            assert visible("users_account") == {account.pk}
            cursor.execute(end)
        assert visible("users_account") == set()
    scope.enter(
        account_id=account.pk
    )  # outside a transaction it does not even reach the next statement
    assert visible("users_account") == set()


def test_scope_entered_for_a_block_returns_to_the_one_before(accounts):
    ours, theirs = accounts
    scope.enter(account_id=ours)
    with scope.entered(account_id=theirs):
        assert visible("users_account") == {theirs}
        with scope.entered():
            assert visible("users_account") == set()
        assert visible("users_account") == {theirs}
    assert visible("users_account") == {ours}
    with pytest.raises(ZeroDivisionError), transaction.atomic(), scope.entered(scope="support"):
        1 / 0  # noqa: B018
    assert visible("users_account") == {ours}
