"""Dial like a Grandstream phone ("GRP261X Administration Guide", Dial Plan).

x is a digit, [..] one of several, + one or more of what stands before it, T a pause of 3 seconds; a
backslash takes the next character as it is. What fits no pattern is refused. What can't grow and
has no T goes out at once, everything else after the no key entry timeout. Whether a complete number
waits if another pattern could go on isn't said: `patient` is a phone that waits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..readers.grandstream import read_settings
from ..readers.parts import require
from .parts import Sent

T = 3.0


@dataclass(frozen=True, slots=True)
class Pattern:
    """One alternative: expressions for its keys, whether the last repeats, and whether it waits."""

    keys: tuple[str, ...]
    grows: bool
    waits: bool

    def fits(self, typed: str) -> bool:
        """Tell whether this is complete."""
        return re.fullmatch("".join(self.keys) + ("+" if self.grows else ""), typed) is not None

    def goes_on(self, typed: str) -> bool:
        """Tell whether more keys could make it fit."""
        if self.grows and len(typed) >= len(self.keys):
            return self.fits(typed)
        head = self.keys[: len(typed)]
        return len(typed) < len(self.keys) and re.fullmatch("".join(head), typed) is not None


@dataclass(frozen=True, slots=True)
class DialPlan:
    """Account 1's dial plan."""

    patterns: tuple[Pattern, ...]
    timeout: float
    patient: bool = False

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait."""
        for count in range(1, len(keys) + 1):
            typed = keys[:count]
            complete = [one for one in self.patterns if one.fits(typed)]
            going_on = any(one.goes_on(typed) for one in self.patterns)
            at_once = any(not one.grows and not one.waits for one in complete)
            if at_once and not (self.patient and going_on):
                return Sent(typed, typed)
            if not complete and not going_on:
                return None
        if not complete:
            return None
        timed = any(one.waits for one in complete)
        return Sent(keys, keys, T if timed and not going_on else self.timeout)

    def press_send(self, keys: str) -> str | None:
        """Type first; the plan only decides whether the number may go."""
        return keys if any(one.fits(keys) for one in self.patterns) else None


def read_plan(text: str, *, patient: bool = False) -> DialPlan:
    """Return account 1's dial plan of a cfgMAC.xml."""
    settings = read_settings(text)
    plan = settings["P290"]
    require(plan.startswith("{") and plan.endswith("}"), f"{plan!r} is no dial plan")
    require(settings["P8350"] == "0", "it dials on hook by itself")
    patterns = tuple(parse_pattern(one.strip()) for one in plan[1:-1].split("|"))
    return DialPlan(patterns, float(settings["P85"]), patient)


def parse_pattern(text: str) -> Pattern:
    """Return one alternative of a plan."""
    found = re.fullmatch(r"((?:x|\[[0-9]+\]|\\.|[0-9*])+)(\+?)(T?)", text)
    require(found, f"{text!r} is no pattern")
    keys = re.findall(r"x|\[[0-9]+\]|\\.|[0-9*]", found[1])
    expressions = tuple("[0-9]" if key == "x" else key.replace("*", r"\*") for key in keys)
    return Pattern(expressions, grows=bool(found[2]), waits=bool(found[3]))
