"""An address that is confirmed again is stored once, even if its phone is gone by then (R42)."""

from __future__ import annotations

import pytest

from e911.models import EmergencyAddress
from phones import lifecycle
from phones.models import Phone
from tests import factories

GOOD = {
    "country": "US",
    "street": "350 5th Ave",
    "floor": "34",
    "city": "New York",
    "state": "NY",
    "postal_code": "10118",
}


@pytest.fixture
def confirmed(client, alice, acme):
    """Return a function that sends the confirmation of one address for one phone."""
    phone = factories.phone(acme, alice, label="Desk")
    client.force_login(alice)
    page = f"/phones/{phone.pk}/address/"
    chosen = client.post(page, GOOD).context["mine"]

    def send(**further: str):
        return client.post(page, {"chosen": chosen, "key": "k" * 32} | further)

    send.phone = phone
    return send


def test_address_confirmed_twice_is_stored_once(confirmed):
    assert [confirmed().status_code for _ in range(3)] == [302] * 3
    assert EmergencyAddress.objects.count() == 1


def test_repeat_is_a_success_though_the_phone_is_gone(confirmed):
    confirmed()
    lifecycle.remove_phone(Phone.objects.get(pk=confirmed.phone.pk))
    assert confirmed().status_code == 302
    assert confirmed(key="n" * 32).status_code == 422  # which is no repeat
    assert EmergencyAddress.objects.count() == 1


def test_repeat_of_a_retry_is_a_success_though_the_phone_is_gone(confirmed, client):
    factories.address(confirmed.phone, status="refused", current=False)
    page = f"/phones/{confirmed.phone.pk}/address/"
    form = {"do": "retry", "seen": client.get(page).context["seen"], "key": "r" * 32}
    assert client.post(page, form).status_code == 302
    lifecycle.remove_phone(Phone.objects.get(pk=confirmed.phone.pk))
    assert client.post(page, form).status_code == 302
    assert client.post(page, form | {"key": "n" * 32}).status_code == 422
    assert EmergencyAddress.objects.count() == 2
