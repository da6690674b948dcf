"""Make sessions of our database roles begin with our settings and no others.

PostgreSQL lets every role change its own defaults permanently (ALTER ROLE … SET). An attacker who
had the application's login for a moment could leave something behind: commits that don't wait for
the disk, a search path, statements in the server's log, a login that fails. So startup resets every
setting that isn't declared here. Settings import what uses this, so it must not import Django.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Literal

import psycopg
from psycopg import sql

logger = logging.getLogger(__name__)

Role = Literal["app", "registrar"]
# The settings of each role's sessions in our database.
OURS: Mapping[Role, Mapping[str, str]] = {
    "app": {},
    # The registrar sees only its own schema, and times in UTC as Kamailio writes them.
    "registrar": {"search_path": "registrar", "TimeZone": "UTC"},
}
# Connection options that override everything a role has set, so that it can be reset.
UNDISTURBED = (
    "-c default_transaction_read_only=off -c local_preload_libraries= -c search_path=pg_catalog"
    " -c statement_timeout=0 -c lock_timeout=0 -c idle_session_timeout=0 -c tcp_user_timeout=0"
)
SET = """
SELECT setdatabase <> 0, unnest(setconfig) FROM pg_db_role_setting
JOIN pg_roles ON pg_roles.oid = setrole LEFT JOIN pg_database ON pg_database.oid = setdatabase
WHERE rolname = %s AND (setdatabase = 0 OR datname = %s)
"""


def apply_role_settings(
    connection: psycopg.Connection, kind: Role, *, role: str, database: str
) -> None:
    """Make later sessions of `role` in `database` begin with our settings and no others.

    The connection (autocommit) is the role's own, made with `UNDISTURBED`, or a superuser's. What
    only a superuser may reset stays: a superuser set it. The log names what was found, without
    values.
    """
    missing = dict(OURS[kind])
    reset, kept = set(), set()
    for in_database, entry in connection.execute(SET, [role, database]).fetchall():
        name, _, value = entry.partition("=")
        if in_database and OURS[kind].get(name) == value:
            del missing[name]
            continue
        action = sql.SQL("RESET {}").format(sql.Identifier(*name.split(".")))
        try:
            connection.execute(_alter(role, database if in_database else None, action))
            reset.add(name)
        except psycopg.errors.InsufficientPrivilege:
            kept.add(name)
    for name, value in missing.items():
        action = sql.SQL("SET {} TO {}").format(sql.Identifier(name), sql.Literal(value))
        connection.execute(_alter(role, database, action))
    if reset:
        told = "The database role %s had settings of its own that are not ours; they were reset: %s"
        logger.warning(told, role, ", ".join(sorted(reset)))
    if kept:
        told = "The database role %s has settings that only a superuser may reset: %s"
        logger.warning(told, role, ", ".join(sorted(kept)))


def _alter(role: str, database: str | None, action: sql.Composed) -> sql.Composed:
    where = sql.SQL(" IN DATABASE {}").format(sql.Identifier(database)) if database else sql.SQL("")
    return sql.SQL("ALTER ROLE {}{} {}").format(sql.Identifier(role), where, action)
