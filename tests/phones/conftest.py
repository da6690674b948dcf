"""Northwind, imported; a company whose assignments are undone; a signed-in administrator."""

import pytest

from users.models import Account
from users.tenancy import scope

from .importing import (
    GOOD,
    bring_in,
)
from .undoing import Company


@pytest.fixture
def everything(db):
    """Let the test see all accounts."""
    scope.enter(scope="support")


@pytest.fixture
def northwind(everything):
    bring_in("Northwind", **GOOD)
    return Account.objects.get(name="Northwind")


@pytest.fixture
def company(client, committed) -> Company:
    return Company(client)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client
