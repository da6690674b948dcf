"""PHONEADMIN_CARRIER is either understood completely or refused in a sentence (R40)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from phoneadmin.environment import Carrier, read_carrier, require_way_to_carrier
from phoneadmin.operations import kamailio

ROOT = Path(__file__).parents[3]


@pytest.fixture
def given(monkeypatch):
    """Set the two variables; None leaves one out."""

    def give(carrier: str | None, password: str | None = None) -> None:
        for name, value in (("", carrier), ("_PASSWORD", password)):
            if value is None:
                monkeypatch.delenv(f"PHONEADMIN_CARRIER{name}", raising=False)
            else:
                monkeypatch.setenv(f"PHONEADMIN_CARRIER{name}", value)

    return give


def test_carrier_unset_is_none(given):
    given(None)
    assert read_carrier() is None
    given("", "")
    assert read_carrier() is None


@pytest.mark.parametrize(
    ("uri", "password", "expected"),
    [
        ("sip:carrier.example.com", "", Carrier("carrier.example.com", 5060, "udp")),
        ("sip:192.0.2.7:5080;transport=tcp", "", Carrier("192.0.2.7", 5080, "tcp")),
        ("sip:[2001:db8::7]:5070", "", Carrier("[2001:db8::7]", 5070, "udp")),
        (
            "sip:+15550100@carrier.example.com;transport=udp",
            "a:b@c;d'\"$",
            Carrier("carrier.example.com", 5060, "udp", "+15550100", "a:b@c;d'\"$"),
        ),
    ],
)
def test_carrier_is_read(given, uri, password, expected):
    given(uri, password)
    assert read_carrier() == expected


@pytest.mark.parametrize(
    ("uri", "password"),
    [
        ("carrier.example.com", ""),
        ("sips:carrier.example.com", ""),
        ("sip:user:secret@carrier.example.com", ""),
        ("sip:carrier.example.com;transport=tls", ""),
        ("sip:carrier.example.com:0", ""),
        ("sip:carrier.example.com:99999", ""),
        ("sip:carrier.example.com\nlisten=tcp:x", ""),
        ("sip:user@carrier.example.com", ""),  # no password
        ("sip:carrier.example.com", "secret"),  # no user
        (None, "secret"),
    ],
)
def test_carrier_that_is_wrong_is_refused_without_telling_secrets(given, uri, password):
    given(uri, password)
    with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_CARRIER") as refused:
        read_carrier()
    assert "secret" not in str(refused.value)


def test_carrier_never_shows_its_password():
    assert "hush" not in repr(Carrier("carrier.example.com", 5060, "udp", "user", "hush"))


@pytest.mark.parametrize(
    ("host", "listen", "reachable"),
    [
        ("192.0.2.7", "127.0.0.1:5060", False),
        ("carrier.example.com", "127.0.0.1:5060", False),
        ("carrier.example.com", "[::1]:5060", False),
        ("carrier.example.com", "192.0.2.10:5060", True),
        ("127.0.0.70", "127.0.0.1:5060", True),
        ("[::1]", "[::1]:5060", True),
        ("carrier.localhost", "127.0.0.1:5060", True),
    ],
)
def test_carrier_that_cannot_be_reached_from_loopback_is_refused(host, listen, reachable):
    """Such a socket sends nothing to other machines, so every call to 911 would be lost."""
    carrier = Carrier(host, 5060, "udp")
    if reachable:
        require_way_to_carrier(carrier, listen)
    else:
        with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_SIP_LISTEN"):
            require_way_to_carrier(carrier, listen)


@pytest.mark.parametrize(
    ("listen", "advertised"),
    [("10.0.0.5:5060", "sip.example.com:5060"), ("8.8.8.8:5060", None), ("127.0.0.1:5060", None)],
)
def test_carrier_beside_a_front_gets_a_public_address(settings, listen, advertised):
    settings.SIP_LISTEN, settings.SIP_FRONT = listen, "127.0.0.1:5062"
    settings.SIP_HOST, settings.SIP_PORT, settings.SIP_TRANSPORT = "sip.example.com", 5061, "tls"
    login = {"HOST": "", "PORT": "", "NAME": "", "USER": "", "PASSWORD": ""}
    env = kamailio.build_environment(login, min_expires=1, ping_interval=1)
    assert env.get("REGISTRAR_ADVERTISED") == advertised


def test_nothing_starts_with_a_carrier_that_cannot_be_reached():
    told = subprocess.run(
        [sys.executable, "-c", "import phoneadmin.settings"],
        env={"PATH": os.defpath, "PHONEADMIN_CARRIER": "sip:192.0.2.7"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert "Nothing leaves this machine from 127.0.0.1:5060." in told.stderr


def test_carriers_addresses_are_read(given, monkeypatch):
    given("sip:192.0.2.7")
    monkeypatch.setenv("PHONEADMIN_CARRIER_CALLS_FROM", "192.0.2.7, 198.51.100.0/28,2001:db8::1")
    assert read_carrier().sources == ("192.0.2.7/32", "198.51.100.0/28", "2001:db8::1/128")
    monkeypatch.setenv("PHONEADMIN_CARRIER_CALLS_FROM", "192.0.2.7,carrier.example.com")
    with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_CARRIER_CALLS_FROM"):
        read_carrier()
