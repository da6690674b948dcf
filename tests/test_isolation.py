"""Row-level security attacked (R1, R6): what of another account shows when all else fails.

It guards against mistakes: a view without its filter, a wrong key, a wrong job. Anyone who can run
arbitrary statements as the application can also claim to be another account (`set_config`), so no
request may ever get that far. These tests try everything short of it.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import QuerySet
from django.test import Client
from procrastinate.contrib.django import app

from tests import site
from tests.e911.providers.conftest import telnyx  # noqa: F401
from tests.test_generated_requests import everything_of
from tests.test_row_security import PROTECTED, SIGN_IN, ask, denied, touched
from users.models import User
from users.sign_in import Backend
from users.tenancy import scope

HTMX = {"HX-Request": "true"}
PAGES = [url for url in site.urls() if not url.startswith(("/sign-in/", "/admin/"))]
KEYED = [url for url in PAGES if "<" in url]


@pytest.fixture
def world(two_companies) -> site.World:
    return two_companies


@pytest.fixture
def secrets(world) -> set[str]:
    """All that our administrator must not learn."""
    return site.marks(world.theirs, world.ours)


@pytest.fixture
def us(world) -> site.World:
    """The two companies, and a transaction that sees ours."""
    scope.enter(account_id=world.ours.account.pk)
    return world


# --- views without their own filter ---


@pytest.fixture
def unfiltered(monkeypatch) -> None:
    """Every query asks for the rows of all accounts."""
    original = QuerySet._filter_or_exclude_inplace

    def without_account(self: QuerySet, negate: bool, args: tuple, kwargs: dict[str, Any]) -> None:
        kept = {
            name: value
            for name, value in kwargs.items()
            if not re.search(r"(^|__)account(_id|__id)?$", name)
        }
        original(self, negate, args, kept)

    monkeypatch.setattr(QuerySet, "_filter_or_exclude_inplace", without_account)


@pytest.fixture
def mistaken(world, monkeypatch) -> None:
    """Every view takes our administrator for one of the other company; the database doesn't."""
    original = Backend.get_user

    def of_another_company(self: Backend, user_id: int) -> User | None:
        user = original(self, user_id)
        if user and user.account_id == world.ours.account.pk:
            user.account_id = world.theirs.account.pk
        return user

    monkeypatch.setattr(Backend, "get_user", of_another_company)


@pytest.fixture
def unprotected(monkeypatch) -> None:
    """Whoever signs in sees all accounts, as if there were no row-level security."""
    original = Backend.get_user

    def seeing_all(self: Backend, user_id: int) -> User | None:
        user = original(self, user_id)
        with (
            connection.cursor() as cursor
        ):  # the search keeps to an account by itself, so that one stays
            cursor.execute("SELECT set_config('phoneadmin.scope', 'support', true)")
        return user

    monkeypatch.setattr(Backend, "get_user", seeing_all)


def requests(world: site.World) -> Iterator[tuple[str, Callable[[Client], Any]]]:
    """Everything that can be asked for with the keys of the other company."""
    forms, queries = site.forms(world, world.theirs), site.queries(world, world.theirs)
    for url in PAGES:
        path = site.address(url, world, world.theirs)
        for headers in ({}, HTMX):
            yield (
                f"GET {url}",
                lambda client, p=path, u=url, h=headers: client.get(p, queries.get(u), headers=h),
            )
            yield (
                f"POST {url}",
                lambda client, p=path, u=url, h=headers: client.post(p, forms.get(u), headers=h),
            )


def shown(world: site.World, secrets: set[str]) -> dict[str, set[str]]:
    """Return what each request reveals of the other company beyond what it said itself.

    The other company must stay as it is.
    """
    found, before = {}, site.digests(world.theirs)
    for name, send in requests(world):
        with transaction.atomic():
            answer = send(world.client("administrator"))
            got = everything_of(answer)
            said = unquote(answer.wsgi_request.get_full_path()) + str(
                answer.wsgi_request.POST.dict()
            )
            if leaked := {mark for mark in secrets if mark in got and mark not in said.lower()}:
                found[name] = leaked
            assert site.digests(world.theirs) == before, name
            transaction.set_rollback(True)
    return found


