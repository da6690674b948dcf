"""Tell the rules of a time zone in the parts that phones' settings are made of.

Phones don't know the zones of the IANA database. They take an offset and the two changes of a year,
which the database's own files hold in their last line, as POSIX writes them (RFC 9636 §3.3).
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path

RULE = re.compile(
    r"(?:[A-Za-z]{3,}|<[^>]+>)(?P<standard>[-+]?[0-9:]+)"
    r"(?:(?:[A-Za-z]{3,}|<[^>]+>)(?P<daylight>[-+]?[0-9:]+)?,(?P<starts>M[^,]+),(?P<ends>M[^,]+))?"
)


@dataclass(frozen=True, slots=True)
class Turn:
    """When clocks change: on a weekday of a month, at a minute of local time."""

    month: int  # 1–12
    week: int  # 1–4, or 5 for the last
    weekday: int  # 0 is Sunday
    minute: int  # after midnight, by the clock that is about to change

    @property
    def hour(self) -> int:
        """Return the hour of that day; phones take 0 to 23, so Chile's 24:00 is an hour early."""
        return min(max(self.minute // 60, 0), 23)


@dataclass(frozen=True, slots=True)
class Clock:
    """A time zone: its name in the IANA database, and the rules that hold from now on."""

    zone: str
    offset: int  # minutes east of UTC in standard time
    saved: int = 0  # minutes that clocks are put forward by in summer; 0 without summer time
    starts: Turn | None = None
    ends: Turn | None = None


@cache
def read_clock(zone: str) -> Clock:
    """Return the rules of a zone of the IANA database, such as "America/New_York".

    Raises LookupError for a zone that this machine's database lacks, and ValueError for one whose
    rules no phone has a setting for.
    """
    footer = _find_file(zone).rstrip(b"\n").rpartition(b"\n")[2].decode()
    found = RULE.fullmatch(footer)
    if found is None:
        raise ValueError(f"{zone} follows {footer!r}, which phones have no setting for.")
    offset = -_minutes(found["standard"])  # POSIX counts west of Greenwich
    if found["starts"] is None:
        return Clock(zone, offset)
    summer = -_minutes(found["daylight"]) if found["daylight"] else offset + 60
    starts, ends = _turn(found["starts"]), _turn(found["ends"])
    if summer < offset:  # Ireland's law calls its winter the exception; phones only know summers
        return Clock(zone, summer, offset - summer, ends, starts)
    return Clock(zone, offset, summer - offset, starts, ends)


def _find_file(zone: str) -> bytes:
    try:
        zoneinfo.ZoneInfo(zone)  # it refuses what would lead out of the database
    except (LookupError, ValueError, OSError) as error:
        raise LookupError(f"{zone} is no time zone of this machine.") from error
    for folder in zoneinfo.TZPATH:
        if (file := Path(folder) / zone).is_file():
            return file.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *zone.split("/")).read_bytes()


def _turn(text: str) -> Turn:
    date, _slash, time = text.removeprefix("M").partition("/")
    month, week, weekday = map(int, date.split("."))
    return Turn(month, week, weekday, _minutes(time or "2"))


def _minutes(text: str) -> int:
    hours, _colon, minutes = text.partition(":")
    count = abs(int(hours)) * 60 + int(minutes or 0)
    return -count if text.startswith("-") else count
