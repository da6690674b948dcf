"""Fixtures shared by the tests of users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client, override_settings

from phones.models import Phone
from tests import factories
from tests.users.signing_in import EMAIL
from users.models import Account, User


@pytest.fixture
def alice(acme: Account) -> User:
    """An administrator of acme whose email address and password are known."""
    return factories.person(
        acme, "Alice", "Archer", ext="100", email=EMAIL, is_administrator=True, password="secret"
    )


@pytest.fixture
def signed_in(client: Client, alice: User) -> Client:
    """Alice's browser, signed in."""
    client.force_login(alice)
    return client


@pytest.fixture
def uma(acme: Account, alice: User) -> User:
    return factories.person(acme, "Uma", "One", ext="11", email="uma@example.com")


@pytest.fixture
def phone(acme: Account, uma: User) -> Phone:
    """Uma's phone."""
    return factories.phone(acme, uma, label="Front desk")


@pytest.fixture
def tolerant_of_time() -> Iterator[None]:
    """Accept codes of the step before and after as well: a test can't choose when it runs."""
    with override_settings(MFA_TOTP_TOLERANCE=1):
        yield
