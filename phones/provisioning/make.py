"""Describe a make of desk phone: the files it asks for, their content, how it restarts."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise

Transport = Literal["udp", "tcp", "tls"]

LINE_BREAKS = re.compile(r"[\t-\r\x1c-\x1e\x85\u2028\u2029]")
# Characters that XML 1.0 §2.2 forbids, and the rest of the controls, which no display shows.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def fit_on_one_line(value: object) -> str:
    """Return a value on one line, using only characters that XML 1.0 allows."""
    text = str(value)
    if not text.isprintable():
        text = UNFIT.sub("", LINE_BREAKS.sub(" ", text))
    return text.strip()


@dataclass(frozen=True, slots=True)
class Line:
    """Line 1 of one person: what the phone signs in with, where, and what it displays."""

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

    @property
    def proxy(self) -> str:
        """The registrar as "host:port", which many makes have in one field."""
        return f"{self.host}:{self.port}" if self.host else ""

    @property
    def label(self) -> str:
        """What the phone shows beside the line: "101 · +14155550100".

        No make documents a parameter for the number that calls go out with, beside the name and the
        user of the SIP address. So people see it here; the registrar is what sets it on a call.
        """
        return " · ".join(filter(None, (self.ext, self.caller_id)))


# Line 1 as nobody's: every field blank, and where a make knows no blank, what its phones come with.
OFF = Line(
    username="",
    password="",
    domain="",
    host="",
    port=0,
    transport="udp",
    ext="",
    name="",
    caller_id="",
    expires=3600,
)


@dataclass(frozen=True)
class Make:
    """A make of desk phone; each module of this package that defines a `make` adds one.

    `configuration` renders the one file that carries line 1; given None, line 1 is off and every
    field of it blank, because phones keep what a file omits. It also gets the address that the
    phone fetches from, always ending in "/", and installs it. File names are regular expressions in
    which {mac} is the phone's own; case does not matter.
    """

    key: str  # stands in the database: "yealink"
    name: str  # for people: "Yealink"
    file: str  # the name of the file that carries line 1
    configuration: Callable[[Line | None, str], str]
    content_type: str
    # The Event header of the NOTIFY that makes the phone fetch its file again and restart.
    restart_event: str
    # How a person connects the phone: they enter {address}; {scheme} is HTTP or HTTPS.
    steps: tuple[str | Promise, ...]
    # What a person enters: {url} is that of the phone's folder, {bare} the same without its scheme.
    address: str = "{url}"
    # Further files by name; the same for every phone.
    others: Mapping[str, str] = field(default_factory=dict)

    def asks_for(self, file: str, mac: str) -> bool:
        """Tell whether a phone with this MAC address (12 digits) gets line 1 in this file."""
        return _fits(self.file, file, mac)

    def entered(self, url: str) -> str:
        """Return what to enter into the phone for a folder's URL, which ends in "/"."""
        return self.address.replace("{url}", url).replace(
            "{bare}", url.partition("://")[2].rstrip("/")
        )

    def directions(self, url: str) -> list[str]:
        """Return the steps for one phone in the reader's language, with the address to enter."""
        scheme = url.partition("://")[0].upper()
        return [
            str(step).replace("{scheme}", scheme).replace("{address}", self.entered(url))
            for step in self.steps
        ]

    def other(self, file: str, mac: str) -> str | None:
        """Return the text of another file that the phone asks for, or None if there is none."""
        return next((text for name, text in self.others.items() if _fits(name, file, mac)), None)


def _fits(pattern: str, file: str, mac: str) -> bool:
    # The expression is the same for all phones, so that it is compiled once.
    found = re.fullmatch(
        pattern.replace("{mac}", "(?P<mac>[0-9a-f]{12})"), file, re.IGNORECASE | re.ASCII
    )
    return found is not None and found.groupdict().get("mac", mac).lower() == mac
