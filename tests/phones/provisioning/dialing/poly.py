"""Run a Poly phone's digit map.

"Polycom UC Software Administrator Guide", digit map rules, which follow RFC 3435 §2.1.5: of the
alternatives between bars, the phone takes the shortest match. x is a digit, [..] one of several
keys, "." any number (also none) of what stands before it, T a pause, whose seconds
`dialplan.digitmap.timeOut` gives for each alternative. What fits none is an impossible match: it is
sent at once (0), refused (1), or waits for the send key (2). The map does not apply to keys pressed
before lifting the handset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.phones.provisioning.readers.parts import require
from tests.phones.provisioning.readers.poly import read_settings

from .parts import Sent

# What the phone ships with: community.polycom.com, "Unable to dial number if off hook".
FACTORY = (
    "[2-9]11|0T|011xxx.T|[0-1][2-9]xxxxxxxxx|[2-9]xxxxxxxxx|[2-9]xxxT",
    "3|3|3|3|3|3",
    0,
)
LONGEST, MOST = 512, 20  # bytes and alternatives that even the oldest firmware took
DEFAULT_PAUSE = 3  # seconds, for alternatives without one


@dataclass(frozen=True, slots=True)
class _Segment:
    keys: str  # an expression for all keys
    begins: str  # an expression for some first keys of them
    pause: int | None  # None: sent at once


class DigitMap:
    """A digit map, its pauses, and what to do with an impossible match."""

    def __init__(self, text: str, pauses: str, impossible: int) -> None:
        parts = text.split("|")
        require(len(text.encode()) <= LONGEST and len(parts) <= MOST, "the map is too long")
        seconds = [int(pause) for pause in pauses.split("|")]
        require(all(pause > 0 for pause in seconds), f"{pauses!r}: pauses are positive")
        seconds += [DEFAULT_PAUSE] * (len(parts) - len(seconds))
        self.segments = [_parse(*pair) for pair in zip(parts, seconds, strict=True)]
        self.impossible = impossible

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait."""
        for count in range(1, len(keys) + 1):
            typed = keys[:count]
            fitting = [one for one in self.segments if re.fullmatch(one.keys, typed)]
            if any(one.pause is None for one in fitting):
                return Sent(typed, typed)
            if not any(re.fullmatch(one.begins, typed) for one in self.segments):
                return Sent(typed, typed) if self.impossible == 0 else None
        pauses = [one.pause for one in self.segments if re.fullmatch(one.keys, keys)]
        return Sent(keys, keys, min(pauses)) if pauses else None

    def press_send(self, keys: str) -> str | None:
        """Type before lifting the handset, then press the send key."""
        return keys


def _parse(text: str, pause: int) -> _Segment:
    body = text.removesuffix("T")
    parts = re.findall(r"(x|\[[^\]]+\]|[0-9*#+])(\.?)", body)
    require(parts and "".join(one + dot for one, dot in parts) == body, f"{text!r} is no rule")
    keys = [_one_of(one) + ("*" if dot else "") for one, dot in parts]
    begins = ""
    for key in reversed(keys):
        begins = f"(?:{key}{begins})?"
    return _Segment("".join(keys), begins, pause if text.endswith("T") else None)


def _one_of(text: str) -> str:
    if text == "x":
        return "[0-9]"
    return "[" + text.strip("[]").replace("x", "0-9") + "]"


def read_plan(text: str) -> DigitMap:
    """Return the digit map that a file sets."""
    settings = read_settings(text)
    require(
        settings["dialplan.conflictMatchHandling"] == "0",
        "it waits for the longest match, and emergency calls with it",
    )
    require(settings["dialplan.removeEndOfDial"] == "1", "it sends a # at the end")
    return DigitMap(
        settings["dialplan.digitmap"],
        settings["dialplan.digitmap.timeOut"],
        int(settings["dialplan.impossibleMatchHandling"]),
    )