def test_view_without_its_filter_shows_nothing_of_another_account(world, secrets, unfiltered):
    assert shown(world, secrets) == {}
    for url in KEYED:
        assert (
            world.client("administrator").get(site.address(url, world, world.theirs)).status_code
            == 404
        )


def test_view_that_asks_for_another_account_shows_nothing_of_it(world, secrets, mistaken):
    assert shown(world, secrets) == {}


def test_without_row_level_security_the_same_requests_would_show_it(
    world, secrets, unfiltered, unprotected
):
    """The two tests above try something: it is the database alone that keeps the answers empty."""
    queries, seen = site.queries(world, world.theirs), set()
    for url in PAGES:
        with transaction.atomic():
            answer = world.client("administrator").get(
                site.address(url, world, world.theirs), queries.get(url)
            )
            if {mark for mark in secrets if not mark.isdecimal() and mark in everything_of(answer)}:
                seen.add(url)
            transaction.set_rollback(True)
    # The lists of phones fail before they show anything: their own SQL asks for the lines' state.
    assert seen >= {*KEYED, "/users/", "/activity/"}


def test_account_is_never_taken_from_what_a_request_says(world, secrets):
    wish = {
        name: str(world.theirs.account.pk)
        for name in ("account", "account_id", "tenant", "phoneadmin.account", "scope")
    }
    headers = {
        "X-Account": wish["account"],
        "X-Tenant-ID": wish["account"],
        "phoneadmin.account": wish["account"],
    }
    client = world.client("administrator")
    for name, value in wish.items():
        client.cookies[name] = value
    for url in ("/phones/", "/users/", "/phones/user-phones.csv", "/activity/"):
        answer = client.get(url, wish, headers=headers)
        assert answer.status_code == 200
        given = everything_of(answer)
        assert world.ours.word.lower() in given or url == "/activity/"
        assert {mark for mark in secrets if mark in given} <= set(wish.values())


# Who may say what the rest of a transaction sees. Whoever adds to this list says so in a review.
ENTERS = {
    "e911/records.py",  # the worker, for the account of its job
    "phoneadmin/admin.py",  # support staff, one account's Activity
    "phoneadmin/demo.py",
    "phoneadmin/management/commands/reissue_credentials.py",
    "phones/admin.py",  # support staff, the account of the phone at hand
    "phones/importing.py",  # the operator's command
    "phones/lifecycle.py",  # a phone moved by support staff: first the one account, then the other
    "users/blocks.py",  # whoever reads a replaced mailbox: the account that the signed link names
    "users/invitations.py",
    "users/management/commands/reset_second_factor.py",
    "users/tenancy/scope.py",
    "users/sign_in.py",
    "users/sip.py",  # which keys are in use, asked for at the start
    "users/support/acting.py",  # support staff, the account of the row at hand
    "users/support/visits.py",
    "users/tasks.py",  # the worker, to whom a mail goes
}


def test_scopes_are_entered_in_known_places():
    folder = Path(settings.BASE_DIR)
    ours = [
        path
        for name in ("phoneadmin", "users", "phones", "e911")
        for path in (folder / name).rglob("*.py")
    ]
    calling = re.compile(r"\bscope\.enter|\benter\(|phoneadmin\.(account|scope)'")
    found = {
        str(path.relative_to(folder))
        for path in ours
        if calling.search(path.read_text()) and "migrations" not in path.parts
    }
    assert found == ENTERS


# --- statements of one's own choice, as the application's role ---


@contextmanager
def overheard() -> Iterator[list[str]]:
    """What the server says beside its answers."""
    heard: list[str] = []
    connection.ensure_connection()

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        heard.append(f"{notice.message_primary} {notice.message_detail} {notice.context}".lower())

    connection.connection.add_notice_handler(hear)
    try:
        yield heard
    finally:
        connection.connection.remove_notice_handler(hear)


