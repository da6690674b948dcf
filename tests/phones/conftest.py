"""Northwind, imported for tests."""

import pytest

from users.models import Account
from users.tenancy import scope

from .importing import (
    GOOD,
    bring_in,
)


@pytest.fixture
def everything(db):
    """The test sees all accounts."""
    scope.enter(scope="support")


@pytest.fixture
def northwind(everything):
    bring_in("Northwind", **GOOD)
    return Account.objects.get(name="Northwind")
