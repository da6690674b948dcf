"""The rules of a time zone in phones' terms, compared with what the zone database says."""

import zoneinfo
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from phones.provisioning.clock import Clock, Turn, read_clock

# From 2038 on, the database itself follows the last line of its files.
YEARS = range(2040, 2043)


def turn_of_year(turn: Turn, year: int) -> datetime:
    """Return when clocks change in a year, by the clock that is about to change."""
    first = datetime(year, turn.month, 1)
    day = first + timedelta((turn.weekday - first.isoweekday()) % 7)
    days = [day + timedelta(7 * week) for week in range(5)]
    return [day for day in days if day.month == turn.month][: turn.week][-1] + timedelta(
        minutes=turn.minute
    )


def offset_at(clock: Clock, moment: datetime) -> int:
    """Return the minutes east of UTC at a moment in UTC, by a clock's rules alone."""
    if clock.starts is None or clock.ends is None:
        return clock.offset
    year = (moment + timedelta(minutes=clock.offset)).year
    starts = turn_of_year(clock.starts, year) - timedelta(minutes=clock.offset)
    ends = turn_of_year(clock.ends, year) - timedelta(minutes=clock.offset + clock.saved)
    in_summer = starts <= moment < ends if starts < ends else not ends <= moment < starts
    return clock.offset + (clock.saved if in_summer else 0)


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "America/St_Johns",
        "America/Phoenix",
        "America/Anchorage",
        "America/Havana",
        "America/Regina",
        "Pacific/Honolulu",
        "Pacific/Guam",
        "Europe/Paris",
        "Europe/Dublin",
        "Australia/Lord_Howe",
        "America/Santiago",
        "America/Nuuk",
        "Asia/Kolkata",
    ],
)
def test_rules_give_the_time_of_the_zone_all_year(zone):
    clock, real = read_clock(zone), ZoneInfo(zone)
    for year in YEARS:
        for hours in range(0, 366 * 24, 11):
            moment = datetime(year, 1, 1) + timedelta(hours=hours)
            expected = moment.replace(tzinfo=UTC).astimezone(real).utcoffset()
            assert timedelta(minutes=offset_at(clock, moment)) == expected, moment


def test_every_zone_of_this_machine_has_rules():
    for zone in zoneinfo.available_timezones():
        clock = read_clock(zone)
        assert clock.zone == zone
        assert (clock.saved == 0) == (clock.starts is None) == (clock.ends is None)
        assert clock.saved >= 0


def test_new_york_is_told_as_phones_ask_for_it():
    assert read_clock("America/New_York") == Clock(
        "America/New_York", -300, 60, Turn(3, 2, 0, 120), Turn(11, 1, 0, 120)
    )


@pytest.mark.parametrize(
    "zone", ["America/Gotham", "America", "", "../../etc/passwd", "/etc/localtime"]
)
def test_zone_that_is_none_is_refused(zone):
    with pytest.raises(LookupError):
        read_clock(zone)


@pytest.mark.parametrize(("minute", "hour"), [(120, 2), (0, 0), (1440, 23), (-60, 0), (1320, 22)])
def test_hour_of_a_change_is_one_of_its_day(minute, hour):
    assert Turn(3, 1, 0, minute).hour == hour
