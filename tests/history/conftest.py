"""A company whose every change is on record."""

from __future__ import annotations

import pytest

from tests import factories
from users.models import Account, User


@pytest.fixture
def company(committed) -> tuple[Account, User, User]:
    account = factories.account("Acme")
    return (
        account,
        factories.person(account, "Alice", "Archer", is_administrator=True, password="secret"),
        factories.support_agent(),
    )
