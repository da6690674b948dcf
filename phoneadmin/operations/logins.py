"""Logins to PostgreSQL: the owner's, the application's and the registrar's, on any server.

Settings import this module, so it must not import Django.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import dj_database_url
import psycopg
from psycopg import sql

from phoneadmin.operations import role_settings
from phoneadmin.operations.postgres_errors import PostgresError


def application_login(
    owner: dict[str, Any] | None, app_url: str | None, secret_key: str
) -> dict[str, Any]:
    """Return the DATABASES entry of the application's role on an external PostgreSQL.

    `app_url` wins if given; otherwise it is the owner's entry with its own user and a password
    derived from `secret_key`. Raises ValueError if both are missing.
    """
    if app_url:
        return dict(dj_database_url.parse(app_url))
    if owner is None:
        raise ValueError(
            "DATABASE_URL (the owner's login) or DATABASE_APP_URL (the application's) is required."
        )
    return {
        **owner,
        "USER": f"{owner['USER']}_app",
        "PASSWORD": derive_password(secret_key, "application's"),
    }


def registrar_login(
    owner: dict[str, Any] | None, url: str | None, secret_key: str
) -> dict[str, Any] | None:
    """Return the DATABASES entry of the registrar's role on an external PostgreSQL.

    `url` wins if given; otherwise it is derived from the owner's, like the application's. None if
    both are missing.
    """
    if url:
        return dict(dj_database_url.parse(url))
    if owner is None:
        return None
    return {
        **owner,
        "USER": f"{owner['USER']}_registrar",
        "PASSWORD": derive_password(secret_key, "registrar's"),
    }


def derive_password(secret_key: str, whose: str) -> str:
    """Derive a role's password from the secret key."""
    purpose = f"phoneadmin: password of the {whose} database role"
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def application_url(owner_url: str, app: dict[str, Any]) -> str:
    """Return `owner_url` with `app`'s login, for processes that must not migrate."""
    parts = urlsplit(owner_url)
    address = parts.netloc.rpartition("@")[2]
    user, password = quote(app["USER"], safe=""), quote(app["PASSWORD"], safe="")
    return parts._replace(netloc=f"{user}:{password}@{address}").geturl()


def prepare_application_role(owner: dict[str, Any], app: dict[str, Any]) -> None:
    """Ensure that the application's role exists and can sign in; safe to repeat.

    For an external PostgreSQL. `owner` and `app` are DATABASES entries. Raises PostgresError, with
    the SQL to run, if the owner may not do it or the role could bypass row-level security;
    psycopg.OperationalError if the owner can't sign in.

    PUBLIC loses the right to connect, and with it every role of the server that isn't ours.
    """
    _prepare_role(owner, app, "application's", "DATABASE_APP_URL")
    _close_to_others(owner, app)


def prepare_registrar_role(owner: dict[str, Any], registrar: dict[str, Any]) -> None:
    """Ensure the same for the SIP registrar's role."""
    _prepare_role(owner, registrar, "registrar's", "DATABASE_REGISTRAR_URL")


def _prepare_role(owner: dict[str, Any], login: dict[str, Any], whose: str, variable: str) -> None:
    role = sql.Identifier(login["USER"])
    database = sql.Identifier(login["NAME"])
    with connect_exclusively(owner) as connection:
        by_hand = sql.SQL(
            "CREATE ROLE {} LOGIN PASSWORD '<its password>'; GRANT CONNECT ON DATABASE {} TO {};"
        )
        instruction = by_hand.format(role, database, role).as_string(connection)
        found = connection.execute(
            "SELECT rolsuper OR rolbypassrls OR pg_has_role(rolname, current_user, 'MEMBER')"
            " FROM pg_roles WHERE rolname = %s",
            [login["USER"]],
        ).fetchone()
        if found and found[0]:
            raise PostgresError(
                f"The role {login['USER']} must own nothing and obey row-level security: it may be"
                f" neither a superuser,"
                f" nor BYPASSRLS, nor {owner['USER']} or a member of it."
            )
        try:
            if not found:
                set_password(connection, "CREATE", login["USER"], login["PASSWORD"])
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
            if _refusal(login):
                set_password(connection, "ALTER", login["USER"], login["PASSWORD"])
        except psycopg.errors.InsufficientPrivilege:
            pass  # someone else may have done it; signing in below tells
    if refusal := _refusal(login):
        raise PostgresError(
            f"The {whose} role {login['USER']} cannot sign in, and {owner['USER']} may not change"
            f" that: {refusal}\n"
            f"Run this as a superuser (ALTER instead of CREATE where the role exists) and set"
            f" {variable} to its"
            f" address:\n  {instruction}"
        )


