"""Django's PostgreSQL backend, except that it stops waiting for a server that no longer answers."""

from __future__ import annotations

import time
from collections.abc import Generator
from functools import partial
from typing import Any

import psycopg
from django.db.backends.postgresql import base
from psycopg.errors import ConnectionTimeout, _WaitTimeout

from phoneadmin.database_backend.watch import server

PATIENCE = 1.0  # seconds without an answer before the server is probed
TICK = 0.2  # seconds between two checks of what is known about the server


class DatabaseWrapper(base.DatabaseWrapper):
    """The ENGINE of the application's role."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> psycopg.Connection:
        """Return a connection whose every wait is limited. Raises psycopg.OperationalError."""
        if reason := server.find_reason_to_give_up():
            raise psycopg.OperationalError(reason)
        server.login = conn_params
        try:
            connection = super().get_new_connection(conn_params)
        except ConnectionTimeout:
            server.record_silence()
            raise
        connection.wait = partial(_wait, connection)
        return connection

    def _set_autocommit(self, autocommit: bool) -> None:
        """Begin or end a transaction; it is read-only while changes can't be confirmed."""
        read_only = True if server.takes_no_changes else None
        if not autocommit and self.connection.read_only != read_only:
            with self.wrap_database_errors:
                self.connection.read_only = read_only
        # The stubs lack this method of Django's.
        super()._set_autocommit(autocommit)  # type: ignore[misc]  # see above


def _wait(
    connection: psycopg.Connection, work: Generator[Any, Any, Any], *args: Any, **options: Any
) -> Any:
    """Wait for the server like psycopg does, until there is a reason to give up.

    Giving up closes the connection and cancels nothing: a commit in progress may still succeed.
    Raises psycopg.OperationalError.
    """
    if args or options:  # for notifications, which have a time limit of their own
        return type(connection).wait(connection, work, *args, **options)
    wait = partial(type(connection).wait, connection, _resume_after_timeouts(work))
    backend, started, timeout = connection.pgconn.backend_pid, time.monotonic(), PATIENCE
    while not (reason := server.find_reason_to_give_up(backend, time.monotonic() - started)):
        try:
            return wait(timeout=timeout)
        except _WaitTimeout:
            server.start_probe()
            timeout = TICK
    connection.close()
    raise psycopg.OperationalError(reason)


def _resume_after_timeouts(work: Generator) -> Generator[Any, Any, Any]:
    """Yield what `work` waits for, and repeat it if psycopg starts waiting again.

    psycopg starts each wait with `next`, which sends None. In the middle of a long statement, the
    generator would take that None for flags of what is ready, and fail.
    """
    try:
        awaited = next(work)
    except StopIteration as result:
        return result.value
    while True:
        ready = yield awaited
        if ready is None:
            continue
        try:
            awaited = work.send(ready)
        except StopIteration as result:
            return result.value
