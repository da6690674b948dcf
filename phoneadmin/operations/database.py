"""The database for commands: the running one, or the embedded one, started for the command."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management import CommandError
from django.db import OperationalError, connection, connections
from django.utils.translation import gettext as _

from phoneadmin.operations.embedded import EmbeddedPostgres


@contextmanager
def hold_data_folder() -> Iterator[None]:
    """Lock the data folder for the block. Raises CommandError if another phoneadmin holds it."""
    settings.DATA.mkdir(parents=True, exist_ok=True)
    with open(settings.DATA / "serve.lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CommandError(
                f"phoneadmin already runs on this data folder ({settings.DATA}). Stop it first, or"
                f" give this one"
                " a folder of its own with PHONEADMIN_DATA."
            ) from None
        yield


@contextmanager
def provide_database(*, make: bool = False) -> Iterator[None]:
    """Provide the database for the block, starting the embedded one if it isn't running.

    With `make`, create the embedded one if it doesn't exist yet. Raises CommandError, PostgresError
    or OperationalError if there is no database.
    """
    try:
        connection.ensure_connection()
    except OperationalError:
        if settings.PRODUCTION:
            raise
        if not make and not (settings.DATA / "postgres").exists():
            raise CommandError(
                _("There is no database in %(folder)s.") % {"folder": settings.DATA}
            ) from None
        with hold_data_folder(), EmbeddedPostgres(settings.DATA, settings.KEYS):
            try:
                yield
            finally:
                connections.close_all()
    else:
        yield
