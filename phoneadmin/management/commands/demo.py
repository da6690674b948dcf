"""manage.py demo: the demo company, or accounts of any size to measure with."""

from __future__ import annotations

import time
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from phoneadmin import demo, demo_data


class Command(BaseCommand):
    help = (
        "Make data to look at: the demo company, or accounts of any size. Never on a production"
        " database."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--company",
            action="store_true",
            help="the demo company, unless there is an account already",
        )
        parser.add_argument("--accounts", type=parse_count, default=1, help="how many accounts (1)")
        parser.add_argument(
            "--phones",
            type=parse_count,
            default=100,
            help="phones of each account, both kinds (100)",
        )
        parser.add_argument(
            "--users", type=parse_count, default=100, help="people of each account (100)"
        )
        parser.add_argument(
            "--assigned",
            type=parse_share,
            default=0.9,
            help="share of user phones that are assigned (0.9)",
        )
        parser.add_argument(
            "--missing",
            type=parse_share,
            default=0.02,
            help="share of those without an E911 address (0.02)",
        )
        parser.add_argument(
            "--seed", type=int, default=0, help="another number makes other data (0)"
        )

    def handle(self, *, company: bool, verbosity: int, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError(
                _(
                    "This is a production database (DATABASE_URL is set). Demo data has no"
                    " place in it."
                )
            )
        if company:
            made = demo.make_company()
            told = (
                _("%(company)s is there now.")
                if made
                else _("There is an account already; %(company)s was not made.")
            )
            told %= {"company": demo_data.COMPANY}
        else:
            started = time.monotonic()
            numbers = {
                name: options[name]
                for name in ("accounts", "phones", "users", "assigned", "missing", "seed")
            }
            try:
                administrators = demo.make_accounts(**numbers)
            except ValueError as error:
                raise CommandError(str(error)) from error
            told = _("Made in %(seconds).1f s. Administrators: %(emails)s.") % {
                "seconds": time.monotonic() - started,
                "emails": ", ".join(administrators[:3]) + (" …" if len(administrators) > 3 else ""),
            }
        if verbosity > 0:
            self.stdout.write(told)


def parse_count(text: str) -> int:
    """Parse a count. Raises ArgumentTypeError."""
    if not text.isdecimal():
        raise ArgumentTypeError(_("“%(text)s” is not a number of 0 or more.") % {"text": text})
    return int(text)


def parse_share(text: str) -> float:
    """Parse a share between 0 and 1. Raises ArgumentTypeError."""
    try:
        if 0 <= float(text) <= 1:
            return float(text)
    except ValueError:
        pass
    raise ArgumentTypeError(_("“%(text)s” is not a share between 0 and 1.") % {"text": text})
