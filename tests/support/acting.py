"""Act as support staff in Django admin, and read what happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.test import Client
from django.utils.http import urlencode

from e911.models import EmergencyAddress
from phones.models import Phone
from tests.confirming import read_question
from users.models import Account, CallerNumber, SipAccount, User
from users.tenancy import scope

REASON = "The customer called"
THERE = "Bought from a neighbor"  # told to the account that gets a phone

CHANGED = "Something changed while you were deciding, so nothing was done. This is how it is now:"

WHO = ("Sam Support", True, REASON)


@dataclass
class World:
    """Acme: Uma has the phone Front desk, Vic has Warehouse, Wyn none.

    Spare is free, Lobby a common-area phone; nobody has confirmed its telephone number.
    """

    acme: Account
    other: Account
    alice: User
    uma: User
    vic: User
    wyn: User
    desk: Phone
    shop: Phone
    spare: Phone
    lobby: Phone
    number: CallerNumber  # no one's


def signed_in(user: User) -> Client:
    client = Client()
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(user)
    return client


def now(row: Any) -> Any:
    """Return the row as it is in the database now."""
    with transaction.atomic(), scope.entered(scope="support"):
        return type(row).objects.get(pk=row.pk)


def page(kind: str, row: Any, verb: str = "") -> str:
    return f"/admin/{kind}/{row.pk}/{verb or 'change'}/"


def phone_page(phone: Phone, verb: str = "") -> str:
    return page("phones/phone", phone, verb)


def with_query(url: str, query: dict[str, Any] | None) -> str:
    return f"{url}?{urlencode(query)}" if query else url


def act(
    client: Client,
    url: str,
    *,
    reason: str = REASON,
    query: dict[str, Any] | None = None,
    **fields: Any,
) -> Any:
    """Read the question, and confirm it."""
    asked = read_question(client, url, query)
    sent = (query or {}) | fields | asked | {"reason": reason}
    return client.post(with_query(url, query), sent)


def activity(client: Client, query: str = "") -> list[tuple[str, bool, str, list[str]]]:
    """Return the account's Activity as its administrator reads it: who, if support, why, what."""
    entries = client.get(f"/activity/{query}").context["page"].entries
    return [(entry.who, entry.support, entry.reason, entry.sentences) for entry in entries]


def phones(account: Account) -> list[Phone]:
    """Return the phones of an account, oldest record first."""
    with transaction.atomic(), scope.entered(account_id=account.pk):
        return list(Phone.objects.filter(account=account).order_by("pk"))


def username(user: User) -> str:
    with transaction.atomic(), scope.entered(scope="support"):
        return SipAccount.objects.get(user=user).username


def status(phone: Phone) -> list[str]:
    with transaction.atomic(), scope.entered(scope="support"):
        return list(
            EmergencyAddress.objects.filter(phone=phone)
            .order_by("pk")
            .values_list("status", flat=True)
        )
