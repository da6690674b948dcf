"""The application's role has no privilege that row-level security doesn't cover."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests.row_security import ask, denied, touched

# --- the application's role -----------------------------------------------------------------------


def test_application_role_is_nobody_special(db):
    assert ask(
        "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication"
        " FROM pg_roles WHERE rolname = current_user"
    ) == [(settings.DATABASES["default"]["USER"], False, False, False, False, False)]
    assert (
        ask("SELECT roleid::regrole FROM pg_auth_members WHERE member = current_user::regrole")
        == []
    )


@pytest.mark.parametrize(
    ("catalogue", "owner"),
    [
        ("pg_class", "relowner"),
        ("pg_proc", "proowner"),
        ("pg_namespace", "nspowner"),
        ("pg_database", "datdba"),
        ("pg_type", "typowner"),
    ],
)
def test_application_role_owns_nothing(db, catalogue, owner):
    assert ask(f"SELECT oid FROM {catalogue} WHERE {owner} = current_user::regrole") == []


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id integer)",
        "CREATE FUNCTION mine() RETURNS integer LANGUAGE sql RETURN 1",
        "CREATE SCHEMA mine",
        "ALTER TABLE phones_phone DISABLE ROW LEVEL SECURITY",
        "DROP POLICY account ON phones_phone",
        "ALTER TABLE phones_phone DISABLE TRIGGER copies",
        "INSERT INTO phones_phonecount SELECT * FROM phones_phonecount",
        "UPDATE phones_phonecount SET missing_address = 0",
        "DELETE FROM phones_phonecount",
        "UPDATE phones_standing SET is_registered = true",
        "UPDATE users_credentialsrecord SET by_name = ''",
        "DELETE FROM users_credentialsrecord",
        "INSERT INTO django_migrations (app, name, applied) VALUES ('phones', '9999', now())",
        "UPDATE django_migrations SET name = name",
        "DELETE FROM django_migrations",
    ],
)
def test_application_role_cannot(db, statement):
    with denied():
        touched(statement)


def test_application_role_has_no_privilege_that_row_security_does_not_cover(db):
    """TRUNCATE ignores policies, a foreign key reveals what exists, and a trigger runs with the
    rights of others.
    """
    found = ask(
        "SELECT oid::regclass FROM pg_class"
        " WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        " AND has_table_privilege(oid, 'TRUNCATE, REFERENCES, TRIGGER')"
    )
    assert found == []