def run(statement: str) -> None:
    """Run a statement as it is, percent signs included."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def leaks(statement: str, secrets: set[str], *values: Any) -> set[str]:
    """Run a statement; return what its rows, notices or error reveal of the other company."""
    with overheard() as heard:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                heard.append(str(cursor.fetchall() if cursor.description else "").lower())
                transaction.set_rollback(True)
        except DatabaseError as error:
            diagnostics = error.__cause__.diag
            heard += [
                str(error).lower(),
                str({name: getattr(diagnostics, name) for name in dir(diagnostics)}).lower(),
            ]
    said = f"{statement} {values}".lower()
    return {mark for mark in secrets if mark not in said and any(mark in text for text in heard)}


@pytest.fixture
def temporary(owner) -> Iterator[None]:
    """Let the application's role make temporary objects, as PostgreSQL does by default."""
    names = f"{settings.DATABASES['default']['NAME']} {{}} {settings.DATABASES['default']['USER']}"
    owner.execute(f"GRANT TEMPORARY ON DATABASE {names.format('TO')}")
    owner.commit()
    try:
        yield
    finally:
        owner.execute(f"REVOKE TEMPORARY ON DATABASE {names.format('FROM')}")
        owner.commit()


TELL = """
CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN RAISE NOTICE '%', $1; RETURN true; END $$
"""
# Each would tell of a row what it is, if it were ever asked about one that may not be seen.
CURIOUS = [
    "SELECT * FROM {t} AS t",
    "SELECT 1 FROM {t} AS t WHERE pg_temp.tell(t::text)",
    "SELECT 1 FROM {t} AS t WHERE t::text::integer = 1",
    "SELECT 1 FROM {t} AS t WHERE {owner} = {theirs} AND t::text::integer = 1",
    "SELECT pg_temp.tell(t::text) FROM {t} AS t ORDER BY pg_temp.tell(t::text)",
    "SELECT 1 FROM {t} AS a JOIN {t} AS t ON pg_temp.tell(t::text)",
    "SELECT t FROM {t} AS t TABLESAMPLE SYSTEM (100) WHERE pg_temp.tell(t::text)",
    "SELECT t FROM ONLY {t} AS t WHERE ctid IS NOT NULL AND pg_temp.tell(t::text)",
    "SELECT min(t::text), max(t::text), string_agg(t::text, ' ') FROM {t} AS t",
    "SELECT 1 FROM {t} AS t WHERE pg_temp.tell(t::text) FOR UPDATE",
    "UPDATE {t} AS t SET {key} = {key} WHERE pg_temp.tell(t::text) RETURNING t",
    "DELETE FROM {t} AS t WHERE pg_temp.tell(t::text) RETURNING t",
    "WITH gone AS (DELETE FROM {t} RETURNING *) SELECT * FROM gone",
    "SELECT query_to_xml('SELECT * FROM {t}', true, false, '')",
    "SELECT table_to_xml('{t}', true, false, '')",
    "DO $$ DECLARE t record;"
    " BEGIN FOR t IN SELECT * FROM {t} LOOP RAISE NOTICE '%', t; END LOOP; END $$",
]


def test_statement_learns_nothing_from_a_table_of_another_accounts_rows(temporary, us, secrets):
    run(TELL)
    for table, (key, owner) in PROTECTED.items():
        for statement in CURIOUS:
            statement = statement.format(t=table, key=key, owner=owner, theirs=us.theirs.account.pk)
            assert leaks(statement, secrets) == set(), statement
        with overheard() as heard:  # it does tell, of what may be seen
            ask(f"SELECT 1 FROM {table} AS t WHERE pg_temp.tell(t::text)")
        assert heard, table


def test_copy_and_cursors_give_out_what_may_be_seen(us, secrets):
    for table in PROTECTED:
        with connection.cursor() as cursor:
            for source in (table, f"(SELECT * FROM {table})"):
                with cursor.cursor.copy(f"COPY {source} TO STDOUT") as copy:
                    given = b"".join(copy).decode().lower()
                assert given, table
                assert {mark for mark in secrets if mark in given} == set(), table
            cursor.execute(f"DECLARE kept SCROLL CURSOR WITH HOLD FOR SELECT * FROM {table}")
            cursor.execute("FETCH ALL FROM kept")
            given = str(cursor.fetchall()).lower()
            assert {mark for mark in secrets if mark in given} == set(), table
            cursor.execute("CLOSE kept")
        with denied_copy():
            touched(f"COPY {table} FROM STDIN")


