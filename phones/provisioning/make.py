"""What a make of desk phone is to us: the files it asks for, what stands in them, how it is told to restart."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Transport = Literal["udp", "tcp", "tls"]


@dataclass(frozen=True, slots=True)
class Line:
    """Line 1 as one person's: what the phone signs in with, where, and what it shows and says of itself."""

    username: str
    password: str
    domain: str  # the SIP domain, which is the digest's realm as well
    host: str  # of the registrar, through which everything goes
    port: int
    transport: Transport
    ext: str
    name: str
    caller_id: str  # E.164, or empty
    expires: int  # seconds until the phone must register again


@dataclass(frozen=True)
class Make:
    """A make of desk phone. Each module of this package that has a `make` adds one; nothing else names it.

    `configuration` renders the one file that carries line 1; given None, line 1 is off and every field of it blank,
    because phones keep what a file omits. It also gets the address that the phone fetches from, always ending in "/",
    and installs it. File names are regular expressions in which {mac} is the phone's own; case does not matter.
    """

    key: str  # stands in the database: "yealink"
    name: str  # for people: "Yealink"
    file: str  # the name of the file that carries line 1
    configuration: Callable[[Line | None, str], str]
    content_type: str
    restart_event: str  # the Event header of the NOTIFY that makes the phone fetch its file anew and restart
    steps: tuple[str, ...]  # how a person brings the phone here, in order; {address} is what he enters
    address: str = "{url}"  # what he enters, made from the URL of the phone's folder
    others: Mapping[str, str] = field(default_factory=dict)  # further files by name; the same for every phone

    def asks_for(self, file: str, mac: str) -> bool:
        """Tell whether a phone with this MAC address (12 hexadecimal digits) gets line 1 by this file name."""
        return _fits(self.file, file, mac)

    def other(self, file: str, mac: str) -> str | None:
        """Return the text of another file that the phone asks for, None where there is none of this name."""
        return next((text for name, text in self.others.items() if _fits(name, file, mac)), None)


def _fits(pattern: str, file: str, mac: str) -> bool:
    return re.fullmatch(pattern.replace("{mac}", mac), file, re.IGNORECASE | re.ASCII) is not None
