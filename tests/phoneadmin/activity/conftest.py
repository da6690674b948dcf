"""A company, and what its Activity page lists."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from tests import factories
from users.models import User
from users.tenancy import scope

QUERIES = 18  # of a page of Activity, however many entries it shows


@pytest.fixture
def clean(committed):
    """Commit what the test does, because entries are told apart by their transactions."""


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
    """Return who acted and the sentences of each entry that Activity lists."""
    response = client.get(f"/activity/{query}")
    assert response.status_code == 200
    return [(entry.who, entry.sentences) for entry in response.context["page"].entries]


@contextmanager
def acting_as(user: User) -> Iterator[None]:
    """Record changes in this transaction as made by `user`, as in a request of theirs."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM users_recognised(%s)", [user.pk])
    yield
