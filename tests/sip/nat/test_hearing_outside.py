"""A phone behind a router and somebody outside hear each other (R40, R48)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import settings

from tests import factories
from tests.sip.outside.carrier import Carrier
from tests.waiting import wait_until

from . import network
from .callers import MOST
from .conftest import CONTROL, SIP_PORT, Relay, StreetRegistrar, emptied
from .network import STREET_ADDRESS, Streets
from .sound import Sound, read_address, talk

pytestmark = pytest.mark.ci
AT, SOUND_AT = "203.0.113.1", "127.0.0.71"  # a carrier's sound comes from machines of its own


@pytest.fixture
def carrier(streets: Streets) -> Iterator[Carrier]:
    with (
        network.within(streets.street),
        Carrier((STREET_ADDRESS, SIP_PORT), settings.SIP_DOMAIN, host=AT) as made,
    ):
        yield made


@pytest.fixture
def registrar(
    relay: Relay, start: Callable[..., StreetRegistrar], carrier: Carrier, committed
) -> Iterator[StreetRegistrar]:
    variables = {
        "PHONEADMIN_MEDIA": "{}:{}".format(*CONTROL),
        "PHONEADMIN_CARRIER": carrier.setting,
    }
    with emptied(start(**variables)) as made:
        yield made


def test_dispatcher_and_a_phone_behind_a_router_hear_each_other(
    registrar: StreetRegistrar, carrier: Carrier, streets: Streets
):
    person = factories.person(
        factories.account(), "Ann", "Lee", ext="101", caller_id="+14155550101"
    )
    phone = registrar.phone(person, 0)
    assert phone.register() == 200
    with network.within(streets.offices[0]):
        mine = Sound(1, "192.168.1.10")
    with network.within(streets.street):
        theirs = Sound(2, SOUND_AT)
    try:
        carrier.body = theirs.description
        answer = phone.call(f"sip:911@{phone.domain}", body=mine.description)
        assert answer.status == 200
        offer = carrier.wait_for("INVITE sip:911@").body
        assert "192.168." not in offer
        mine.say(read_address(answer.body))  # the other end may be silent at first
        wait_until(lambda: theirs.count(mine) >= MOST)
        heard = talk(mine, read_address(answer.body), theirs, read_address(offer))
        print(f"\nof 150 packets each, {heard} were heard")
        assert min(heard) >= MOST
        call = carrier.dialogs[phone.dialog.call_id]
        assert carrier.ask_within(call, "BYE").status == 200
        assert phone.wait_for("BYE sip:")
    finally:
        mine.close()
        theirs.close()
