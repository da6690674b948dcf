"""Tell the database's troubles, which pass by themselves, from a program's mistakes.

PEP 249's classes can't: psycopg calls a read-only server an InternalError, and a statement that is too complex an
OperationalError. The server's own code (SQLSTATE) can; https://www.postgresql.org/docs/current/errcodes-appendix.html
lists them all.
"""

from __future__ import annotations

import django.db
import psycopg

READ_ONLY = "25006"
# Another transaction was in the way. This one was undone as a whole.
CONFLICTS = {"40001", "40P01", "55P03"}  # serialization failure, deadlock, lock not available in time
PASSING = CONFLICTS | {READ_ONLY, "25P03", "25P04"}  # the last two: the server ended an idle or a long transaction
PASSING_CLASSES = ("08", "53", "57")  # connections, resources (disk, memory, sessions), intervention by an operator


def find(error: BaseException | None) -> BaseException | None:
    """Return the trouble with the database that led to `error`, or None if it had another cause.

    Errors without a SQLSTATE come from the client's side: the connection broke or couldn't be made.
    """
    while error is not None:
        if isinstance(error, psycopg.Error):
            if _passes(error):
                return error
        elif isinstance(error, django.db.OperationalError | django.db.InterfaceError) and error.__cause__ is None:
            return error  # Django's own, such as for a connection that was lost earlier in the transaction
        error = error.__cause__ or error.__context__
    return None


def _passes(error: psycopg.Error) -> bool:
    if error.sqlstate is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return error.sqlstate in PASSING or error.sqlstate.startswith(PASSING_CLASSES)
