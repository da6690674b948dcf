"""Dial like a Fanvil phone: its dial rules ("V62 User Manual", Dial Plan), then its timeout.

x is a digit, [..] one of several; a rule without T that a number fits sends it at once. What fits
no rule goes after the timeout, or with # or the send key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..readers.fanvil import read_settings
from ..readers.parts import require
from .parts import Sent


@dataclass(frozen=True, slots=True)
class DialRules:
    """The rules that apply to outgoing calls, as expressions, and the timeout in seconds."""

    rules: tuple[str, ...]
    timeout: float

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait."""
        for count in range(1, len(keys) + 1):
            if any(re.fullmatch(rule, keys[:count]) for rule in self.rules):
                return Sent(keys[:count], keys[:count])
        return Sent(keys, keys, self.timeout)

    def press_send(self, keys: str) -> str | None:
        """Type first; rules refuse nothing."""
        return keys


def read_plan(text: str) -> DialRules:
    """Return the dial rules of a MAC.cfg."""
    settings = read_settings(text)
    tele, rule = "TELE_CONFIG_MODULE/", "CALL_FEATURE_MODULE/"
    require(settings[tele + "Dial_by_Timeout"] == "1", "nothing goes after a pause")
    require(settings[tele + "Dial_Fixed_Length"] == "0", "numbers are cut to a length")
    require(settings[rule + "P1/Enable_PreDial"] == "1", "it dials on hook by itself")
    numbers = []
    for place in range(1, 17):
        item = f"{rule}Item{place}/"
        require(settings[item + "ApplyToCall"] == "0", "a rule for incoming calls")
        require(settings[item + "MatchToSend"] == "1", "a rule that sends nothing")
        if number := settings[item + "Number"]:
            require(re.fullmatch(r"(?:x|[0-9]|\[[0-9]+\])+", number), f"{number!r} is no rule")
            numbers.append(number.replace("x", "[0-9]"))
    return DialRules(tuple(numbers), float(settings[tele + "Dial_Timeout_value"]))
