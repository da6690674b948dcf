"""What makes a provisioned phone a desk phone (R32, R40, R47), read back as phones would."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from phones.provisioning.clock import Clock, read_clock
from phones.provisioning.make import Desk
from phones.provisioning.makes import MAKES
from phones.provisioning.words import NO_EMERGENCY, UNASSIGNED

from .desks import DESK, LINE, STANDBY, desks
from .readers import DESKS, READERS, SETTINGS
from .readers.parts import DeskRead, Turn

# What makes ship with, so that no phone keeps it: read in their guides.
FACTORY_PASSWORDS = {"admin", "user", "456", "123", "0000", "", "guest"}


@pytest.fixture(params=sorted(MAKES))
def make(request) -> str:
    return request.param


def read(make: str, desk: Desk) -> DeskRead:
    return DESKS[make](MAKES[make].render_configuration(desk))


def read_rules(clock: Clock) -> tuple:
    turns = [
        turn and Turn(turn.month, turn.week, turn.weekday, turn.hour)
        for turn in (clock.starts, clock.ends)
    ]
    return clock.offset, clock.saved, *turns


@settings(database=None, deadline=None, max_examples=60)
@given(desk=desks)
@pytest.mark.parametrize("key", sorted(MAKES))
def test_any_desk_is_read_back(key, desk):
    seen = read(key, desk)
    assert seen.admin_password == desk.admin_password
    assert seen.user_password not in FACTORY_PASSWORDS | {desk.admin_password}
    assert seen.open_doors == frozenset()
    assert seen.checks_certificates in (None, desk.check_certificates)
    assert seen.language in (None, desk.language)
    assert desk.country in seen.tones
    assert seen.hours == (24 if desk.has_24_hours else 12)
    assert seen.date in (None, "YMD" if desk.has_year_first else "MDY")
    assert seen.ntp_servers
    assert seen.ntp_servers == desk.ntp_servers[: len(seen.ntp_servers)]
    assert seen.warning in (None, "" if desk.reaches_emergency else NO_EMERGENCY[desk.language])
    standby = desk.line is not None and desk.line.kind == "standby"
    assert seen.label == (UNASSIGNED[desk.language] if standby else desk.line.label)


@pytest.mark.parametrize(
    "zone",
    [
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "America/Adak",
        "Pacific/Honolulu",
        "America/Puerto_Rico",
        "Pacific/Guam",
        "Pacific/Pago_Pago",
        "America/St_Johns",
        "America/Halifax",
        "America/Toronto",
        "America/Winnipeg",
        "America/Regina",
        "America/Edmonton",
        "America/Vancouver",
        "America/Whitehorse",
    ],
)
def test_phone_shows_the_time_of_the_zone(make, zone):
    """Every zone of the United States, its territories and Canada that has rules of its own."""
    clock = read_clock(zone)
    seen = read(make, replace(DESK, clock=clock))
    assert (seen.offset, seen.saved, seen.starts, seen.ends) == read_rules(clock)


@pytest.mark.parametrize("kind", ["person", "place"])
def test_phone_of_a_person_or_place_shows_its_extension(make, kind):
    assert read(make, replace(DESK, line=replace(LINE, kind=kind))).label == "007 · +14155550100"


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_free_phone_registers_on_standby_and_says_that_no_one_has_it(make, language):
    desk = replace(DESK, line=STANDBY, language=language)
    text = MAKES[make].render_configuration(desk)
    line = READERS[make](text)
    assert line is not None
    assert (line["username"], line["password"]) == (STANDBY.username, STANDBY.password)
    assert line["ext"] == ""
    assert UNASSIGNED[language] in (DESKS[make](text).label, line["name"])


def test_secrets_stand_only_where_they_are_read(make):
    text = MAKES[make].render_configuration(DESK)
    # Fanvil has it twice: for the registrar and for the proxy.
    assert text.count(LINE.password) == (2 if make == "fanvil" else 1)
    assert DESK.admin_password in text


@pytest.mark.parametrize(("line", "title"), [(LINE, "007"), (STANDBY, "Sin asignar")])
def test_fanvil_has_the_extension_or_that_no_one_has_it_at_the_top(line, title):
    desk = replace(DESK, line=line, language="es")
    found = SETTINGS["fanvil"](MAKES["fanvil"].render_configuration(desk))
    assert found["PHONE_CONFIG_MODULE/LCD_Title"] == title