@contextmanager
def denied_copy() -> Iterator[None]:
    """PostgreSQL copies into no table under row-level security."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        yield
    assert isinstance(
        refused.value.__cause__,
        psycopg.errors.FeatureNotSupported | psycopg.errors.InsufficientPrivilege,
    )


@pytest.mark.parametrize("unset", [{}, {"scope": "sign_in"}], ids=["unset", "sign-in"])
def test_without_an_account_statements_learn_nothing_at_all(temporary, world, unset):
    everybodys = site.marks(world.theirs, world.ours) | site.marks(world.ours, world.theirs)
    scope.enter(**unset)
    run(TELL)
    may = set(SIGN_IN) if unset else set()
    for table in set(PROTECTED) - may:
        for statement in CURIOUS:
            key, owner = PROTECTED[table]
            statement = statement.format(
                t=table, key=key, owner=owner, theirs=world.theirs.account.pk
            )
            assert leaks(statement, everybodys) == set(), statement


def test_prepared_statements_follow_the_scope(world):
    """The server keeps plans of frequent statements; none keeps the first caller's rows."""
    for _ in range(8):
        for of in (world.ours, world.theirs):
            scope.enter(account_id=of.account.pk)
            assert set(User.objects.values_list("account_id", flat=True)) == {of.account.pk}
            assert ask("SELECT DISTINCT account_id FROM phones_phone WHERE kind = %s", "user") == [
                (of.account.pk,)
            ]


@pytest.mark.parametrize(
    "statement",
    [
        "SET ROLE phoneadmin", "SET ROLE postgres", "SET ROLE phoneadmin_registrar",
        "SET ROLE pg_read_all_data",
        "SET SESSION AUTHORIZATION phoneadmin", "GRANT phoneadmin TO phoneadmin_app",
        "SET ROLE {owner}", "GRANT {owner} TO {app}",
        "SET SESSION AUTHORIZATION {owner}", "ALTER ROLE {app} BYPASSRLS",
        "ALTER ROLE {app} SUPERUSER",
        "SELECT * FROM registrar.location", "SELECT * FROM registrar.subscriber",
        "SELECT * FROM registrar.extension",
        "SELECT * FROM pg_statistic", "SELECT * FROM pg_authid",
        "SELECT pg_read_file('PG_VERSION')", "SELECT pg_ls_dir('.')",
        "COPY users_user TO '/tmp/users'", "COPY users_user TO PROGRAM 'cat'",
        "SELECT lo_import('/etc/passwd')",
        "CREATE EXTENSION dblink", "CREATE EXTENSION pageinspect",
        "ALTER FUNCTION users_recognised(bigint) SECURITY INVOKER",
        "CREATE OR REPLACE FUNCTION search_pattern(text) RETURNS text LANGUAGE sql RETURN 'x'",
        "CREATE OPERATOR = (LEFTARG = bigint, RIGHTARG = bigint, FUNCTION = int8eq)",
        "CREATE RULE r AS ON SELECT TO users_user DO INSTEAD NOTHING",
        "CREATE TRIGGER t AFTER INSERT ON users_user"
        " FOR EACH ROW EXECUTE FUNCTION phones_phone_counted()",
        "ALTER TABLE users_user OWNER TO {app}",
        "CREATE POLICY all_of_it ON users_user USING (true)", "TRUNCATE users_user",
        "CREATE TEMP TABLE t (id integer)", "SET LOCAL session_replication_role = replica",
        "SET LOCAL log_statement = 'all'",
    ],
)  # fmt: skip
def test_application_role_cannot_become_or_ask_more(acme, statement):
    names = {
        "owner": settings.DATABASES["owner"]["USER"],
        "app": settings.DATABASES["default"]["USER"],
    }
    with pytest.raises(DatabaseError), transaction.atomic():
        run(statement.format(**names))


def test_row_security_turned_off_refuses_instead_of_showing_all(us):
    touched("SET LOCAL row_security = off")
    for table in PROTECTED:
        with denied():
            ask(f"SELECT * FROM {table}")


# --- functions that run with their owner's rights ---

