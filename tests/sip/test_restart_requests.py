"""The registrar passes on requests to restart, but only from phoneadmin (R34)."""

from __future__ import annotations

import time

import pytest
from django.conf import settings

from .conftest import change
from .office import ELSEWHERE, HOME, silent, uri


def test_request_to_restart_reaches_the_telephone_without_our_secret(registrar, phones):  # R34
    ann, _ = phones
    assert registrar.check_sync(ann.username) == 200
    asked = ann.received.get(timeout=5)
    assert (asked.method, asked.header("Event")) == ("NOTIFY", "check-sync;reboot=true")
    assert registrar.key not in asked.text and asked.headers("X-Registrar-Key") == []


def test_request_to_restart_reaches_the_old_telephone_until_it_is_forgotten(
    registrar, phones, ann, registered
):  # R33
    old, other = phones
    change(ann)
    assert registrar.check_sync(old.username) == 200
    assert registrar.call("ul.rm", "location", f"{old.username}@{settings.SIP_DOMAIN}")[0] == 200
    assert [name for name, _ in registered()] == [other.username]
    assert registrar.check_sync(old.username) == 480


def test_answer_to_the_request_to_restart_is_the_telephones_own(registrar, phones):
    ann, bob = phones
    bob.answers["NOTIFY"], ann.answers["NOTIFY"] = 489, None
    assert registrar.check_sync(bob.username) == 489
    started = time.monotonic()
    assert registrar.check_sync(ann.username) == 408
    assert 3 < time.monotonic() - started < 20, "four seconds, and not the half minute of RFC 3261"


def test_telephone_that_challenges_the_request_to_restart_is_heard(registrar, phones):
    ann, _ = phones
    ann.answers["NOTIFY"] = 401
    ann.challenge = lambda request: (
        'WWW-Authenticate: Digest realm="phone", nonce="n1", algorithm=MD5'
    )
    to = uri(ann.username)
    headers = (
        f"From: <{uri('restart')}>\r\nTo: <{to}>\r\nEvent: check-sync\r\n"
        f"X-Registrar-Key: {registrar.key}\r\n"
    )
    _, answer = registrar.call(
        "tm.t_uac_wait", "NOTIFY", to, "sip:{}:{}".format(*registrar.address), ".", headers
    )
    assert "401" in str(answer) and 'realm="phone", nonce="n1"' in str(answer)


@pytest.mark.parametrize("key", ["", "wrong", "0" * 64])
def test_request_to_restart_without_the_secret_is_refused(registrar, phones, key):
    ann, _ = phones
    assert registrar.check_sync(ann.username, key=key) == 405
    assert silent(ann)


@pytest.mark.parametrize("host", ["127.0.0.1", ELSEWHERE])
@pytest.mark.parametrize(
    "headers",
    [
        (),
        ("Event: check-sync;reboot=true",),
        ("Event: check-sync", "X-Registrar-Key: wrong"),
        ("Event: check-sync", "Route: {}"),
    ],
)
def test_request_to_restart_from_outside_is_refused(registrar, phones, bob, host, headers):  # R34
    ann, _ = phones
    route = f"<sip:127.0.0.1:{ann.port};lr>"
    with registrar.probe_of(bob, host=host) as outsider:
        for to in (uri(ann.username), f"<{uri(ann.username)}>;tag=1"):
            sent = [header.format(route) for header in headers]
            assert outsider.request("NOTIFY", uri(ann.username), *sent, to=to).status in (405, 481)
    assert silent(ann)


def test_right_secret_from_another_address_is_refused(registrar, phones):
    ann, _ = phones
    with registrar.probe("nobody", "", host=ELSEWHERE) as outsider:
        assert (
            outsider.ask("NOTIFY", uri(ann.username), f"X-Registrar-Key: {registrar.key}").status
            == 405
        )
    assert silent(ann)


def test_remote_control_needs_its_secret_and_its_own_port(registrar):
    assert registrar.call("core.uptime")[0] == 200
    for wrong in ("", "wrong", registrar.key[:-1], registrar.key + "0"):
        assert registrar.call("core.uptime", key=wrong) == (401, None)
    assert registrar.call("core.uptime", port=registrar.address[1]) == (404, None)


def test_port_of_the_remote_control_is_no_way_in_for_telephones(registrar, ann):
    phone = registrar.probe_of(ann, transport="tcp", registrar=registrar.rpc)
    phone.send("REGISTER", HOME)
    with pytest.raises(TimeoutError):
        phone.response(0.5)
