"""User agents of others, behind routers, register from our files, call, hold, transfer (R47, R48).

They are baresip and Linphone, which have nothing in common with each other or with our tests' own.
"""

from __future__ import annotations

import pytest

from .agent import Agent
from .baresip import Baresip
from .conftest import Pick
from .linphone import Linphone

pytestmark = pytest.mark.ci


@pytest.mark.parametrize(
    ("transport", "caller", "called"),
    [
        ("udp", Baresip, Linphone),
        ("udp", Linphone, Baresip),
        ("tcp", Baresip, Linphone),
        ("tcp", Linphone, Baresip),
        ("tls", Baresip, Baresip),
        ("tls", Linphone, Baresip),
    ],
)
def test_they_call_hold_and_hear_each_other(pick: Pick, caller: type[Agent], called: type[Agent]):
    ann, bob = pick(caller, "101"), pick(called, "102")
    ann.call("102")
    ann.must_hear(bob)
    bob.must_hear(ann)
    for holding, held in ((ann, bob), (bob, ann)):
        holding.hold()
        held.must_not_hear(holding)
        holding.must_not_hear(held)
        holding.resume()
        if held.hears_after_hold:
            held.must_hear(holding)
        if holding.hears_after_hold:
            holding.must_hear(held)
    bob.hang_up()
    ann.must_not_hear(bob)
    bob.must_not_hear(ann)


@pytest.mark.parametrize(
    ("transport", "transferring", "transferred", "target"),
    [
        ("udp", Baresip, Linphone, Baresip),
        ("tcp", Linphone, Baresip, Linphone),
        ("tls", Baresip, Baresip, Baresip),
    ],
)
def test_they_transfer_a_call(
    pick: Pick, transferring: type[Agent], transferred: type[Agent], target: type[Agent]
):
    ann, bob, tim = pick(transferring, "101"), pick(transferred, "102"), pick(target, "103")
    ann.call("102")
    bob.must_hear(ann)
    ann.transfer("103")
    bob.must_hear(tim)
    tim.must_hear(bob)
    bob.must_not_hear(ann)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_they_transfer_a_call_with_consultation(pick: Pick):
    ann, bob, tim = (pick(Linphone, ext) for ext in ("101", "102", "103"))
    ann.call("102")
    bob.must_hear(ann)
    ann.hold()
    ann.call("103")
    tim.must_hear(ann)
    ann.connect(1, 2)
    bob.must_hear(tim)
    tim.must_hear(bob)
    bob.must_not_hear(ann)
