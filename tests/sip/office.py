"""Three phones of one account and one of another, for tests of calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from users.models import User

from .messages import Dialog
from .probe import Probe

if TYPE_CHECKING:
    from .conftest import Registrar


HOME = f"sip:{settings.SIP_DOMAIN}"
HOST, STRANGER = "127.0.0.60", "127.0.0.99"
ELSEWHERE = "127.0.0.2"  # differs from the address of the tests' phones
BOTH = pytest.mark.parametrize("transport", ["udp", "tcp"])
SDP = (
    "v=0\r\no={} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\n"
)


@dataclass
class Office:
    """Three registered phones of one account, one of another, and a host that must hear nothing."""

    registrar: Registrar
    people: dict[str, User]
    ann: Probe
    bob: Probe
    tim: Probe
    mal: Probe
    host: Probe
    stranger: Probe

    @property
    def everybody(self) -> list[Probe]:
        return [self.ann, self.bob, self.tim, self.mal, self.host, self.stranger]


def in_call(caller: Probe, callee: Probe, ext: str) -> tuple[Dialog, Dialog]:
    """Call an extension that answers; return the dialogs of caller and callee."""
    assert caller.invite(ext) == 200
    callee.wait_for("ACK sip:")
    return caller.dialog, callee.dialogs[caller.dialog.call_id]


def uri(user: str) -> str:
    return f"sip:{user}@{settings.SIP_DOMAIN}"


def silent(phone: Probe) -> bool:
    """Return whether nothing more has reached a phone."""
    return phone.received.empty()
