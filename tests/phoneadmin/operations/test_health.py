"""Liveness and readiness as a probe asks: without host name, cookie or account."""

from __future__ import annotations

import json
import threading

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, connections

from phoneadmin.operations import health, kamailio, releases
from phoneadmin.settings import read_host_and_port
from tests.sip.conftest import Registrar, free_port
from tests.web import serving
from users.tenancy import scope

from .site_client import probe

TODAYS, TOMORROWS = ("phones", "0009_words"), ("phones", "9999_of_tomorrow")
ALL_OK = dict.fromkeys(health.PARTS, "ok")


@pytest.fixture(autouse=True)
def unseen(monkeypatch):
    """Forget what an earlier test saw."""
    monkeypatch.setattr(health, "_seen", (float("-inf"), {}))
    health.is_registrar_expected.cache_clear()


@pytest.fixture
def worker(db):
    """Register a worker with a heartbeat just now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT procrastinate_register_worker_v1()")


@pytest.fixture
def registrar(django_db_setup, tmp_path, settings, monkeypatch):
    """Run a SIP registrar; skip the test if Kamailio is not installed."""
    try:
        kamailio.find_program()
    except kamailio.Unavailable as reason:
        pytest.skip(str(reason))
    made = Registrar(tmp_path / "registrar.log")
    settings.REGISTRAR_RPC = "{}:{}".format(*made.rpc)
    monkeypatch.setattr("phones.registrar_client._asked_at", float("-inf"))
    try:
        made.start()
        yield made
    finally:
        made.stop()


@pytest.fixture
def no_registrar(settings, monkeypatch):
    """Simulate an installation without Kamailio."""
    settings.REGISTRAR_RPC = "127.0.0.1:1"
    monkeypatch.setattr("phones.registrar_client._asked_at", float("-inf"))
    monkeypatch.setattr(kamailio, "LIBRARIES", ())


def ask(client, what: str, **headers: str):
    response = client.get(f"/health/{what}", headers={"Host": "10.0.0.7:8000", **headers})
    return response.status_code, json.loads(response.content)


def test_alive_needs_nothing_but_the_process(client):
    """Without the database: pytest-django would refuse to use it here."""
    assert ask(client, "alive") == (200, {"alive": "ok"})


def test_ready_when_every_part_is(client, worker, registrar):
    assert ask(client, "ready") == (200, ALL_OK)


def test_ready_without_a_registrar_where_there_is_to_be_none(client, worker, no_registrar):
    assert ask(client, "ready") == (200, ALL_OK | {"registrar": "off"})


def test_registrar_that_is_to_be_there_and_is_not_has_failed(
    client, worker, no_registrar, settings
):
    settings.REGISTRAR_ELSEWHERE = True
    assert ask(client, "ready") == (503, ALL_OK | {"registrar": "failed"})


@pytest.mark.parametrize(
    "change",
    [
        "DELETE FROM procrastinate_workers",
        "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '31 s'",
    ],
)
def test_worker_that_is_silent_has_failed(client, worker, no_registrar, change):
    with connection.cursor() as cursor:
        cursor.execute(change)
    assert ask(client, "ready") == (503, ALL_OK | {"worker": "failed", "registrar": "off"})


@pytest.mark.parametrize(
    "known", [{*releases.known_migrations(), TOMORROWS}, releases.known_migrations() - {TODAYS}]
)
def test_data_of_another_release_has_failed(client, worker, no_registrar, monkeypatch, known):
    monkeypatch.setattr(releases, "known_migrations", lambda: known)
    assert ask(client, "ready") == (503, ALL_OK | {"migrations": "failed", "registrar": "off"})


def test_database_away_fails_what_needs_it(client, db, no_registrar, settings, monkeypatch):
    away = connections.create_connection("default")
    away.settings_dict = away.settings_dict | {"HOST": "/nowhere"}
    monkeypatch.setattr(health, "connection", away)
    expected = dict.fromkeys(health.PARTS, "failed") | {"registrar": "off"}
    assert ask(client, "ready") == (503, expected)


def test_database_that_takes_no_changes_is_named_and_not_ready(client, worker, no_registrar):
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
    assert ask(client, "ready") == (503, ALL_OK | {"database": "read-only", "registrar": "off"})


def test_answers_say_nothing_else_and_set_no_cookie(client, worker, no_registrar):
    response = client.get("/health/ready")
    assert set(json.loads(response.content)) == set(health.PARTS)
    assert response.headers["Cache-Control"] == "no-store"
    assert not response.cookies
    assert client.post("/health/ready").status_code == 405
    assert client.head("/health/alive").status_code == 200
    assert client.get("/health/versions").status_code == 404


def test_however_often_it_is_asked_it_looks_once_a_second(
    client, worker, no_registrar, django_assert_num_queries
):
    ask(client, "ready")
    with django_assert_num_queries(0):
        assert {ask(client, "ready")[0] for _ in range(50)} == {200}


def test_who_asks_while_another_look_hangs_gets_what_was_seen_until_that_is_too_old(monkeypatch):
    asked, go_on = threading.Event(), threading.Event()

    def hang() -> dict[str, str]:
        asked.set()
        go_on.wait(20)
        return ALL_OK

    monkeypatch.setattr(health, "check_parts", hang)
    first = threading.Thread(target=health.check_ready)
    first.start()
    try:
        assert asked.wait(20)
        assert set(health.check_ready().values()) == {"failed"}, "nothing has been checked yet"
    finally:
        go_on.set()
        first.join()
    assert health.check_ready() == ALL_OK


def test_looking_leaves_no_scope_behind(client, worker, no_registrar, acme):
    scope.enter()
    ask(client, "ready")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM users_user")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize(
    ("value", "address"),
    [("", None), ("127.0.0.1:8001", ("127.0.0.1", 8001)), ("[::1]:8001", ("::1", 8001))],
)
def test_address_for_probes_is_host_and_port(monkeypatch, value, address):
    monkeypatch.setenv("PHONEADMIN_HEALTH", value)
    assert read_host_and_port("PHONEADMIN_HEALTH") == address


@pytest.mark.parametrize("value", ["8001", "127.0.0.1", "[::1]:x", "http://[::1]:8001", ":8001"])
def test_address_for_probes_that_is_none_is_refused(monkeypatch, value):
    monkeypatch.setenv("PHONEADMIN_HEALTH", value)
    with pytest.raises(ImproperlyConfigured, match="PHONEADMIN_HEALTH"):
        read_host_and_port("PHONEADMIN_HEALTH")


def test_port_for_probes_answers_as_the_other_does(django_db_setup):
    port = free_port()
    with serving(PHONEADMIN_HEALTH=f"127.0.0.1:{port}"):
        assert probe(port) == probe(port, method="HEAD") == 200
        assert probe(port, "/health/ready") == 503, "there is no worker"
        assert probe(port, "/health/nothing") == probe(port, "/phones/") == 404
        for method in ("POST", "OPTIONS", "TRACE", "CONNECT"):
            assert probe(port, method=method) == 405
