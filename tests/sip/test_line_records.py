"""The registrar notes how lines end and why devices are refused, and nothing of strangers (R68)."""

from __future__ import annotations

import secrets
from collections.abc import Callable

import psycopg
import pytest

from tests import factories
from tests.waiting import wait_until

from .conftest import change, credentials
from .office import HOME, STRANGER
from .probe import Probe

Seen = Callable[..., list[tuple]]


@pytest.fixture
def seen(owner: psycopg.Connection) -> Seen:
    """Ask for columns of all the registrar's records of lines, in the order of usernames."""

    def ask(columns: str) -> list[tuple]:
        found = owner.execute(f"SELECT {columns} FROM registrar.line ORDER BY username").fetchall()
        owner.rollback()
        return found

    return ask


@pytest.fixture
def phone(registrar, ann) -> Probe:
    """Ann's phone, not registered yet."""
    factories.phone(ann.account, ann)
    probe = registrar.probe_of(ann)
    probe.agent = "Yealink SIP-T54W 96.86.0.100"
    return probe


def test_line_is_recorded_with_the_device_that_it_came_to(phone, seen):
    assert phone.register() == 200
    assert seen("username, registered_agent, ended_at, refused_at") == [
        (phone.username, phone.agent, None, None)
    ]


def test_renewing_a_registration_writes_nothing_more(phone, owner, seen):
    assert phone.register() == 200
    version = "xmin::text, ctid::text, registered_at"
    before = seen(version)
    assert [phone.register() for _ in range(3)] == [200, 200, 200]
    assert seen(version) == before


def test_same_device_from_another_port_has_had_the_line_all_along(registrar, ann, phone, seen):
    assert phone.register() == 200
    ((since,),) = seen("registered_at")
    moved = registrar.probe_of(ann)
    moved.agent = phone.agent
    assert moved.register() == 200
    assert seen("registered_at, ended_at") == [(since, None)]


def test_another_device_has_had_the_line_since_it_took_it(registrar, ann, phone, seen):
    assert phone.register() == 200
    ((since,),) = seen("registered_at")
    softphone = registrar.probe_of(ann)
    softphone.agent = "Linphone/5.2"
    assert softphone.register() == 200
    ((now, agent, ended),) = seen("registered_at, registered_agent, ended_at")
    assert (agent, ended) == ("Linphone/5.2", None)
    assert now > since


@pytest.mark.ci
def test_end_of_a_registration_is_recorded_with_how_it_ended(phone, seen):
    assert phone.register(expires=1) == 200
    wait_until(lambda: seen("ended_by") == [("expiry",)], seconds=25)  # the registrar's timer: 10 s
    ((came, ended),) = seen("registered_at, ended_at")
    assert -1 < (ended - came).total_seconds() < 2.5  # the registrar counts whole seconds
    assert (phone.register(), phone.unregister()) == (200, 200)
    assert seen("ended_by") == [("removal",)]


@pytest.mark.parametrize("agent", ["Yealink SIP-T54W 96.86.0.100", "", "Käse\\'\"\x01", "x" * 3000])
def test_wrong_password_is_recorded_with_where_it_came_from(registrar, phone, seen, agent):
    wrong = registrar.probe(phone.username, "wrong", host="127.0.0.8")
    wrong.agent = agent
    assert wrong.register() == 401
    ((name, why, address, noted, since, at),) = seen(
        "username, refused_for, refused_address, refused_agent, refused_since, refused_at"
    )
    assert (name, why, address) == (phone.username, "password", "127.0.0.8")
    assert since == at
    shown = {"Käse\\'\"\x01": "K\\303\\244se\\\\'\"", "x" * 3000: ""}
    assert noted == shown.get(agent, agent)


def test_old_credentials_are_recorded_while_a_phone_still_uses_them(ann, phone, owner, seen):
    assert phone.register() == 200
    owner.execute("UPDATE phones_provisioning SET username = %s", [phone.username])
    owner.commit()
    change(ann)
    assert phone.register() == 401
    assert (phone.username, "username") in seen("username, refused_for")


def test_device_that_registers_for_somebody_else_is_recorded(registrar, ann, bob, phone, seen):
    assert phone.register() == 200
    mixed = registrar.probe(credentials(bob)[0], phone.password, digest_username=phone.username)
    assert mixed.register() == 401
    assert seen("username, refused_for") == [(phone.username, "identity")]


def test_refusals_are_over_once_the_phone_registers(registrar, phone, seen):
    registrar.probe(phone.username, "wrong").register()
    assert seen("refused_for") == [("password",)]
    assert phone.register() == 200
    assert seen("refused_for, refused_since, refused_at, refused_agent, refused_address") == [
        ("", None, None, "", "")
    ]


def test_repeated_refusal_is_recorded_once_a_minute(registrar, phone, seen):
    wrong = registrar.probe(phone.username, "wrong")
    assert [wrong.register() for _ in range(3)] == [401, 401, 401]
    ((first, latest),) = seen("refused_since, refused_at")
    assert first == latest


def test_same_refusal_from_elsewhere_goes_on_and_another_begins_anew(registrar, phone, seen):
    registrar.probe(phone.username, "wrong").register()
    ((since,),) = seen("refused_since")
    registrar.probe(phone.username, "wrong", host="127.0.0.8").register()
    ((still, latest),) = seen("refused_since, refused_at")
    assert still == since < latest


def test_strangers_leave_nothing_behind(registrar, phone, seen):
    """Neither names that nobody has, nor one that has no password with it."""
    unknown = f"u{secrets.token_hex(8)}"
    for name in (unknown, "u'; DROP TABLE line --", "x" * 200, "101"):
        stranger = registrar.probe(unknown, "guess", host=STRANGER, digest_username=name)
        assert stranger.register() == 401
    nobody = registrar.probe(phone.username, "", host=STRANGER)
    assert nobody.ask("REGISTER", HOME).status == 401
    assert seen("username") == []


def test_rows_whose_time_is_over_go(phone, owner, seen):
    owner.execute(
        "INSERT INTO registrar.line (username, until) VALUES ('u1', now() - interval '1 s')"
    )
    owner.commit()
    assert (phone.register(), phone.unregister()) == (200, 200)
    assert seen("username") == [(phone.username,)]


def test_refusals_leave_no_line_in_the_log(registrar, phone):
    before = registrar.log.stat().st_size
    wrong = registrar.probe(phone.username, "wrong", host="127.0.0.9")
    wrong.agent = "y" * 9000
    assert wrong.register() == 401
    assert registrar.log.read_bytes()[before:] == b""
