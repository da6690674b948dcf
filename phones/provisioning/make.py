"""Describe a make of desk phone: the files it asks for, their content, how it restarts."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from django.utils.functional import Promise

from phones.provisioning.clock import Clock

Transport = Literal["udp", "tcp", "tls"]
# Whose line 1 is: a person's, a place's (common-area phone), or no one's, which can only be asked
# to restart (R50).
LineKind = Literal["person", "place", "standby"]

LINE_BREAKS = re.compile(r"[\t-\r\x1c-\x1e\x85\u2028\u2029]")
# Characters that XML 1.0 §2.2 forbids, and the rest of the controls, which no display shows.
UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")

# Older Snom phones write the colons.
MAC = "(?P<mac>[0-9a-f]{12}|(?:[0-9a-f]{2}:){5}[0-9a-f]{2})"


def fit_on_one_line(value: object) -> str:
    """Return a value on one line, using only characters that XML 1.0 allows."""
    text = str(value)
    if not text.isprintable():
        text = UNFIT.sub("", LINE_BREAKS.sub(" ", text))
    return text.strip()


@dataclass(frozen=True, slots=True)
class Line:
    """Line 1 as a phone needs it: what to sign in with, where, and what to display."""

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
    kind: LineKind = "person"

    @property
    def proxy(self) -> str:
        """The registrar as "host:port", which many makes have in one field."""
        return f"{self.host}:{self.port}" if self.host else ""

    @property
    def label(self) -> str:
        """What the phone shows next to the line: "101 · +14155550100".

        Apart from the name and the user of the SIP address, no make documents a parameter for the
        number that calls go out with. So people see it here, and the registrar sets it on a call.
        """
        return " · ".join(filter(None, (self.ext, self.caller_id)))


# Line 1 when no one is assigned: every field blank, or the factory setting if a make has no blank.
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


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything that one phone gets: line 1, and what makes it a desk phone (R47).

    Without a line, line 1 is off and all its fields are blank.
    """

    line: Line | None
    address: str  # of the folder that the phone fetches from, ending in "/"
    admin_password: str
    clock: Clock
    ntp_servers: tuple[str, ...]
    country: Literal["US", "CA"]
    language: Literal["en", "es", "fr"]
    ext_length: int  # how many digits extensions usually have
    outside_prefix: str  # the digit that goes before outside numbers, or ""
    reaches_emergency: bool  # 911 leaves this system
    check_certificates: bool  # of the server that it fetches from

    @property
    def user_password(self) -> str:
        """A password for the second account that some makes' web pages have; no one is told it."""
        return hashlib.sha256(f"second account {self.admin_password}".encode()).hexdigest()[:16]

    @property
    def has_24_hours(self) -> bool:
        """Tell whether people here write 15:00; others write 3:00 PM."""
        return (self.country, self.language) == ("CA", "fr")

    @property
    def has_year_first(self) -> bool:
        """Tell whether dates begin with the year, as Canada's standard has it; else the month."""
        return self.country == "CA"


@dataclass(frozen=True)
class Make:
    """A make of desk phone; each module of this package that defines a `make` adds one.

    `render_configuration` returns the one file that carries line 1. Phones keep what a file omits,
    so every file sets every field. File names are regular expressions in which {mac} stands for the
    phone's MAC address; case doesn't matter.
    """

    key: str  # as the database stores it: "yealink"
    name: str  # as people read it: "Yealink"
    file: str  # the name of the file that carries line 1
    render_configuration: Callable[[Desk], str]
    content_type: str
    # The Event header of the NOTIFY that makes the phone fetch its file again and restart.
    restart_event: str
    # How a person connects the phone: they enter {address}; {scheme} is HTTP or HTTPS.
    steps: tuple[str | Promise, ...]
    # What a person enters: {url} is the URL of the phone's folder, {bare} that without its scheme.
    address: str = "{url}"
    # The text of further files by name; the same for every phone.
    other_files: Mapping[str, str] = field(default_factory=dict)
    # Current models as people read them. The database keeps those that support staff add.
    models: tuple[str, ...] = ()
    # Models that run other firmware and read none of our files: an expression that the model's name
    # fits, and the reason that people read.
    refused: Mapping[str, str | Promise] = field(default_factory=dict)
    # An expression that the User-Agent of this make's SIP and HTTP requests begins with.
    agent: str = ""
    # Whether a phone fetches its file again every hour; otherwise only when it starts.
    polls: bool = True
    # What MAC addresses of this maker begin with: six hexadecimal digits, from IEEE's registry.
    prefixes: tuple[str, ...] = ()

    def carries_line(self, file: str, mac: str) -> bool:
        """Tell whether this file carries line 1 of the phone with this MAC address (12 digits)."""
        return _fits(self.file, file, mac)

    def build_address(self, url: str) -> str:
        """Return the address to enter into the phone, given its folder's URL, which ends in "/"."""
        return self.address.replace("{url}", url).replace(
            "{bare}", url.partition("://")[2].rstrip("/")
        )

    def list_steps(self, url: str) -> list[str]:
        """Return the steps for one phone in the reader's language, with the address to enter."""
        scheme = url.partition("://")[0].upper()
        return [
            str(step).replace("{scheme}", scheme).replace("{address}", self.build_address(url))
            for step in self.steps
        ]

    def find_refusal(self, model: str) -> str | None:
        """Return in the reader's language why we can't provision a model, or None if we can."""
        reasons = (
            str(reason)
            for name, reason in self.refused.items()
            if re.search(name, model, re.IGNORECASE)
        )
        return next(reasons, None)

    def is_agent(self, user_agent: str) -> bool:
        """Tell whether a User-Agent header is one of this make's."""
        return bool(self.agent and re.match(self.agent, user_agent, re.IGNORECASE))

    def find_other_file(self, file: str, mac: str) -> str | None:
        """Return the text of a file without line 1 that the phone asks for, or None if unknown."""
        return next(
            (text for name, text in self.other_files.items() if _fits(name, file, mac)), None
        )


def _fits(pattern: str, file: str, mac: str) -> bool:
    # The expression is the same for all phones, so Python compiles it once.
    found = re.fullmatch(pattern.replace("{mac}", MAC), file, re.IGNORECASE | re.ASCII)
    return found is not None and found.groupdict().get("mac", mac).lower().replace(":", "") == mac
