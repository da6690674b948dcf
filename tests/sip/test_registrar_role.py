"""The registrar's database role sees its views and registrations, by an index, and nothing else."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, transaction

from .conftest import credentials


def test_role_sees_its_views_and_its_registrations_only(registrar, ann, registrar_role):
    ask = registrar_role.execute
    assert ask("SELECT username FROM subscriber").fetchall() == [(credentials(ann)[0],)]
    assert ask("SELECT ext FROM extension").fetchall() == [("101",)]
    assert ask("SELECT count(*) FROM location").fetchone() == (0,)
    assert ask("SHOW timezone").fetchone() == ("UTC",)
    tables = (
        "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace"
    )
    readable = (
        " WHERE relkind IN ('r', 'v', 'm', 'p', 'f')"
        " AND nspname NOT IN ('pg_catalog', 'information_schema')"
    )
    readable += " AND has_schema_privilege(n.oid, 'USAGE')"
    readable += " AND has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE, REFERENCES')"
    assert {name for (name,) in ask(tables + readable)} == {
        "call", "extension", "location", "subscriber", "version",
    }  # fmt: skip
    for statement in (
        "SELECT FROM public.users_sipaccount",
        "UPDATE subscriber SET ha1 = ''",
        "DELETE FROM extension",
        "UPDATE version SET table_version = 0",
        "TRUNCATE location",
        "SELECT FROM line",
        "DELETE FROM line",
        "CREATE TABLE registrar.mine (id integer)",
        "CREATE TABLE public.mine (id integer)",
    ):
        with pytest.raises(
            (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectNotInPrerequisiteState)
        ):
            ask(statement)


def test_role_is_nobody_special(registrar_role):
    flags = (
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert registrar_role.execute(flags).fetchall() == [(False,) * 5]
    owned = "SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole"
    assert registrar_role.execute(owned).fetchone() == (0,)


@pytest.mark.parametrize(
    "table", ["subscriber", "extension", "location", "version", "call", "line"]
)
def test_application_sees_nothing_of_the_registrar(db, table):
    with (
        pytest.raises(Exception, match="permission denied for schema registrar"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"SELECT FROM registrar.{table}")


PEOPLE = """
INSERT INTO users_account (id, name, created_at)
    SELECT n, 'Company ' || n, now() FROM generate_series(1, 20) AS n;
INSERT INTO users_callernumber (account_id, e164)
    SELECT DISTINCT n % 20 + 1, '+1415555' || (n % 2000 + 2000)
    FROM generate_series(20001, 30000) AS n;
INSERT INTO users_user (
    id, account_id, email, first_name, last_name, ext, plan, caller_id, password, created_at,
        is_superuser, is_staff, is_active, is_administrator)
    SELECT n, n % 20 + 1, n || '@example.com', 'Pat', 'Doe', n::text, 'pro',
        '+1415555' || (n % 2000 + 2000), '', now(), false, false, true, false
    FROM generate_series(20001, 30000) AS n;
INSERT INTO users_sipaccount
        (user_id, account_id, kind, username, ha1, key_fingerprint, changed_at)
    SELECT id, account_id, 'person', 'u' || id, md5(ext), '', now() FROM users_user;
INSERT INTO registrar.location (ruid, username) SELECT id, 'u' || id FROM users_user;
ANALYZE users_user; ANALYZE users_sipaccount; ANALYZE registrar.location;
ANALYZE users_account; ANALYZE users_callernumber; ANALYZE phones_phone;
SET LOCAL enable_seqscan = off;  -- a table of twenty rows is read whole, index or not
SET LOCAL search_path = registrar;
"""


QUESTIONS = {
    "SELECT ha1, ext, caller_id, display_name, tenant, outside_prefix, may_call_out FROM subscriber"
    " WHERE username='u0'": "users_sipaccount_username",
    "SELECT username FROM extension WHERE tenant = 1 AND ext = '101'": "users_user_ext",
    "SELECT tenant, ext FROM extension WHERE caller_id = '+14155552101' AND ext IS NOT NULL": (
        "users_user_by_caller_id"
    ),
    "SELECT contact FROM location WHERE username='u0' ORDER BY q": "location_username",
}


def test_questions_of_the_registrar_are_answered_from_an_index(owner):
    """Explain Kamailio's own queries, whose literals have no type."""
    owner.execute(PEOPLE)
    plans = {
        question: "\n".join(line for (line,) in owner.execute(f"EXPLAIN {question}"))
        for question in QUESTIONS
    }
    assert [
        question
        for question, plan in plans.items()
        if QUESTIONS[question] not in plan or "Seq Scan" in plan
    ] == []
