"""`manage.py invite`: invite an account's first administrator, or a support agent (R39)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError

from users.invitations import invite_administrator, invite_support_agent
from users.time_zones import ZONES


class Command(BaseCommand):
    help = "Invite someone by mail, as an administrator of an account or as support staff."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--first-name", default="")
        parser.add_argument("--last-name", default="")
        role = parser.add_mutually_exclusive_group(required=True)
        role.add_argument(
            "--account",
            help="the company whose administrator this is; created if it does not exist",
        )
        role.add_argument(
            "--support", action="store_true", help="this is support staff of the phone company"
        )
        parser.add_argument(
            "--time-zone",
            choices=ZONES,
            metavar="ZONE",
            help="the time that a new account’s phones show, such as America/Chicago",
        )
        parser.add_argument(
            "--read-only",
            action="store_true",
            help="support staff who can see everything but change nothing",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        who = {name: options[name] for name in ("email", "first_name", "last_name")}
        if options["time_zone"] and options["support"]:
            raise CommandError("--time-zone goes with --account.")
        if options["read_only"] and not options["support"]:
            raise CommandError("--read-only goes with --support.")
        try:
            user = (
                invite_support_agent(**who, may_act=not options["read_only"])
                if options["support"]
                else invite_administrator(
                    account=options["account"], time_zone=options["time_zone"], **who
                )
            )
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"Invitation sent to {user.email}.")