# What each is asked with; triggers cannot be called at all.
TRIGGERS = {
    "phones_keep_username", "phones_phone_copies", "phones_phone_copies_follow",
    "phones_phone_counted", "phones_phone_recounted",
}  # fmt: skip
WORDS = [
    "NULL", "'{}'", "ARRAY[NULL]::text[]", "ARRAY['%']", "ARRAY['_']", r"ARRAY['\']",
    "ARRAY['''']", "ARRAY[repeat('x', 100000)]",
    "ARRAY['xylophone'' OR true OR search LIKE ''x']", "ARRAY['$1']", "ARRAY['xyl']",
    "array_fill('xylophone'::text, ARRAY[200])",
]  # fmt: skip
MOST = ("1000", "NULL", "2147483647", "0", "-1")
HOSTILE = {
    **{
        function: [f"{words}, {most}" for words in WORDS for most in MOST]
        for function in ("users_user_found", "phones_phone_found")
    },
    **{
        f"{table}_found_anywhere": [
            f"{words}, {account}, {most}"
            for words in WORDS
            for account in ("NULL", "{account}")
            for most in ("9", "NULL")
        ]
        for table in ("users_account", "users_user", "phones_phone")
    },
    "phones_registered": [
        "NULL", "'{}'", "ARRAY[{person}, NULL]",
        "ARRAY(SELECT generate_series({person} - 9, {person} + 9))",
    ],
    "phones_fetching": [
        "NULL, NULL, NULL", "'', '', '::1'", "'{person}', NULL, '127.0.0.1'",
        "NULL, '%', '127.0.0.1'", "repeat('a', 100000), '', '::/0'",
        "''' OR true --', ''' OR true --', '0.0.0.0/0'",
    ],
    "phones_delivered": [
        "NULL, NULL, NULL, NULL, NULL, '::1'", "{person}, '', '', '', '', '::1'",
        "{account}, NULL, 'token', 'digest', '', '127.0.0.1'",
        "1, ''' OR true --', repeat('x', 64), repeat('x', 32), 'name', '0.0.0.0/0'",
    ],
    "users_recognised": ["NULL", "0", "-1", "9223372036854775807"],
}  # fmt: skip


def test_functions_with_their_owners_rights_are_all_tried(db):
    functions = ask(
        "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
    )
    assert {name for (name,) in functions} == {*HOSTILE, *TRIGGERS}


@pytest.mark.parametrize("shadows", [False, True], ids=["", "behind tables of the same names"])
@pytest.mark.parametrize("function", HOSTILE)
def test_function_with_its_owners_rights_tells_nothing_whatever_it_is_asked(
    temporary, us, secrets, function, shadows
):
    if shadows:
        for table in (
            "users_user",
            "users_sipcredentials",
            "phones_phone",
            "phones_phonemodel",
            "phones_provisioning",
        ):
            run(f"CREATE TEMP TABLE {table} AS SELECT * FROM public.{table}")
        run("CREATE FUNCTION pg_temp.search_pattern(text) RETURNS text LANGUAGE sql RETURN '%'")
        run("SET LOCAL search_path = pg_temp, public")
    for arguments in HOSTILE[function]:
        for name, key in (("person", us.theirs.uma.pk), ("account", us.theirs.account.pk)):
            arguments = arguments.replace(f"{{{name}}}", str(key))
        statement = f"SELECT * FROM public.{function}({arguments})"
        assert leaks(statement, secrets) == set(), statement
        assert ask(
            "SELECT current_setting('phoneadmin.account'), current_setting('phoneadmin.scope')"
        ) == [(str(us.ours.account.pk), "")], statement


@pytest.mark.parametrize("function", sorted(TRIGGERS))
def test_trigger_function_cannot_be_called(us, function):
    with pytest.raises(DatabaseError, match="trigger"), transaction.atomic():
        ask(f"SELECT {function}()")


def test_registrations_of_other_accounts_are_not_told(world, owner):
    people = [of.uma.pk for of in (world.ours, world.theirs)]
    with scope.entered(scope="support"):
        usernames = list(User.objects.filter(pk__in=people).values_list("sip__username", flat=True))
    for username in usernames:
        owner.execute(
            "INSERT INTO registrar.location (ruid, username) VALUES (%s, %s)", [username, username]
        )
    owner.commit()
    try:
        for of, may_see in ((world.ours, people[:1]), (world.theirs, people[1:]), (None, [])):
            scope.enter(account_id=of and of.account.pk)
            assert [
                key for key, _until in ask("SELECT * FROM phones_registered(%s)", people)
            ] == may_see
    finally:
        owner.execute("DELETE FROM registrar.location")
        owner.commit()


