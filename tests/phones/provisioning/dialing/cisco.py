"""Run a Cisco phone's dial plan.

"Cisco IP Phone 7800 Series Multiplatform Phones Administration Guide", dial plan: sequences between
bars, in parentheses. x is a digit, [..] one of several keys, "." any number (also none) of what
stands before it, <a:b> replaces a with b, a comma plays a tone, "!" prohibits, S and seconds at the
end set the short timer. As keys are pressed, sequences that they don't begin drop out; without any
left, the number is rejected. It is sent when it is complete and nothing else could go on, else
after the short timer; if it isn't complete, it is rejected after the long timer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.phones.provisioning.readers.cisco import read_settings
from tests.phones.provisioning.readers.parts import require

from .parts import Sent

# What the phone ships with: the SPA500 Series guide, and public profiles of an SPA525G2.
FACTORY = "(*xx|[3469]11|0|00|[2-9]xxxxxx|1xxx[2-9]xxxxxxS0|xxxxxxxxxxxx.)"
KEYS = "0123456789*#"


@dataclass(frozen=True, slots=True)
class _Sequence:
    keys: re.Pattern[str]  # all keys, one group for each part
    begins: re.Pattern[str]  # some first keys
    sent: tuple[str | None, ...]  # what is sent for each part; None: the keys themselves
    is_prohibited: bool
    pause: float | None  # seconds; None: the phone's own


class DialPlan:
    """A dial plan and the phone's timers, in seconds."""

    def __init__(self, text: str, short: float, long: float) -> None:
        require(text.startswith("(") and text.endswith(")"), f"{text!r} is no dial plan")
        require(0 <= short <= 64 and 0 <= long <= 64, "timers are 0 to 64 seconds")
        self.sequences = [_parse(part.replace(" ", "")) for part in text[1:-1].split("|")]
        self.short = short

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait."""
        for count in range(1, len(keys) + 1):
            typed = keys[:count]
            if not self._begins(typed):
                return None
            complete = self._find_complete(typed)
            if complete and (self._pause(complete) == 0 or not self._goes_on(typed)):
                return _send(complete, typed, 0)
        complete = self._find_complete(keys)
        return _send(complete, keys, self._pause(complete)) if complete else None

    def press_send(self, keys: str) -> str | None:
        """Type before lifting the handset, then press the send key."""
        complete = self._find_complete(keys)
        sent = _send(complete, keys, 0) if complete else None
        return sent and sent.number

    def _begins(self, keys: str) -> bool:
        return any(one.begins.fullmatch(keys) for one in self.sequences)

    def _goes_on(self, keys: str) -> bool:
        return any(self._begins(keys + key) for key in KEYS)

    def _find_complete(self, keys: str) -> list[_Sequence]:
        return [one for one in self.sequences if one.keys.fullmatch(keys)]

    def _pause(self, complete: list[_Sequence]) -> float:
        return min(self.short if one.pause is None else one.pause for one in complete)


def _send(complete: list[_Sequence], keys: str, after: float) -> Sent | None:
    if any(one.is_prohibited for one in complete):
        return None
    groups = complete[0].keys.fullmatch(keys).groups()
    parts = zip(groups, complete[0].sent, strict=True)
    number = "".join(group if sent is None else sent for group, sent in parts)
    return Sent(number, keys, after)


def _parse(text: str) -> _Sequence:
    found = re.fullmatch(r"(.+?)(!?)(?:S([0-9]+))?", text)
    require(found, "an empty sequence")
    expressions, sent = [], []
    body = found[1].replace(",", "")
    parts = re.findall(r"<([0-9*#]*):([0-9*#]*)>|(x|\[[0-9*#-]+\]|[0-9*#])(\.?)", body)
    for old, new, one, dot in parts:
        key = "[0-9]" if one == "x" else one if one[:1] == "[" else re.escape(one or old)
        expressions.append(key + ("*" if dot else ""))
        sent.append(None if one else new)
    written = "".join(f"<{old}:{new}>" if not one else one + dot for old, new, one, dot in parts)
    require(written == body, f"{text!r} is no sequence")
    begins = ""
    for expression in reversed(expressions):
        begins = f"(?:{expression}{begins})?"
    return _Sequence(
        re.compile("".join(f"({expression})" for expression in expressions)),
        re.compile(begins),
        tuple(sent),
        bool(found[2]),
        None if found[3] is None else float(found[3]),
    )


def read_plan(text: str) -> DialPlan:
    """Return the dial plan that a profile sets."""
    settings = read_settings(text)
    return DialPlan(
        settings["Dial_Plan_1_"],
        float(settings["Interdigit_Short_Timer"]),
        float(settings["Interdigit_Long_Timer"]),
    )
