"""Roles and logins on an external PostgreSQL, as DATABASE_URL names it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from phoneadmin.operations import logins
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from phoneadmin.operations.postgres_errors import PostgresError

from .conftest import connect


@pytest.fixture
def owner(server):
    """Make an external database; the value is its owner's login, as DATABASE_URL would give it."""
    with server.connect_as_superuser() as connection:
        connection.execute("CREATE ROLE outside LOGIN PASSWORD 'secret'")
        connection.execute("CREATE DATABASE outside OWNER outside")
    yield embedded_login(server.data, server.keys, "owner") | {
        "NAME": "outside",
        "USER": "outside",
        "PASSWORD": "secret",
    }
    with server.connect_as_superuser() as connection:
        connection.execute("DROP DATABASE outside")
        connection.execute("DROP ROLE IF EXISTS outside_app")
        connection.execute("DROP ROLE outside")


def test_application_login_is_derived_from_the_owner_and_the_secret_key(owner):
    app = logins.application_login(owner, None, "key")
    assert (app["USER"], app["NAME"], app["HOST"]) == ("outside_app", "outside", owner["HOST"])
    assert app == logins.application_login(owner, None, "key")
    other = logins.application_login(owner, None, "other")
    assert len({app["PASSWORD"], other["PASSWORD"], "secret"}) == 3


def test_application_login_given_as_an_address_is_taken_as_it_is(owner):
    app = logins.application_login(
        owner, "postgres://web:p%40ss@db.example.com:5433/phones?sslmode=require", "key"
    )
    expected = {
        "USER": "web",
        "PASSWORD": "p@ss",
        "HOST": "db.example.com",
        "PORT": 5433,
        "NAME": "phones",
        "OPTIONS": {"sslmode": "require"},
    }
    assert {name: app[name] for name in expected} == expected


def test_application_login_without_any_address_is_refused():
    with pytest.raises(ValueError, match="DATABASE_URL"):
        logins.application_login(None, None, "key")


def test_application_url_carries_everything_but_the_owner():
    url = logins.application_url(
        "postgres://boss:secret@%2Frun%2Fpg:5433/phones?sslmode=require",
        {"USER": "boss_app", "PASSWORD": "a/b@c"},
    )
    assert url == "postgres://boss_app:a%2Fb%40c@%2Frun%2Fpg:5433/phones?sslmode=require"


def test_application_role_is_made_where_the_owner_may_and_its_password_follows(server, owner):
    with server.connect_as_superuser() as connection:
        connection.execute("ALTER ROLE outside CREATEROLE")
    for key in ("key", "key", "another key"):
        app = logins.application_login(owner, None, key)
        logins.prepare_application_role(owner, app)
        connect(server.data, NAME="outside", USER="outside_app", PASSWORD=app["PASSWORD"]).close()


def test_application_role_that_the_owner_may_not_make_is_refused_with_the_statement_to_run(
    server, owner
):
    app = logins.application_login(owner, None, "key")
    with pytest.raises(PostgresError, match='CREATE ROLE "outside_app" LOGIN'):
        logins.prepare_application_role(owner, app)
    with server.connect_as_superuser() as connection:
        connection.execute(f"CREATE ROLE outside_app LOGIN PASSWORD '{app['PASSWORD']}'")
    logins.prepare_application_role(owner, app)


def has_privilege(server: EmbeddedPostgres, role: str, right: str) -> bool:
    """Return whether a role has CONNECT or TEMP on the external database."""
    with server.connect_as_superuser() as connection:
        asked = "SELECT has_database_privilege(%s, 'outside', %s)"
        return connection.execute(asked, [role, right]).fetchone()[0]


def test_database_is_closed_to_other_roles_of_the_server_and_not_to_ours(server, owner):
    app = logins.application_login(owner, None, "key")
    assert has_privilege(server, "public", "CONNECT") and has_privilege(server, "public", "TEMP")
    with server.connect_as_superuser() as connection:
        connection.execute("ALTER ROLE outside CREATEROLE; CREATE ROLE elsewhere LOGIN")
    try:
        with connect(server.data, NAME="outside", USER="outside", PASSWORD="secret") as connection:
            connection.execute("CREATE SCHEMA registrar")
            connection.execute("GRANT USAGE ON SCHEMA registrar TO elsewhere")
        for _again in range(2):
            logins.prepare_application_role(owner, app)
            assert not has_privilege(server, "public", "CONNECT") and not has_privilege(
                server, "public", "TEMP"
            )
            for role in ("outside", "outside_app", "elsewhere"):
                assert has_privilege(server, role, "CONNECT")
            assert not has_privilege(server, "outside_app", "TEMP") and has_privilege(
                server, "outside", "TEMP"
            )
    finally:
        with server.connect_as_superuser("outside") as connection:
            connection.execute("DROP SCHEMA IF EXISTS registrar; DROP OWNED BY elsewhere")
            connection.execute("DROP ROLE elsewhere")


def test_servers_that_start_together_do_not_get_in_each_others_way(server, owner):
    app = logins.application_login(owner, None, "key")
    with server.connect_as_superuser() as connection:
        connection.execute("ALTER ROLE outside CREATEROLE")

    def start(_number: int) -> None:
        for _again in range(10):
            logins.prepare_application_role(owner, app)
            logins.reset_role_settings(app, "registrar")  # makes a setting
            logins.reset_role_settings(app, "app")  # resets it

    with ThreadPoolExecutor(4) as servers:
        assert list(servers.map(start, range(4))) == [None] * 4


def test_owner_who_may_not_close_the_database_is_told_the_statement(server, owner):
    app = logins.application_login(owner, None, "key")
    with server.connect_as_superuser() as connection:
        connection.execute(f"CREATE ROLE outside_app LOGIN PASSWORD '{app['PASSWORD']}'")
        connection.execute("ALTER DATABASE outside OWNER TO postgres")
    with pytest.raises(PostgresError) as refused:
        logins.prepare_application_role(owner, app)
    *_, statement = str(refused.value).splitlines()
    assert 'REVOKE ALL ON DATABASE "outside" FROM PUBLIC' in statement
    with server.connect_as_superuser() as connection:
        connection.execute(statement)
    logins.prepare_application_role(owner, app)
    assert has_privilege(server, "outside", "CONNECT") and has_privilege(
        server, "outside_app", "CONNECT"
    )


@pytest.mark.parametrize(
    "flaw", ["ALTER ROLE outside_app BYPASSRLS", "GRANT outside TO outside_app"]
)
def test_application_role_that_looks_past_row_level_security_is_refused(server, owner, flaw):
    app = logins.application_login(owner, None, "key")
    with server.connect_as_superuser() as connection:
        connection.execute(f"CREATE ROLE outside_app LOGIN PASSWORD '{app['PASSWORD']}'; {flaw}")
    with pytest.raises(PostgresError, match="row-level security"):
        logins.prepare_application_role(owner, app)
