"""Sound reaches the two ends of a call as it was sent, and nobody else's does (R48, R49)."""

from __future__ import annotations

import re
import threading

import pytest

from . import network
from .callers import BEHIND_TWO_ROUTERS, IN_ONE_OFFICE, MOST, call, register, sounds
from .conftest import Relay, StreetRegistrar
from .network import Streets
from .sound import Sound, read_address, talk

pytestmark = pytest.mark.ci
KEYS = ("WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz", "PS1uQCVeeCFCanVLcjkhcjdwMmFkanZuc2ZqZjsx")
CRYPTOS = [f"1 AES_CM_128_HMAC_SHA1_80 inline:{key}|2^20|1:4" for key in KEYS]


@pytest.mark.parametrize(
    ("kind", "places"), [("bare", IN_ONE_OFFICE), ("relaying", BEHIND_TWO_ROUTERS)]
)
def test_encrypted_sound_and_its_keys_pass_untouched(
    kind: str, places, streets: Streets, relay: Relay, request: pytest.FixtureRequest
):
    """SRTP with keys in SDP (SDES, RFC 4568): no cipher is added or taken away on the way."""
    registrar = request.getfixturevalue(kind)
    ann, bob = register(registrar, places)
    with sounds(streets, places, profile="RTP/SAVP") as (mine, other):
        mine.crypto, other.crypto = CRYPTOS
        answer, offer, dialog = call(ann, bob, mine, other)
        assert ann.ask_within(dialog, "INVITE", body=mine.description).status == 200  # once more
        again = bob.wait_for("INVITE sip:").body
        for description, crypto in ((offer, CRYPTOS[0]), (answer, CRYPTOS[1]), (again, CRYPTOS[0])):
            assert re.findall("(?m)^a=crypto:(.*?)\r?$", description) == [crypto]
            assert re.findall("(?m)^m=audio [0-9]+ (.*?)\r?$", description) == ["RTP/SAVP 0"]
            assert "fingerprint" not in description and "kept" not in description
        assert min(talk(mine, read_address(answer), other, read_address(offer))) >= MOST
    for log in (registrar.log, relay.log):
        written = log.read_text(errors="replace")
        assert not [key for key in KEYS if key in written]


def test_stranger_is_not_heard_and_hears_nothing(relaying: StreetRegistrar, streets: Streets):
    """Somebody in the street sends sound to the relay's ports during a call.

    In its first three seconds they would be heard, if they guessed the ports: the relay is still
    learning where the phones are.
    """
    ann, bob = register(relaying, BEHIND_TWO_ROUTERS)
    with network.within(streets.street):
        stranger = Sound(99, "203.0.113.1")
    try:
        with sounds(streets, BEHIND_TWO_ROUTERS) as (mine, other):
            answer, offer, _ = call(ann, bob, mine, other)
            mine_to, other_to = read_address(answer), read_address(offer)
            for _ in range(3):  # more than three seconds
                talk(mine, mine_to, other, other_to)
            shouting = [
                threading.Thread(target=stranger.say, args=(to,)) for to in (mine_to, other_to)
            ]
            for one in shouting:
                one.start()
            heard = talk(mine, mine_to, other, other_to)  # fails if anything else is heard
            for one in shouting:
                one.join()
            assert min(heard) >= MOST
            assert not stranger.heard
    finally:
        stranger.close()
