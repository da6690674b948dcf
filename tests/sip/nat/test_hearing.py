"""Phones behind routers register, are called after silence, and hear each other (R48)."""

from __future__ import annotations

import re
import time

import pytest

from .callers import BEHIND_TWO_ROUTERS, IN_ONE_OFFICE, MOST, call, register, sounds
from .conftest import Relay, StreetRegistrar
from .network import FORGETS, STREET_ADDRESS, Streets
from .sound import PACKETS, read_address, talk

pytestmark = pytest.mark.ci


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_phones_behind_two_routers_hear_each_other_after_silence(
    relaying: StreetRegistrar, relay: Relay, streets: Streets, transport: str
):
    ann, bob = register(relaying, BEHIND_TWO_ROUTERS, transport)
    started = time.monotonic()
    assert ann.register() == 200
    print(f"\n{transport}: REGISTER took {1000 * (time.monotonic() - started):.0f} ms")
    with sounds(streets, BEHIND_TWO_ROUTERS) as (mine, other):
        time.sleep(2 * FORGETS)  # the silence itself, after which a router has forgotten UDP
        started = time.monotonic()
        answer, offer, _ = call(ann, bob, mine, other)
        print(f"200 to the call after {1000 * (time.monotonic() - started):.0f} ms")
        mine_to, other_to = read_address(answer), read_address(offer)
        assert {mine_to[0], other_to[0]} == {STREET_ADDRESS}
        assert "192.168." not in answer + offer
        for description in (answer, offer):  # nobody learns a username (R49)
            assert re.findall("(?m)^o=(.*?) ", description) == ["-"]
        used = relay.seconds()
        heard = talk(mine, mine_to, other, other_to)
        print(
            f"of {PACKETS} packets, {heard} were heard;"
            f" {1e6 * (relay.seconds() - used) / (2 * PACKETS):.0f} µs of processor time each"
        )
        assert min(heard) >= MOST
        assert ann.hang_up() == 200
        assert talk(mine, mine_to, other, other_to) == [0, 0]  # nothing is relayed any more


def test_phones_behind_two_routers_hear_nothing_without_a_relay(
    bare: StreetRegistrar, streets: Streets
):
    """This is what `make run` and README warn of: each sends into its own network."""
    ann, bob = register(bare, BEHIND_TWO_ROUTERS)
    with sounds(streets, BEHIND_TWO_ROUTERS) as (mine, other):
        answer, offer, _ = call(ann, bob, mine, other)
        mine_to, other_to = read_address(answer), read_address(offer)
        assert {mine_to[0], other_to[0]} == {"192.168.1.10"}
        assert "\no=- " in answer and "\no=- " in offer
        # Both networks have the same addresses, so a phone may even reach itself.
        mine_to, other_to = ((host, port + 2) for host, port in (mine_to, other_to))
        assert talk(mine, mine_to, other, other_to) == [0, 0]


@pytest.mark.parametrize("kind", ["bare", "relaying"])
def test_phones_of_one_office_hear_each_other(
    kind: str, streets: Streets, request: pytest.FixtureRequest
):
    ann, bob = register(request.getfixturevalue(kind), IN_ONE_OFFICE)
    with sounds(streets, IN_ONE_OFFICE) as (mine, other):
        answer, offer, _ = call(ann, bob, mine, other)
        assert min(talk(mine, read_address(answer), other, read_address(offer))) >= MOST


def test_description_may_come_with_the_answer(relaying: StreetRegistrar, streets: Streets):
    """An INVITE without one: the 200 offers, and the ACK answers (RFC 3261 §13.2.1)."""
    ann, bob = register(relaying, BEHIND_TWO_ROUTERS)
    with sounds(streets, BEHIND_TWO_ROUTERS) as (mine, other):
        bob.body, ann.acknowledgement = other.description, mine.description
        answer = ann.call(f"sip:102@{ann.domain}")
        acknowledged = bob.wait_for("ACK sip:")
        heard = talk(mine, read_address(answer.body), other, read_address(acknowledged.body))
        assert min(heard) >= MOST


def test_refused_change_of_a_call_leaves_its_sound(relaying: StreetRegistrar, streets: Streets):
    ann, bob = register(relaying, BEHIND_TWO_ROUTERS)
    with sounds(streets, BEHIND_TWO_ROUTERS) as (mine, other):
        answer, offer, dialog = call(ann, bob, mine, other)
        bob.answers["INVITE"] = 488
        assert ann.ask_within(dialog, "INVITE", body=mine.description).status == 488
        assert min(talk(mine, read_address(answer), other, read_address(offer))) >= MOST
