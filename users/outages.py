"""Distinguish database outages, which pass by themselves, from bugs.

PEP 249's classes can't: psycopg calls a read-only server an InternalError, and a statement that is
too complex an OperationalError. The server's SQLSTATE can (PostgreSQL manual, appendix A).
"""

from __future__ import annotations

import django.db
import psycopg

READ_ONLY = "25006"
# Another transaction was in the way, and this one was undone as a whole: serialization failure,
# deadlock, lock not available in time.
CONFLICTS = {"40001", "40P01", "55P03"}
# The last two: the server ended a transaction that was idle, or took too long.
PASSING = CONFLICTS | {READ_ONLY, "25P03", "25P04"}
# Connections; resources (disk, memory, sessions); intervention by an operator.
PASSING_CLASSES = ("08", "53", "57")
# Without a cause, Django raised it itself, such as for a connection that was lost earlier.
DJANGO = (django.db.OperationalError, django.db.InterfaceError)


def find_outage(error: BaseException | None) -> BaseException | None:
    """Return the database error of an outage that led to `error`, or None if there is none.

    Errors without a SQLSTATE are the client's: the connection broke, or couldn't be made.
    """
    while error is not None:
        if isinstance(error, psycopg.Error):
            if _passes(error):
                return error
        elif isinstance(error, DJANGO) and error.__cause__ is None:
            return error
        error = error.__cause__ or error.__context__
    return None


def _passes(error: psycopg.Error) -> bool:
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate in PASSING or error.sqlstate.startswith(PASSING_CLASSES)
