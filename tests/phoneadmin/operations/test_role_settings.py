"""Settings that someone made for our roles are reset at the next start."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from phoneadmin.operations import kamailio, keys, logins
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres, embedded_login
from tests import template

# What a role can set for itself, and the harm it does.
HOSTILE = {
    "search_path": "evil",
    "row_security": "off",  # statements fail instead of being narrowed by a policy
    "role": "postgres",
    "session_authorization": "postgres",
    "default_transaction_read_only": "on",  # prevents even the reset
    "default_transaction_isolation": "serializable",
    "statement_timeout": "1ms",
    "transaction_timeout": "1ms",
    "idle_session_timeout": "1ms",
    "lock_timeout": "1ms",
    "local_preload_libraries": "nonsense",  # prevents every session
    "synchronous_commit": "off",  # acknowledged writes may be lost
    "standard_conforming_strings": "off",  # a backslash in a literal ends it
    "debug_print_plan": "on",  # statements are logged
    "gin_fuzzy_search_limit": "1",  # a search misses rows
}
# What only a superuser can set for the role, and reset.
HOSTILE_BY_SUPERUSER = {
    "log_statement": "all",
    "session_replication_role": "replica",
    "session_preload_libraries": "nonsense",
    "phoneadmin.scope": "support",  # row-level security hides nothing
    "pghistory.context_metadata": '{"user": 1}',  # the history names another user
}
SET = """
SELECT unnest(setconfig) FROM pg_db_role_setting JOIN pg_roles ON pg_roles.oid = setrole
WHERE rolname = %s
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[EmbeddedPostgres]:
    data = template.copy_to(tmp_path_factory.mktemp("settings") / "data")
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as running:
        yield running


@pytest.fixture(autouse=True)
def nothing_left(server) -> Iterator[None]:
    """Remove the settings that a test leaves behind."""
    yield
    with server.connect_as_superuser() as superuser:
        superuser.execute("ALTER ROLE phoneadmin_app RESET ALL")
        superuser.execute(f"ALTER ROLE phoneadmin_app IN DATABASE {DATABASE} RESET ALL")


def login_of(server: EmbeddedPostgres, kind: str) -> dict:
    return embedded_login(server.data, server.keys, kind)


def found(server: EmbeddedPostgres, kind: str) -> set[str]:
    """Return the settings of a role."""
    with server.connect_as_superuser() as superuser:
        return {entry for (entry,) in superuser.execute(SET, [login_of(server, kind)["USER"]])}


def shown(server: EmbeddedPostgres, name: str, kind: str = "app") -> str | None:
    """Return the value of a setting in a new session of a role."""
    with logins.connect(login_of(server, kind)) as connection:
        return connection.execute("SELECT current_setting(%s, true)", [name]).fetchone()[0]


def leave_behind(own: psycopg.Connection, kind: str, name: str, value: str, where="") -> None:
    own.execute(f"ALTER ROLE phoneadmin_{kind} {where} SET {name} TO '{value}'")


@pytest.mark.parametrize("where", ["", f"IN DATABASE {DATABASE}"])
@pytest.mark.parametrize("name", HOSTILE)
def test_setting_of_the_applications_role_is_reset_by_itself_and_named(server, caplog, name, where):
    before = shown(server, name)
    with logins.connect(login_of(server, "app")) as own:
        leave_behind(own, "app", name, HOSTILE[name], where)
    assert found(server, "app")
    logins.reset_role_settings(login_of(server, "app"), "app")
    assert found(server, "app") == set()
    assert shown(server, name) == before
    assert name in caplog.text
    assert "=" not in caplog.messages[-1] and HOSTILE[name] not in caplog.messages[-1].split()


def test_what_only_a_superuser_may_reset_is_named_and_the_rest_is_reset(server, caplog):
    with server.connect_as_superuser() as superuser:
        leave_behind(superuser, "app", "phoneadmin.scope", "support")
        leave_behind(superuser, "app", "search_path", "evil")
    logins.reset_role_settings(login_of(server, "app"), "app")
    assert found(server, "app") == {"phoneadmin.scope=support"}
    assert "only a superuser may reset: phoneadmin.scope" in caplog.text


def test_start_of_the_embedded_server_resets_what_was_set_for_our_roles(tmp_path, caplog):
    data = template.copy_to(tmp_path / "data")
    server = EmbeddedPostgres(data, keys.load_keys(data), fast=True)
    with server:
        before = {name: shown(server, name) for name in HOSTILE}
        ours = found(server, "registrar")
        with server.connect_as_superuser() as superuser:
            for kind in ("app", "registrar"):
                for name, value in (HOSTILE | HOSTILE_BY_SUPERUSER).items():
                    leave_behind(superuser, kind, name, value)
                    leave_behind(superuser, kind, name, value, f"IN DATABASE {DATABASE}")
    with server:
        assert found(server, "app") == set()
        assert {name: shown(server, name) for name in HOSTILE} == before
        assert not shown(server, "phoneadmin.scope")
        assert found(server, "registrar") == ours == {"search_path=registrar", "TimeZone=UTC"}
    for name in HOSTILE | HOSTILE_BY_SUPERUSER:
        assert caplog.text.count(name) >= 2


def test_registrar_gets_its_own_settings_back_at_its_start(server, caplog):
    with logins.connect(login_of(server, "registrar")) as own:
        for where in ("", f"IN DATABASE {DATABASE}"):
            leave_behind(own, "registrar", "search_path", "evil", where)
            leave_behind(own, "registrar", "TimeZone", "America/Chicago", where)
            leave_behind(own, "registrar", "default_transaction_read_only", "on", where)
    kamailio.grant_rights(login_of(server, "owner"), login_of(server, "registrar"))
    kamailio.pin_role_settings(login_of(server, "registrar"))
    assert shown(server, "search_path", "registrar") == "registrar"
    assert shown(server, "TimeZone", "registrar") == "UTC"
    assert shown(server, "default_transaction_read_only", "registrar") == "off"
    caplog.clear()
    kamailio.pin_role_settings(login_of(server, "registrar"))
    assert not caplog.messages, "our own settings are not reported"
