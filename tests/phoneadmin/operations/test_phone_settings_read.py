"""What all phones get by the operator's settings is understood or refused at the start (R47)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from phoneadmin import environment
from phones import line
from tests import factories


def test_settings_that_are_not_given_have_defaults_that_phones_can_have(monkeypatch):
    for name in ("TIME_ZONE", "NTP_SERVERS", "PHONES_CHECK_CERTIFICATES"):
        monkeypatch.delenv(f"PHONEADMIN_{name}", raising=False)
    assert environment.read_phone_time_zone() == "America/New_York"
    assert environment.read_ntp_servers() == ("0.pool.ntp.org", "1.pool.ntp.org")
    assert environment.read_switch("PHONEADMIN_PHONES_CHECK_CERTIFICATES") is True


@pytest.mark.parametrize("zone", ["America/Springfield", "EST5EDT,x", "../etc/passwd", "Eastern"])
def test_time_zone_that_phones_cannot_have_is_refused_at_the_start(monkeypatch, zone):
    """Otherwise every phone of an account without a zone of its own would get an error."""
    monkeypatch.setenv("PHONEADMIN_TIME_ZONE", zone)
    with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_TIME_ZONE must be a zone such as"):
        environment.read_phone_time_zone()


def test_time_servers_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("PHONEADMIN_NTP_SERVERS", "ntp.example.com, 192.0.2.1,2001:db8::1")
    assert environment.read_ntp_servers() == ("ntp.example.com", "192.0.2.1", "2001:db8::1")


@pytest.mark.parametrize("given", [",", "a,,b", "http://ntp.example.com", "a b"])
def test_time_server_that_is_none_is_refused(monkeypatch, given):
    monkeypatch.setenv("PHONEADMIN_NTP_SERVERS", given)
    with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_NTP_SERVERS must be names"):
        environment.read_ntp_servers()


def test_switch_is_on_or_off_and_nothing_else(monkeypatch):
    monkeypatch.setenv("PHONEADMIN_PHONES_CHECK_CERTIFICATES", "off")
    assert environment.read_switch("PHONEADMIN_PHONES_CHECK_CERTIFICATES") is False
    monkeypatch.setenv("PHONEADMIN_PHONES_CHECK_CERTIFICATES", "no")
    with pytest.raises(ImproperlyConfigured, match="must be on or off"):
        environment.read_switch("PHONEADMIN_PHONES_CHECK_CERTIFICATES")


@pytest.mark.parametrize(
    ("address", "checks", "told"),
    [
        ("https://phones.example.com/p/x/", True, True),
        ("https://phones.example.com/p/x/", False, False),
        ("http://phones.example.com/p/x/", True, False),
    ],
)
def test_phones_check_certificates_unless_the_operator_says_off(
    acme, settings, address, checks, told
):
    """A private authority, or one newer than the firmware, would cut phones off for good."""
    settings.CHECK_CERTIFICATES = checks
    phone = factories.phone(acme, factories.person(acme))
    desk = line.build_desk(line.load_facts([phone.pk])[phone.pk], address)
    assert desk.check_certificates is told
