"""The worker's tasks about phones. Running one twice has the same effect as once."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError, connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from phones.models import Phone
from users.models import Account
from users.tenancy import scope

BATCH = 1000
AWAY = {OperationalError, InterfaceError}
PATIENCE = RetryStrategy(max_attempts=20, exponential_wait=2, retry_exceptions=AWAY)


@app.task(name="phones.renew_wanted", retry=PATIENCE)
def renew_wanted(account_id: int) -> None:
    """Write down what each phone of an account should have, after the account's settings changed.

    Each batch commits by itself, so no one waits for long. If it's interrupted, it begins anew and
    writes only what is still missing.
    """
    last = 0
    while keys := _renew_batch(account_id, after=last):
        last = keys[-1]


def _renew_batch(account_id: int, *, after: int) -> list[int]:
    """Do it for the next phones by key, and return their keys."""
    with transaction.atomic(), scope.entered(account_id=account_id), connection.cursor() as cursor:
        Account.lock(account_id)  # an assignment locks phones in another order
        phones = Phone.objects.filter(account_id=account_id, pk__gt=after).order_by("pk")
        keys = list(phones.values_list("pk", flat=True)[:BATCH])
        cursor.execute("SELECT phones_renew_wanted(%s)", [keys])
        return keys
