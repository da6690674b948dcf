"""Types, checks and parts of a line that the readers of all makes share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

Settings = dict[str, str]
Line = dict[str, Any]


UNASSIGNED = ("Unassigned", "Sin asignar", "Non attribué")
WARNINGS = (
    "911 does not leave this system",
    "El 911 no sale de este sistema",
    "Le 911 ne sort pas de ce système",
)


@dataclass(frozen=True, slots=True)
class Turn:
    """When clocks change, as a phone's file says: an hour of a weekday of a month."""

    month: int
    week: int  # 5 is the last
    weekday: int  # 0 is Sunday
    hour: int


@dataclass(frozen=True, slots=True)
class DeskRead:
    """What a file makes of the phone apart from line 1, as the phone understands it."""

    label: str  # next to line 1
    warning: str | None  # that 911 leaves no system, or ""; None if the phone has no place for it
    language: str | None  # en, es, fr; None if it has English only until more is installed
    tones: frozenset[str]  # the countries whose tones it plays: US, CA
    hours: Literal[12, 24]
    date: Literal["MDY", "YMD"] | None  # None: the month first, and no way to put the year first
    ntp_servers: tuple[str, ...]  # as many as the phone takes
    offset: int  # minutes east of UTC in standard time
    saved: int  # minutes that clocks go forward by, 0 without summer time
    starts: Turn | None
    ends: Turn | None
    admin_password: str
    user_password: str | None  # of a second account; None if there is none
    # Whose configuration it takes besides ours: names of settings that are still on.
    open_doors: frozenset[str]
    checks_certificates: bool | None  # None: always, without a setting


def require(condition: object, what: str) -> None:
    """Raise AssertionError unless the condition holds, even if assertions are turned off."""
    if not condition:
        raise AssertionError(what)


def require_blank(settings: Settings, *names: str) -> None:
    """Raise AssertionError unless all of these are set to an empty value."""
    left = [name for name in names if settings[name] != ""]
    require(not left, f"line 1 is off and leaves {left}")


def split_warning(text: str) -> tuple[str, str]:
    """Split the text beside the line into what it says of the line, and the warning about 911."""
    label, _separator, warning = text.rpartition(" · ")
    return (label, warning) if warning in WARNINGS else (text, "")


def read_label(text: str) -> dict[str, str]:
    """Split the text beside the line, "101 · +14155550100", into extension and caller ID.

    On standby, the text says that no one has the phone, and both are empty.
    """
    if text in UNASSIGNED:
        return {"ext": "", "caller_id": ""}
    ext, _separator, caller_id = text.partition(" · ")
    require(re.fullmatch(r"[0-9]{1,10}", ext), f"{text!r} begins with no extension")
    require(
        re.fullmatch(r"(\+[1-9][0-9]{6,14})?", caller_id), f"{text!r} ends with no number in E.164"
    )
    return {"ext": ext, "caller_id": caller_id}


def read_host_and_port(text: str) -> dict[str, Any]:
    """Return both from "host:port"."""
    host, port = text.split(":")
    return {"host": host, "port": int(port)}
