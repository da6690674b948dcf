"""`manage.py reset_second_factor`: let in someone who lost every second factor."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import transaction

from users import second_factor
from users.models import User
from users.tenancy import scope


class Command(BaseCommand):
    help = (
        "Remove someone's passkeys, authenticator app and recovery codes,"
        " and sign them out everywhere."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic(), scope.entered(scope="support"):
            user = User.objects.filter(email=options["email"].lower()).first()
            if user is None:
                raise CommandError(f"Nobody has the email {options['email']}.")
            second_factor.reset_factors(user)
        self.stdout.write(
            f"{user.email} has no second factor any more, and is signed out everywhere."
        )
