"""`manage.py migrate`: Django's own, one process at a time, and never on a newer release's data."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.commands import migrate
from django.db import connections

from phoneadmin.operations import releases
from phoneadmin.operations.extensions import validate_extensions


class Command(migrate.Command):
    help = f"{migrate.Command.help} Makes the cache's table too. Needs --database owner."

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate while no other process does. Raises releases.Unfit if the data is too new."""
        alias = options["database"]
        with connections[alias].cursor() as cursor, releases.lock_migrations(cursor):
            super().handle(*args, **options)
            validate_extensions(cursor)
            call_command("createcachetable", database=alias, verbosity=options["verbosity"])
