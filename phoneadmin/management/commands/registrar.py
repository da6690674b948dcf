"""`manage.py registrar`: run the SIP registrar in the foreground on this database."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError

from phoneadmin.operations import kamailio


class Command(BaseCommand):
    help = (
        "Runs the SIP registrar (Kamailio) until a signal ends it. The database must be there"
        " and migrated."
    )
    requires_system_checks = ()  # the tests run them

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--min-expires",
            type=int,
            default=30,
            help="the shortest registration, in seconds (default: 30)",
        )
        parser.add_argument(
            "--ping-interval",
            type=int,
            default=25,
            help="the seconds between packets that keep routers open for phones (default: 25)",
        )

    def handle(self, *args: Any, min_expires: int, ping_interval: int, **options: Any) -> None:
        try:
            kamailio.find_program()
            kamailio.require_free_ports()
            kamailio.prepare_login()
            kamailio.run_kamailio(min_expires=min_expires, ping_interval=ping_interval)
        except kamailio.Unavailable as reason:
            raise CommandError(str(reason)) from reason
