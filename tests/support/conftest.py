"""Two companies, and the browsers of support staff in Django admin."""

from __future__ import annotations

import pytest
from django.test import Client

from phones.models import Kind
from phones.registrar_client import Answer
from tests import factories
from tests.support.acting import World, signed_in


@pytest.fixture
def world(committed) -> World:
    """Commit two companies, because the history tells entries apart by their transactions."""
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
        number=factories.caller_number(acme, "+12125550111", confirmed=False),
    )  # fmt: skip


@pytest.fixture
def support(world) -> Client:
    return signed_in(factories.support_agent())


@pytest.fixture
def registered(monkeypatch) -> None:
    """All phones are registered and do as they are asked."""
    monkeypatch.setattr("phones.registrar_client.is_reachable", lambda: True)
    monkeypatch.setattr(
        "phones.restarts.find_reachable", lambda phones: {phone.pk for phone in phones}
    )
    monkeypatch.setattr("phones.registrar_client.ask_to_restart", lambda *_asked: Answer.ASKED)


@pytest.fixture
def reader(world) -> Client:
    return signed_in(factories.support_agent("reader@example.com", may_act=False))


@pytest.fixture
def administrator(world) -> Client:
    return signed_in(world.alice)
