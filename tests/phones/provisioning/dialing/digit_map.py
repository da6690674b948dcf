"""Run a digit map: RFC 3435 §2.1.5, with the additions of Yealink's administrator's guide.

x is a digit, [..] one of several characters, "." any number (also none) of what stands before it,
and T a pause. What fits an alternative without T is sent at once, even if another could go on. What
fits one with T is sent after the short timer, what only begins one after the long timer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .parts import Sent


@dataclass(frozen=True, slots=True)
class DigitMap:
    """A digit map, with its timers in seconds."""

    text: str
    short: float
    long: float
    dials_anyway: bool  # what fits nothing
    matches: list[tuple[list[str], bool]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "matches", [_parse(part) for part in self.text.split("|")])

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait."""
        for count in range(1, len(keys) + 1):
            typed = keys[:count]
            if any(not timed and _fits(parts, typed) for parts, timed in self.matches):
                return Sent(typed, typed)
            if not any(_begins(parts, typed) for parts, _timed in self.matches):
                return Sent(keys, keys, self.long) if self.dials_anyway else None
        complete = any(_fits(parts, keys) for parts, _timed in self.matches)
        return Sent(keys, keys, self.short if complete else self.long)

    def press_send(self, keys: str) -> str | None:
        """Type first; the map only decides whether the number may go."""
        fits = any(_fits(parts, keys) for parts, _timed in self.matches)
        return keys if fits or self.dials_anyway else None


def _parse(text: str) -> tuple[list[str], bool]:
    """Return the positions of an alternative, each with "*" if it repeats, and whether it waits."""
    timed = text.endswith("T")
    parts = re.findall(r"(x|\[[^\]]+\]|[0-9*#+])(\.?)", text.removesuffix("T"))
    if "".join(a + b for a, b in parts) + ("T" if timed else "") != text or not parts:
        raise AssertionError(f"{text!r} is no digit map")
    return [_one_of(one) + ("*" if dot else "") for one, dot in parts], timed


def _one_of(text: str) -> str:
    """Return the expression for one key; in brackets, x is any digit."""
    if text == "x":
        return "[0-9]"
    return "[" + re.escape(text.strip("[]")).replace("x", "0-9").replace(r"\-", "-") + "]"


def _fits(parts: list[str], keys: str) -> bool:
    return re.fullmatch("".join(parts), keys) is not None


def _begins(parts: list[str], keys: str) -> bool:
    """Tell whether more keys could make it fit."""
    nested = ""
    for part in reversed(parts):
        nested = f"(?:{part}{nested})?"
    return re.fullmatch(nested, keys) is not None
