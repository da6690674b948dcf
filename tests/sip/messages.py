"""SIP messages as received, and what one end knows of a call."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Message:
    """A request or a response as received."""

    text: str

    @property
    def method(self) -> str:
        """Return the method of a request, "" for a response."""
        word = self.text.partition(" ")[0]
        return "" if word == "SIP/2.0" else word

    @property
    def status(self) -> int:
        """Return the status of a response, 0 for a request."""
        return 0 if self.method else int(self.text.split(" ", 2)[1])

    @property
    def head(self) -> str:
        """Return the message without its body."""
        return self.text.partition("\r\n\r\n")[0]

    @property
    def body(self) -> str:
        """Return the body, "" if there is none."""
        return self.text.partition("\r\n\r\n")[2]

    def headers(self, name: str) -> list[str]:
        """Return all values of a header field in order."""
        return [
            value.strip()
            for value in re.findall(rf"(?mi)^{re.escape(name)}[ \t]*:(.*)$", self.head)
        ]

    def header(self, name: str) -> str:
        """Return the first value of a header field, "" if there is none."""
        return next(iter(self.headers(name)), "")


@dataclass
class Dialog:
    """What one end knows of a call, enough to send requests within it."""

    call_id: str
    local: str  # the value of From, with this end's tag
    remote: str  # the value of To, with the other end's tag
    target: str  # the URI in the other end's Contact
    routes: tuple[str, ...]
    sequence: int

    def stolen(self) -> Dialog:
        """Return a copy with sequence numbers ahead of the end's own, for an attacker."""
        return replace(self, sequence=self.sequence + 1000)


def uri_of(value: str) -> str:
    """Return the URI of a Contact, From or To, "" if there is none."""
    found = re.search(r"<([^>]*)>", value)
    return found[1] if found else value.partition(";")[0].strip()


def tag_of(value: str) -> str:
    """Return the tag of a From or To, "" if there is none."""
    found = re.search(r";\s*tag=([^;>\s]+)", value)
    return found[1] if found else ""


def acknowledge(uri: str, answer: Message) -> str:
    """Return the ACK to a refused INVITE, which is part of its transaction (RFC 3261 §17.1.1.3)."""
    kept = [f"{name}: {answer.header(name)}" for name in ("Via", "From", "To", "Call-ID")]
    number = answer.header("CSeq").split()[0]
    return "\r\n".join(
        [
            f"ACK {uri} SIP/2.0",
            "Max-Forwards: 70",
            *kept,
            f"CSeq: {number} ACK",
            "Content-Length: 0",
            "",
            "",
        ]
    )


def with_body(body: str) -> list[str]:
    """Return the last lines of a message: the headers of its body, and the body."""
    kind = ["Content-Type: application/sdp"] if body.startswith("v=0") else []
    return [*kind, f"Content-Length: {len(body.encode())}", "", body]


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
