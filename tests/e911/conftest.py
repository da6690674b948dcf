"""Providers on loopback and a phone whose user can be called back, for all tests of e911."""

import pytest

from tests import factories
from tests.e911.providers.conftest import play, telnyx  # noqa: F401


@pytest.fixture
def desk(acme, alice):
    """Alice's phone; she has a caller ID, so 911 can call back."""
    alice.caller_id = factories.caller_number(acme, "+12125550111").e164
    alice.save()
    return factories.phone(acme, alice, label="Desk")
