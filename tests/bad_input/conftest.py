"""A company with a phone, another company, and the browser of an administrator."""

from __future__ import annotations

import pytest
from django.test import Client

from tests import factories


@pytest.fixture
def world(acme, alice, other) -> dict[str, int]:
    """Make Uma with a phone, Wyn without, and a user with a phone in another company."""
    uma, wyn, eve = (
        factories.person(acme, "Uma", ext="11"),
        factories.person(acme, "Wyn"),
        factories.person(other, "Eve"),
    )
    return {
        "phone": factories.phone(acme, uma, label="Ours").pk,
        "user": wyn.pk,
        "their phone": factories.phone(other, eve, label="Theirs").pk,
        "their user": eve.pk,
    }


@pytest.fixture
def browser(client, alice) -> Client:
    client.force_login(alice)
    client.raise_request_exception = False
    return client
