"""Two companies, and support staff before Django admin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from phones.models import Kind, Phone
from tests import factories
from users.models import Account, User
from users.tenancy import scope

REASON = "The customer called"


@dataclass
class World:
    """Acme: Uma has the phone Front desk, Vic has Warehouse, Wyn none.

    Spare is free, Lobby a common-area phone.
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


@pytest.fixture
def world(committed) -> World:
    """Everything is committed: entries of the history are told apart by their transactions."""
    acme, other = factories.account("Acme"), factories.account("Other")
    alice = factories.person(
        acme, "Alice", "Archer", ext="100", is_administrator=True, password="secret"
    )
    uma, vic, wyn = (
        factories.person(acme, first, last, ext=ext)
        for first, last, ext in (
            ("Uma", "Ulm", "11"),
            ("Vic", "Vance", "12"),
            ("Wyn", "Wolf", "13"),
        )
    )
    desk = factories.phone(acme, uma, label="Front desk", mac="805ec0000001")
    factories.address(desk)
    return World(
        acme, other, alice, uma, vic, wyn, desk,
        shop=factories.phone(acme, vic, label="Warehouse", mac="805ec0000002"),
        spare=factories.phone(acme, label="Spare", mac="805ec0000003"),
        lobby=factories.phone(acme, label="Lobby", mac="805ec0000004", kind=Kind.COMMON),
    )  # fmt: skip


def signed_in(user: User) -> Client:
    client = Client()
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(user)
    return client


@pytest.fixture
def support(world) -> Client:
    return signed_in(factories.support_agent())


@pytest.fixture
def reader(world) -> Client:
    return signed_in(factories.support_agent("reader@example.com", may_act=False))


@pytest.fixture
def administrator(world) -> Client:
    return signed_in(world.alice)


def now(row: Any) -> Any:
    """The row as it is in the database now."""
    with transaction.atomic(), scope.entered(scope="support"):
        return type(row).objects.get(pk=row.pk)


def page(kind: str, row: Any, verb: str = "") -> str:
    return f"/admin/{kind}/{row.pk}/{verb or 'change'}/"


def phone_page(phone: Phone, verb: str = "") -> str:
    return page("phones/phone", phone, verb)


def seen(client: Client, url: str, **query: Any) -> str:
    """What a page asks, as its form would send it back."""
    response = client.get(url, query)
    assert response.status_code == 200, response
    context = response.context
    return context["plan"].seen if context.get("plan") else context["question"].seen


def act(
    client: Client,
    url: str,
    *,
    reason: str = REASON,
    query: dict[str, Any] | None = None,
    **fields: Any,
) -> Any:
    """Read the question, and do what was seen."""
    query = query or {}
    return client.post(url, query | fields | {"seen": seen(client, url, **query), "reason": reason})


def activity(client: Client, query: str = "") -> list[tuple[str, bool, str, list[str]]]:
    """Return the account's Activity as its administrator reads it: who, if support, why, what."""
    entries = client.get(f"/activity/{query}").context["page"].entries
    return [(entry.who, entry.support, entry.reason, entry.sentences) for entry in entries]
