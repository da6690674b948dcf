"""Run a Snom phone's dial plan.

service.snom.com, "Dial Plan - Regular Expressions": entries between spaces, tried in order; the
first that fits is taken. The first character of an entry separates its three parts: an extended
regular expression, the address to call (\\1 is a group, \\d the registrar), and flags, of which d
means that the number is complete and can be dialed. "auto_dial": the phone dials the number on its
display so many seconds after the last key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.phones.provisioning.readers.parts import require
from tests.phones.provisioning.readers.snom import read_settings

from .parts import Sent


@dataclass(frozen=True, slots=True)
class _Entry:
    expression: str
    address: str
    dials: bool


class DialPlan:
    """A dial plan of one identity; `pause` is None if nothing is dialed by itself."""

    def __init__(self, text: str, registrar: str, pause: float | None) -> None:
        self.entries = [_parse(entry) for entry in text.split()]
        self.registrar = registrar
        self.pause = pause

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait."""
        for count in range(1, len(keys) + 1):
            typed = keys[:count]
            entry = self._find(typed)
            if entry and entry.dials:
                return Sent(self._write(entry, typed), typed)
        if self.pause is None:
            return None
        return Sent(self._write(self._find(keys), keys), keys, self.pause)

    def press_send(self, keys: str) -> str | None:
        """Type before lifting the handset, then press the OK key."""
        return self._write(self._find(keys), keys)

    def _find(self, keys: str) -> _Entry | None:
        return next((one for one in self.entries if re.search(one.expression, keys)), None)

    def _write(self, entry: _Entry | None, keys: str) -> str:
        if entry is None:
            return keys
        found = re.search(entry.expression, keys)
        address = entry.address.replace(r"\d", self.registrar).replace(r"\1", found[1])
        number, _at, host = address.removeprefix("sip:").partition("@")
        require(host == self.registrar, f"{address!r} is elsewhere")
        return number


def _parse(entry: str) -> _Entry:
    parts = entry[1:].split(entry[0])
    require(len(parts) in (2, 3), f"{entry!r} has not three parts")
    require(parts[1].startswith("sip:"), f"{parts[1]!r} is no address")
    return _Entry(parts[0], parts[1], "d" in "".join(parts[2:]))


def read_plan(text: str) -> DialPlan:
    """Return the dial plan of identity 1."""
    settings = read_settings(text)
    pause = settings["auto_dial"]
    require(pause in ("off", "2", "5", "10"), "older firmware takes no other pause")
    return DialPlan(
        settings["user_dp_str1"],
        settings["user_host1"],
        None if pause == "off" else float(pause),
    )