def test_phone_given_to_somebody_of_another_account_does_not_tell_his_name(us, secrets):
    """The trigger that copies a person's name to their phone runs before the rule that refuses."""
    statement = (
        "UPDATE phones_phone SET assigned_to_id = %s WHERE id = %s RETURNING search::integer"
    )
    assert leaks(statement, secrets, us.theirs.wyn.pk, us.ours.spare.pk) == set()
    with pytest.raises(DatabaseError), transaction.atomic():
        touched(statement, us.theirs.wyn.pk, us.ours.spare.pk)


# --- what refusals and statistics tell ---


# Uniqueness among all accounts reveals that something exists. R6 wants that for MAC addresses and
# emails, support chooses companies' names, and the others are random or made by the server.
AMONG_ALL = {
    "phones_phone_mac", "users_user_email", "users_account_name", "users_sipcredentials_username",
    "phones_provisioning_token",
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


# A reference is checked without row-level security, so it reveals whether its key exists. These may
# name support staff.
TO_ANYBODY = {("phones_restart", "by_id"), ("e911_emergencyaddress", "set_by_id")}


def references() -> list[tuple[str, str, str]]:
    """Table, column and target of every foreign key by one column between tables of accounts."""
    return ask("""
        SELECT conrelid::regclass::text, attname::text, confrelid::regclass::text FROM pg_constraint
        JOIN pg_class AS target ON target.oid = confrelid
        JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
        JOIN pg_class AS source ON source.oid = conrelid
        WHERE contype = 'f' AND cardinality(conkey) = 1
            AND target.relrowsecurity AND source.relrowsecurity
    """)


def test_rows_cannot_refer_to_another_account(us):
    """By the composite key of the two, or because the row would no longer be one's own."""
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
    "UPDATE users_sipcredentials SET user_id = %(their person)s WHERE user_id = %(our person)s",
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
    model = site.forms(world)["/phones/add/"]["model"]
    taken = client.post("/phones/add/", {"mac": dotted, "model": model, "kind": "user"})
    known = client.post(
        "/users/add/", site.PERSON | {"plan": "pro", "email": world.theirs.uma.email.upper()}
    )
    for answer in (taken, known):
        assert answer.status_code == 422
        assert "contact support" in answer.content.decode()
        said = {world.theirs.uma.email, world.theirs.word.lower()}
        assert {mark for mark in secrets - said if mark in everything_of(answer)} == set()


def test_statistics_of_other_accounts_rows_are_not_shown(us, owner):
    owner.execute("ANALYZE users_user, phones_phone")
    owner.commit()
    assert ask("SELECT tablename FROM pg_stats WHERE tablename = ANY (%s)", list(PROTECTED)) == []


def test_estimate_of_a_search_does_not_depend_on_other_accounts(us):
    """An equality's estimate does: its operator is leakproof, so it uses statistics of all rows.

    No page asks for one.
    """

    def plan(word: str) -> list[str]:
        rows = ask(
            "EXPLAIN SELECT * FROM users_user WHERE last_name LIKE %s OR search ~ %s",
            f"%{word}%",
            word,
        )
        return [re.sub(word, "", line) for (line,) in rows]

    assert plan("xylophone") == plan("nonesuchs")


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


# --- the worker, telephones, and keys in odd places ---


@pytest.mark.parametrize("name", ["e911.register", "e911.withdraw", "e911.tell_caller"])
def test_job_with_the_wrong_account_touches_and_tells_nothing(world, telnyx, name):  # noqa: F811
    before = site.digests(world.ours), site.digests(world.theirs)
    for of in (world.ours.account.pk, 10**15):
        about = (
            {"user_id": world.theirs.uma.pk}
            if name == "e911.tell_caller"
            else {"address_id": world.theirs.numbered(21)}
        )
        app.tasks[name](account_id=of, **about)
    assert (site.digests(world.ours), site.digests(world.theirs)) == before
    assert telnyx.seen == []


def test_secret_of_one_phone_gives_nothing_of_another(world, secrets):  # R32
    client = Client()
    files = [
        f"{world.theirs.phone.mac}.cfg",
        f"{world.theirs.phone.mac}.boot",
        f"{world.ours.spare.mac}.cfg",
        "nothing.cfg",
    ]
    answers = [client.get(f"/p/{world.ours.secret}/{file}") for file in files]
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, b"Not Found\n")}
    own = client.get(f"/p/{world.ours.secret}/{world.ours.phone.mac}.cfg")
    assert own.status_code == 200
    assert {mark for mark in secrets if mark in everything_of(own)} == set()


