"""Decide whether this release may run on the existing data.

A release is known by its migrations, and runs on data that has all of them and no others. An older
release, or one of another branch, would read and write what it doesn't understand, so it must not
start. Neither may one whose own migrations have not run yet.

Later releases can make exceptions, so that an upgrade needs no pause: a migration that older
releases can live with adds a row for itself to the table `phoneadmin_release`. Without a row, a
release that doesn't know the migration refuses to run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext as _

Migration = tuple[str, str]  # the app's label, and the migration's name
Cursor = Any  # of Django or of psycopg

# Commands of manage.py that need no data, and those that check by themselves: once they have
# started the database, or because they can work on older data.
EXEMPT = {
    *("check", "check_addresses", "collectstatic", "compilemessages", "diffsettings"),
    *("findstatic", "help", "makemessages", "makemigrations", "showmigrations", "sqlmigrate"),
    *("version", "--help", "--version"),
    *("backup", "migrate", "reissue_credentials", "restore", "serve"),
}


class Unfit(Exception):
    """This release must not run on this data; the text says why and what to do."""


@cache
def known_migrations() -> frozenset[Migration]:
    """Return all migrations that this release comes with."""
    return frozenset(MigrationLoader(None).disk_migrations)


def find_unknown(migrations: Iterable[Migration]) -> set[Migration]:
    """Return the migrations that this release doesn't know."""
    return set(migrations) - known_migrations()


def require_known(cursor: Cursor) -> None:
    """Raise Unfit if a newer release has changed the data and doesn't let this one run on it.

    Older data is accepted: it can be migrated, or backed up as it is.
    """
    _require_known(cursor, _applied(cursor))


def require_fit(cursor: Cursor) -> None:
    """Raise Unfit if the data is newer than this release, or older."""
    applied = _applied(cursor)
    _require_known(cursor, applied)
    if known_migrations() <= applied:
        return
    if settings.PRODUCTION:
        raise Unfit(
            _(
                "The database has not been brought up to this release of phoneadmin, and that takes"
                " its owner. Start phoneadmin once with the owner’s login in DATABASE_URL; then"
                " start this again."
            )
        )
    raise Unfit(
        _(
            "The database has not been brought up to this release of phoneadmin. Start phoneadmin"
            " with `make run`, then try again."
        )
    )


def require_fit_for(command: str) -> None:
    """Raise Unfit if a command of manage.py must not touch the data, as `require_fit_if_there`."""
    if command not in EXEMPT:
        require_fit_if_there()


def require_fit_if_there() -> None:
    """Raise Unfit if the application's database is not fit; do nothing while it is away.

    A program that starts meanwhile waits for the database to come back. Leaves no connection open.
    """
    try:
        with connection.cursor() as cursor:
            require_fit(cursor)
    except OperationalError:
        pass
    finally:
        connection.close()


@contextmanager
def lock_migrations(cursor: Cursor) -> Iterator[None]:
    """Lock out other migrations during the block, after waiting for a running one.

    The lock is this connection's and ends with it, so the connection must be a direct one, not a
    pooler's. Raises Unfit if a newer release was here first.
    """
    cursor.execute("SELECT pg_advisory_lock(hashtext('phoneadmin migrate'))")
    try:
        require_known(cursor)
        yield
    finally:
        cursor.execute("SELECT pg_advisory_unlock(hashtext('phoneadmin migrate'))")


def _applied(cursor: Cursor) -> set[Migration]:
    """Return the migrations that have run on a database, none if it is empty."""
    return set(_rows(cursor, "django_migrations", "app, name"))


def _require_known(cursor: Cursor, applied: Collection[Migration]) -> None:
    strange = find_unknown(applied)
    if strange:
        strange -= _tolerated(cursor)
    if strange:
        raise Unfit(
            _(
                "The database was changed by a newer release of phoneadmin (%(migration)s is"
                " unknown here). Run that release, or a later one."
            )
            % {"migration": ".".join(min(strange))}
        )


def _tolerated(cursor: Cursor) -> set[Migration]:
    """Return the unknown migrations that their authors allow this release to ignore."""
    rows = _rows(cursor, "phoneadmin_release", "app, name, oldest_that_may_run")
    return {
        (app, name)
        for app, name, oldest in rows
        if tuple(oldest.split(".", 1)) in known_migrations()
    }


def _rows(cursor: Cursor, table: str, columns: str) -> list[tuple]:
    readable = "SELECT has_table_privilege(to_regclass(%s), 'SELECT'), current_user"
    cursor.execute(readable, [f"public.{table}"])
    is_readable, role = cursor.fetchone()
    if is_readable is None:  # there is no such table
        return []
    if not is_readable:
        raise Unfit(
            _(
                "The database role %(role)s has no rights in this database. Use the role that the"
                " owner gave them to (DATABASE_APP_URL)."
            )
            % {"role": role}
        )
    cursor.execute(f"SELECT {columns} FROM public.{table}")
    return cursor.fetchall()
