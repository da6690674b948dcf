"""No statement of the application's role reveals another account's rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction

from tests import companies
from tests.isolation.probing import leaks, overheard, run
from tests.row_security import PROTECTED, SIGN_IN, ask, denied, touched
from users.models import User
from users.tenancy import scope

TELL = """
CREATE FUNCTION pg_temp.tell(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN RAISE NOTICE '%', $1; RETURN true; END $$
"""

# Each would reveal the content of a hidden row if PostgreSQL ever evaluated it on one.
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
        with overheard() as heard:  # it does reveal what may be seen
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
    """Expect that PostgreSQL refuses to copy into a table under row-level security."""
    with pytest.raises(DatabaseError) as refused, transaction.atomic():
        yield
    assert isinstance(
        refused.value.__cause__,
        psycopg.errors.FeatureNotSupported | psycopg.errors.InsufficientPrivilege,
    )


@pytest.mark.parametrize("unset", [{}, {"scope": "sign_in"}], ids=["unset", "sign-in"])
def test_without_an_account_statements_learn_nothing_at_all(temporary, world, unset):
    everybodys = companies.marks(world.theirs, world.ours) | companies.marks(
        world.ours, world.theirs
    )
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
    """The server caches plans of frequent statements; none is tied to the first caller's rows."""
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
