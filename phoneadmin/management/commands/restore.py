"""`manage.py restore`: replace the embedded database with a backup's."""

from __future__ import annotations

from argparse import ArgumentParser
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
    help = (
        "Puts the database of a backup in place of the embedded one. phoneadmin may run meanwhile."
    )
    requires_system_checks = ()  # the tests run them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE", help="what manage.py backup wrote")
        parser.add_argument(
            "--replace", action="store_true", help="although there is data already, which is lost"
        )
        parser.add_argument(
            "--other-keys", action="store_true", help="although its keys are not here"
        )

    def handle(self, *, file: Path, replace: bool, other_keys: bool, **options: Any) -> None:
        """Restore, and print what is left to do. Raises CommandError; then nothing has changed."""
        if settings.PRODUCTION:
            raise CommandError(
                _("The database is not the embedded one: restore it with its own tools.")
            )
        try:
            about = backup.inspect_backup(file)
            backup.require_fit(about, other_keys=other_keys)
            with database.provide_database(make=True):
                backup.restore_backup(file, replace=replace)
        except (backup.Refused, DatabaseError, psycopg.Error, PostgresError) as error:
            raise CommandError(str(error).strip()) from error
        told = _("The database is as it was at %(time)s. Everybody signs in anew.")
        self.stdout.write(told % {"time": about.made_at})
        if missing := backup.missing_keys(about):
            self.stdout.write(
                _(
                    "The keys of some SIP credentials are missing (fingerprints: %(keys)s). Give"
                    " their people new ones"
                    " before you start phoneadmin: manage.py reissue_credentials --missing"
                )
                % {"keys": ", ".join(sorted(missing))}
            )
