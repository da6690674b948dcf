"""Calls go on while the media relay hangs or is gone (R48)."""

from __future__ import annotations

import time

import pytest

from .callers import BEHIND_TWO_ROUTERS, call, register, sounds
from .conftest import Relay, StreetRegistrar
from .network import Streets

pytestmark = pytest.mark.ci


def test_relay_that_hangs_or_dies_ends_no_call(
    relaying: StreetRegistrar, relay: Relay, streets: Streets
):
    ann, bob = register(relaying, BEHIND_TWO_ROUTERS)
    with sounds(streets, BEHIND_TWO_ROUTERS) as (mine, other):
        _, _, talking = call(ann, bob, mine, other)
        relay.freeze()
        for which in ("first", "second"):
            started = time.monotonic()
            _, offer, _ = call(ann, bob, mine, other)
            took = time.monotonic() - started
            print(f"\nwith a frozen relay, the {which} call took {took:.2f} s")
            assert took < 3
            assert f"m=audio {mine.port} " in offer
        relay.stop()
        assert ann.ask_within(talking, "INVITE", body=mine.description).status == 200
        assert ann.ask_within(talking, "BYE").status == 200
