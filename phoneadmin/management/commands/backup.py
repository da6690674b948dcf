"""`manage.py backup`: write the embedded database to one file, whether or not it runs."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.management import BaseCommand, CommandError
from django.db import DatabaseError
from django.utils.translation import gettext as _

from phoneadmin.operations import backup, database
from phoneadmin.operations.postgres_errors import PostgresError


class Command(BaseCommand):
    help = "Writes a backup of the embedded database to one file. phoneadmin may run meanwhile."
    requires_system_checks = ()  # the tests run them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            metavar="FILE",
            help="a new file (PHONEADMIN_DATA/backups/…)",
        )

    def handle(self, *, file: Path | None, **options: Any) -> None:
        """Write the file; print its path and the keys it needs. Raises CommandError."""
        if settings.PRODUCTION:
            raise CommandError(
                _("The database is not the embedded one: back it up with its own tools.")
            )
        if file is None:
            folder = settings.DATA / "backups"
            folder.mkdir(mode=0o700, exist_ok=True, parents=True)
            file = folder / f"phoneadmin-{datetime.now(UTC):%Y%m%d-%H%M%S}.backup"
        try:
            with database.provide_database():
                about = backup.make_backup(file)
        except (backup.Refused, DatabaseError, psycopg.Error, PostgresError) as error:
            raise CommandError(str(error).strip()) from error
        keys = settings.DATA / "keys.json"
        self.stdout.write(_("The backup is in %(file)s.") % {"file": file})
        self.stdout.write(
            _(
                "It holds no keys. Keep a copy of %(keys)s, and of PHONEADMIN_SIP_KEYS where you"
                " set it, in another"
                " place (fingerprints: %(fingerprints)s): without them the SIP credentials in it"
                " are of no use."
            )
            % {"keys": keys, "fingerprints": ", ".join([about.secret_key, *about.sip_keys])}
        )
