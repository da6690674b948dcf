"""Every time zone that an account can choose is one that phones can be set to (R47)."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from phones.provisioning.clock import read_clock
from users.time_zones import CANADA, UNITED_STATES, ZONES


@pytest.mark.parametrize("zone", ZONES)
def test_zone_has_rules_that_phones_have_settings_for(zone):
    assert read_clock(zone).zone == ZoneInfo(zone).key


def test_zones_are_those_of_the_us_its_territories_and_canada():
    assert not set(UNITED_STATES) & set(CANADA)
    assert 30 <= len(ZONES) <= 40
    assert len({str(name) for name in ZONES.values()}) == len(ZONES)
    assert max(map(len, ZONES)) <= 40  # Account.time_zone
    assert settings.PHONE_TIME_ZONE in ZONES
