"""Second factors that people sign in with, and the mails that the worker sends them."""

from __future__ import annotations

import base64
import hmac
import json
import time

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.db import connection, transaction
from procrastinate.contrib.django import app

from users.models import User
from users.tenancy import scope


def code(secret: str, steps: int = 0) -> str:
    """Return the code that an app shows now, or `steps` of 30 seconds later.

    RFC 6238 and RFC 4226, section 5.3, define it.
    """
    counter = (int(time.time()) // 30 + steps).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), counter, "sha1")
    start = digest[-1] & 0x0F
    return f"{(int.from_bytes(digest[start : start + 4], 'big') & 0x7FFFFFFF) % 1_000_000:06}"


def give_app(user: User) -> tuple[str, list[str]]:
    """Give a user an app and recovery codes; return the app's secret and the codes."""
    secret = generate_totp_secret()
    with transaction.atomic(), scope.entered(scope="support"):
        TOTP.activate(user, secret)
        return secret, RecoveryCodes.activate(user).get_unused_codes()


def do_jobs() -> None:
    """Run the jobs that wait for the worker."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs WHERE task_name LIKE 'users.%' RETURNING"
            " task_name, args"
        )
        jobs = cursor.fetchall()
    for name, arguments in jobs:
        app.tasks[name](**json.loads(arguments))
