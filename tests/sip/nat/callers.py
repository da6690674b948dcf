"""Two people of an account who call each other, and the sound of their phones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests import factories
from tests.sip.messages import Dialog
from tests.sip.probe import Probe

from . import network
from .conftest import StreetRegistrar
from .network import Streets
from .sound import PACKETS, Sound

# Each phone's office, and its address there.
Places = tuple[tuple[int, str], tuple[int, str]]
BEHIND_TWO_ROUTERS: Places = ((0, "192.168.1.10"), (1, "192.168.1.10"))
IN_ONE_OFFICE: Places = ((0, "192.168.1.10"), (0, "192.168.1.11"))
MOST = 0.95 * PACKETS  # the first packets may get lost while the relay learns where a phone is


def register(registrar: StreetRegistrar, places: Places, transport: str = "udp") -> list[Probe]:
    """Return the phones of extensions 101 and 102, registered, which answer calls."""
    account = factories.account("Acme")
    phones = []
    for (office, host), (name, ext) in zip(places, (("Ann", "101"), ("Bob", "102")), strict=True):
        person = factories.person(account, name, "Lee", ext=ext)
        phones.append(registrar.phone(person, office, host=host, transport=transport))
    assert [phone.register() for phone in phones] == [200, 200]
    for phone in phones:
        phone.answers["INVITE"] = 200
    return phones


@contextmanager
def sounds(streets: Streets, places: Places, **options: str) -> Iterator[list[Sound]]:
    """Make the sound of phones at these places."""
    with ExitStack() as closing:
        made = []
        for seed, (office, host) in enumerate(places):
            with network.within(streets.offices[office]):
                made.append(Sound(seed, host, **options))
            closing.callback(made[-1].close)
        yield made


def call(caller: Probe, callee: Probe, mine: Sound, other: Sound) -> tuple[str, str, Dialog]:
    """Call extension 102; return what each end is told of the other's media, and the call."""
    callee.body = other.description
    answer = caller.call(f"sip:102@{caller.domain}", body=mine.description)
    assert answer.status == 200
    return answer.body, callee.wait_for("INVITE sip:").body, caller.dialog
