"""A company whose Activity is read."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests import factories
from users.tenancy import scope


@pytest.fixture
def clean(committed):
    """Entries are told apart by their transactions, so these tests commit."""


@pytest.fixture
def company():
    account = factories.account("Acme")
    alice = factories.person(
        account, "Alice", "Archer", ext="100", is_administrator=True, has_second_factor=True
    )
    uma, vic = (
        factories.person(account, "Uma", "Ulm", ext="11"),
        factories.person(account, "Vic", "Vance", ext="12"),
    )
    desk = factories.phone(account, uma, label="Front desk", mac="805ec0000001")
    shop = factories.phone(account, vic, label="Warehouse", mac="805ec0000002")
    return {"account": account, "alice": alice, "uma": uma, "vic": vic, "desk": desk, "shop": shop}


@pytest.fixture
def browser(client, company):
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(company["alice"])
    return client


def entries(client, query: str = "") -> list[tuple[str, list[str]]]:
    """What the page lists: who, and the sentences."""
    response = client.get(f"/activity/{query}")
    assert response.status_code == 200
    return [(entry.who, entry.sentences) for entry in response.context["page"].entries]