ASKED = [
    "/phones/?q={mac}", "/phones/?q={name}", "/phones/?q={number}", "/users/?q={name}",
    "/phones/user-phones.csv?q={mac}",
    "/phones/{ours}/people/?q={name}", "/phones/status/?rows={phone}.0&missing=1",
    "/activity/?q={mac}", "/activity/?q={name}",
    "/activity/?phone={phone}", "/activity/?person={person}", "/phones/moves/?moves={phone}-",
    "/phones/moves/?moves={ours}-{person}",
    "/phones/restart/?phones={phone}", "/phones/{ours}/assigned/?to={person}", "/phones/{phone}/",
    "/users/{person}/",
    "/phones/{phone}/addresses/", "/users/{person}/credentials/",
]  # fmt: skip


@contextmanager
def statements() -> Iterator[list[str]]:
    """What is asked of the database, without the values and the names of savepoints."""
    asked: list[str] = []

    def note(execute: Callable, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        asked.append(re.sub(r'"s\d+_x\d+"', "", str(sql)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield asked


def test_what_another_account_has_is_answered_like_what_nobody_has(world):
    """In the same words, and by the same statements, so that time tells nothing either."""
    client = world.client("administrator")
    theirs = {
        "mac": world.theirs.phone.mac, "name": world.theirs.word, "number": world.theirs.uma.ext,
        "phone": str(world.theirs.phone.pk),
        "person": str(world.theirs.wyn.pk),
    }  # fmt: skip
    nobodys = {
        "mac": "02dddddddddd",
        "name": "Nonesuchs",
        "number": "999000002",
        "phone": "999000010",
        "person": "999000003",
    }
    for asked in ASKED:
        given = []
        for values in (theirs, nobodys):
            with statements() as way:
                answer = client.get(asked.format(ours=world.ours.spare.pk, **values), headers=HTMX)
            text = b"".join(answer.streaming_content) if answer.streaming else answer.content
            for name, value in values.items():
                text = text.replace(value.encode(), name.encode())
            given.append((answer.status_code, text, way))
        assert given[0] == given[1], asked


# --- timings ---


@pytest.mark.soak
@pytest.mark.parametrize(
    "asked",
    [
        "/phones/{phone}/",
        "/users/{person}/",
        "/phones/status/?rows={phone}.0&missing=1",
        "/users/?q={name}",
    ],
)
def test_time_does_not_tell_whether_another_account_has_it(world, asked):
    """Asked in turns, the medians lie within half a millisecond, or a quarter, of each other.

    What else a machine does moves them by more than that now and then, so it may try three times.
    """
    client = world.client("administrator")
    theirs = {
        "phone": world.theirs.phone.pk,
        "person": world.theirs.wyn.pk,
        "name": world.theirs.word,
    }
    nobodys = {"phone": 999000010, "person": 999000003, "name": "Nonesuchs"}
    for _attempt in range(3):
        took: tuple[list[float], list[float]] = [], []
        for n in range(100):
            values = (theirs, nobodys)[n % 2]
            started = time.perf_counter()
            client.get(asked.format(**values))
            took[n % 2].append((time.perf_counter() - started) * 1000)
        medians = [statistics.median(times[10:]) for times in took]
        if abs(medians[0] - medians[1]) < max(0.5, 0.25 * min(medians)):
            return
        quarters = statistics.quantiles(took[1][10:], n=4)
        noisy = quarters[2] - quarters[0] > 0.5 * medians[1]
    if noisy:
        pytest.skip("this machine is too busy to measure")
    pytest.fail(
        f"{asked}: {medians[0]:.2f} ms for what another account has,"
        f" {medians[1]:.2f} for what nobody has"
    )
