"""The SIP registrar as phones and strangers meet it (R22, R32, R33, R34, R40)."""

from __future__ import annotations

import random
import re
import socket

import pytest
from django.conf import settings

from tests.waiting import wait_until

from .conftest import Registrar, free_port
from .garbage import garbage
from .office import ELSEWHERE, HOME, uri

# --- what it tells --------------------------------------------------------------------------------


def test_answers_tell_no_version(registrar, ann):
    phone = registrar.probe_of(ann)
    for method in ("OPTIONS", "REGISTER", "SUBSCRIBE", "INVITE"):
        text = phone.request(method, f"sip:{settings.SIP_DOMAIN}").text
        assert "Server: phoneadmin\r\n" in text
        assert not re.search(r"kamailio|5\.6\.[0-9]", text, re.IGNORECASE)


def test_log_holds_nothing_that_one_can_sign_in_with(registrar, ann, owner):
    phone = registrar.probe_of(ann)
    assert phone.register() == 200
    captured = phone.sent
    generator = random.Random(1)
    for _ in range(300):
        position = generator.randrange(len(captured))
        phone.write(captured[:position])
        phone.write(captured[:position] + b"\0\xff" + captured[position:])
    assert registrar.probe(phone.username, "wrong").register() == 401
    log = registrar.log.read_text(errors="replace")
    (ha1,) = owner.execute("SELECT ha1 FROM users_sipaccount").fetchone()
    response = re.search(rb'response="(\w+)"', captured)[1].decode()
    for secret in (
        phone.password,
        ha1,
        response,
        registrar.key,
        settings.REGISTRAR_DATABASE["PASSWORD"],
    ):
        assert secret not in log


def test_garbage_stops_nothing(registrar, phones, ann):
    """Send thousands of packets, and TCP streams cut anywhere; the seed is fixed."""
    seen, generator = registrar.children(), random.Random(20)
    phone, _ = phones
    requests = []
    for method, target in (
        ("REGISTER", HOME),
        ("INVITE", uri("102")),
        ("NOTIFY", uri("101")),
        ("OPTIONS", HOME),
        ("BYE", uri("102")),
    ):
        phone.request(
            method, target, "Event: check-sync", "Route: <sip:127.0.0.1;lr;k=0>", "Expires: 60"
        )
        requests.append(phone.sent)
    attacker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with attacker:
        attacker.bind((ELSEWHERE, 0))
        for number in range(4000):
            phone.sent = generator.choice(requests)
            attacker.sendto(garbage(phone, generator), registrar.address)
            if number % 200 == 0:
                assert registrar.answers()
    for number in range(300):
        phone.sent = generator.choice(requests)
        with socket.create_connection(
            registrar.rpc if number % 5 == 0 else registrar.address
        ) as stream:
            try:
                for _ in range(generator.randrange(1, 4)):
                    stream.sendall(garbage(phone, generator))
            except OSError:
                pass  # the registrar may hang up
    assert registrar.probe_of(ann).register() == 200
    assert registrar.probe_of(ann, transport="tcp").register() == 200
    assert registrar.answers()
    assert registrar.children() == seen, "a process has died"


def test_database_that_goes_is_an_error_of_ours_and_comes_back(registrar, phones, postgres):
    ann, _ = phones
    role = settings.REGISTRAR_DATABASE["USER"]
    cut = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{role}'"
    with postgres.connect_as_superuser() as superuser:
        superuser.execute(cut)
        assert ann.register() == 200, "the registrar reconnects"
        try:
            superuser.execute(f"ALTER ROLE {role} NOLOGIN")
            superuser.execute(cut)
            assert ann.register() == 500
            assert ann.invite("102") == 500
        finally:
            superuser.execute(f"ALTER ROLE {role} LOGIN")
    wait_until(lambda: ann.register() == 200)
    assert ann.invite("102") == 486


def test_restart_of_the_registrar_loses_no_registration(registrar, phones):
    ann, bob = phones
    registrar.stop()
    registrar.start()
    assert ann.invite("102") == 486
    assert registrar.check_sync(bob.username) == 200


# --- behind a TLS front ---------------------------------------------------------------------------


def test_telephones_behind_a_front_call_one_another(registrar, ann, bob, tmp_path):
    """The front ends TLS and names the sender with the PROXY protocol; here it has no TLS."""
    front = ("127.0.0.1", free_port())
    fronted = Registrar(
        tmp_path / "log",
        PHONEADMIN_SIP_FRONT="{}:{}".format(*front),
        PHONEADMIN_SIP_SERVER="sip.example.com:5061;transport=tls",
    )
    try:
        fronted.start()
        greeting = "PROXY TCP4 192.0.2.{} 198.51.100.1 40000 5061\r\n"
        caller, called = (
            fronted.probe_of(
                user, transport="tcp", registrar=front, greeting=greeting.format(number).encode()
            )
            for number, user in enumerate((ann, bob), 1)
        )
        assert [caller.register(), called.register()] == [200, 200]
        called.answers["INVITE"] = 200
        assert caller.invite("102") == 200
        assert caller.dialog.target.endswith("@sip.example.com:5061;transport=tls")
        with pytest.raises(
            ConnectionRefusedError
        ):  # there, anyone could claim any address with the PROXY protocol
            socket.create_connection(fronted.address, timeout=5)
        assert caller.hang_up() == 200
        assert fronted.check_sync(called.username) == 200
        assert sorted(called.received.get(timeout=5).method for _ in range(4)) == [
            "ACK",
            "BYE",
            "INVITE",
            "NOTIFY",
        ]
    finally:
        for probe in fronted.probes:
            probe.close()
        fronted.stop()


@pytest.mark.ci
@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_every_phone_on_udp_is_kept_reachable(registrar, ann, tmp_path, transport):
    """A firewall forgets a silent phone, even if its requests show no router on the way (R48)."""
    other = Registrar(tmp_path / "log")
    other.command = [*Registrar.command, "--ping-interval=1"]
    try:
        other.start()
        with other.probe_of(ann, transport=transport) as phone:
            assert phone.register() == 200
            if transport == "udp":
                wait_until(lambda: phone.pings)
            assert phone.pings == (transport == "udp")
    finally:
        other.stop()