# The given roles and all roles with rights in our schemas: a registrar on another machine may use a
# role that only it knows.
GRANTEES = """
SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)
UNION
SELECT rolname FROM pg_namespace, aclexplode(nspacl) JOIN pg_roles ON pg_roles.oid = grantee
WHERE nspname IN ('public', 'registrar') AND rolname !~ '^pg_'
ORDER BY rolname
"""
OPEN_TO_PUBLIC = """
SELECT has_database_privilege('public', %(name)s, 'CONNECT')
    OR has_database_privilege('public', %(name)s, 'TEMP')
"""


def _close_to_others(owner: dict[str, Any], app: dict[str, Any]) -> None:
    """Revoke CONNECT and TEMP on the database from PUBLIC, like the embedded server does.

    Roles with rights in our schemas keep CONNECT. Raises PostgresError, with the SQL to run, if the
    owner's login doesn't own the database.
    """
    with connect_exclusively(owner) as connection:
        if not _is_open_to_public(connection, owner["NAME"]):
            return
        roles = [name for (name,) in connection.execute(GRANTEES, [[owner["USER"], app["USER"]]])]
        database = sql.Identifier(owner["NAME"])
        ours = sql.SQL(", ").join(map(sql.Identifier, roles))
        keep = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, ours)
        close = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(keep)
            connection.execute(close)
        if _is_open_to_public(connection, owner["NAME"]):
            raise PostgresError(
                f"Every role of the server may connect to the database {owner['NAME']} and make"
                f" temporary tables in it, and {owner['USER']} may not change that. Run this as its"
                f" owner or as a superuser:\n  {keep.as_string(connection)};"
                f" {close.as_string(connection)};"
            )


def _is_open_to_public(connection: psycopg.Connection, database: str) -> bool:
    row = connection.execute(OPEN_TO_PUBLIC, {"name": database}).fetchone()
    return row is not None and row[0]


def reset_role_settings(login: dict[str, Any], kind: role_settings.Role) -> None:
    """Make a role reset its session defaults to ours.

    Raises psycopg.OperationalError if it cannot sign in.
    """
    with connect_exclusively(login, undisturbed=True) as connection:
        role_settings.apply_role_settings(
            connection, kind, role=login["USER"], database=login["NAME"]
        )


@contextmanager
def connect_exclusively(
    login: dict[str, Any],
    *,
    undisturbed: bool = False,
) -> Iterator[psycopg.Connection]:
    """Connect like `connect`, while no other process of ours changes roles or rights.

    PostgreSQL refuses one of two such changes at the same time ("tuple concurrently updated"), and
    servers may start together.
    """
    with connect(login, undisturbed=undisturbed) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('phoneadmin roles'))")
        yield connection


def connect(login: dict[str, Any], *, undisturbed: bool = False) -> psycopg.Connection:
    """Connect with a DATABASES entry (autocommit). Raises psycopg.OperationalError.

    An `undisturbed` connection works whatever defaults its role has set for itself.
    """
    options = {"connect_timeout": 10} | login.get("OPTIONS", {})
    options.pop("server_side_binding", None)  # Django's own, which libpq does not know
    address = {
        "host": login["HOST"],
        "port": login["PORT"],
        "dbname": login["NAME"],
        "user": login["USER"],
        "password": login["PASSWORD"],
    }
    if not undisturbed:
        return psycopg.connect(**address, **options, autocommit=True)
    given = f"{options.pop('options', '')} {role_settings.UNDISTURBED}"
    newest = f"{given} -c transaction_timeout=0"
    try:
        return psycopg.connect(**address, **options, options=newest, autocommit=True)
    except psycopg.OperationalError as error:
        if "transaction_timeout" not in str(error):  # new in PostgreSQL 17
            raise
        return psycopg.connect(**address, **options, options=given, autocommit=True)


def _refusal(login: dict[str, Any]) -> str:
    """Return why the server refuses a login, "" if it doesn't."""
    try:
        connect(login, undisturbed=True).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def set_password(
    connection: psycopg.Connection, verb: Literal["CREATE", "ALTER"], role: str, password: str
) -> None:
    """Create a role, or alter it, with this password."""
    # Hash here: a statement with the plain password could end up in the server's log.
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
        sql.SQL(verb), sql.Identifier(role), sql.Literal(hashed)
    )
    connection.execute(statement)
