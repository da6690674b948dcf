"""Ten thousand phones beside the web pages, and a minute of garbage: `make soak` (R32, R33).

SOAK_PEOPLE and SOAK_MINUTE (the seconds within which everyone registers again) make it smaller.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.client import HTTPConnection
from statistics import median, quantiles
from urllib.parse import urlsplit

import psycopg
import pytest
from django.conf import settings
from django.db import connections, transaction

from phoneadmin import demo
from phoneadmin.operations.embedded import EmbeddedPostgres
from tests import factories
from tests.web import serving, session_of
from users import sip
from users.models import SipAccount, User
from users.tenancy import scope

from .conftest import Registrar, missing_registrar
from .garbage import garbage
from .office import ELSEWHERE, HOME, uri
from .sipp import Telephones

pytestmark = pytest.mark.soak
PEOPLE = int(os.environ.get("SOAK_PEOPLE") or 10_000)
MINUTE = float(os.environ.get("SOAK_MINUTE") or 60)
ROUNDS = 3
PAUSE = 0.02  # seconds between two requests of the browser


@pytest.fixture(scope="module")
def durable(postgres: EmbeddedPostgres, django_db_setup) -> Iterator[None]:
    """Run PostgreSQL as in production: a commit waits for the disk."""

    def restart(*, fast: bool) -> None:
        connections.close_all()
        postgres.stop()
        postgres.fast = fast
        postgres.start()

    restart(fast=False)
    try:
        yield
    finally:
        restart(fast=True)


@pytest.fixture(scope="module")
def running(durable, tmp_path_factory) -> Iterator[Registrar]:
    """Run a registrar on that PostgreSQL."""
    missing_registrar()
    registrar = Registrar(tmp_path_factory.mktemp("registrar") / "log")
    try:
        registrar.start()
        yield registrar
    finally:
        registrar.stop()


@pytest.fixture
def telephones(registrar: Registrar, tmp_path) -> Telephones:
    """Make one phone per person in a dozen companies with a thousand phones each."""
    if not shutil.which("sipp"):
        reason = (
            "No sipp on this machine: install Debian's package sip-tester,"
            " then run make soak again."
        )
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    demo.make_accounts(accounts=1 + PEOPLE // 850, phones=1000, users=1000)
    with transaction.atomic(), scope.entered(scope="support"):
        everybody = [
            (one.username, sip.password_of(one)) for one in SipAccount.objects.order_by("pk")
        ]
    # sipp takes one password in 4,096 for a hexadecimal number.
    people = [
        (username, password) for username, password in everybody if not password.startswith("0x")
    ][:PEOPLE]
    assert len(people) == PEOPLE
    return Telephones(
        registrar.address, people, domain=settings.SIP_DOMAIN, expires=180, folder=tmp_path
    )


class Browser:
    """An administrator who keeps looking at User phones."""

    def __init__(self, connection: HTTPConnection, user: User) -> None:
        self.connection = connection
        self.headers = {"Cookie": f"sessionid={session_of(user)}"}

    def look(self, until: Callable[[], object]) -> list[float]:
        """Request the page until a condition holds; return the milliseconds of each answer."""
        milliseconds = []
        while not until():
            started = time.monotonic()
            self.connection.request("GET", "/phones/", headers=self.headers)
            response = self.connection.getresponse()
            page = response.read()
            milliseconds.append((time.monotonic() - started) * 1000)
            assert response.status == 200
            assert page.count(b'<tr id="phone-') == 50
            time.sleep(PAUSE)
        return milliseconds


def summary(milliseconds: list[float]) -> str:
    slow = quantiles(milliseconds, n=20)[-1]
    return f"median {median(milliseconds):.1f} ms, 95 % within {slow:.1f} ms"


def alive(owner: psycopg.Connection) -> int:
    """Return how many registrations have not expired."""
    ((number,),) = owner.execute(
        "SELECT count(*) FROM registrar.location WHERE expires > now() AT TIME ZONE 'UTC'"
    )
    owner.rollback()
    return number


def test_everybody_registers_each_minute_beside_the_web_pages(telephones, registrar, owner):
    # As after a power cut; measuring starts after it.
    at_once = telephones.register(seconds=MINUTE / 3)
    print(
        f"\n{PEOPLE} telephones at once, in {MINUTE / 3:.0f} s: 200 after "
        f"{summary(at_once.milliseconds)}"
    )
    with transaction.atomic(), scope.entered(scope="support"):
        administrator = User.objects.filter(is_administrator=True).order_by("pk").first()
    place = {
        "PHONEADMIN_SIP_LISTEN": "{}:{}".format(*registrar.address),
        "PHONEADMIN_REGISTRAR_RPC": "{}:{}".format(*registrar.rpc),
    }
    answered, quiet, loaded = [], [], []
    with serving(settings.PROCESSES, **place) as site:
        connection = HTTPConnection("127.0.0.1", urlsplit(site).port, timeout=30)
        try:
            browser = Browser(connection, administrator)
            warm = time.monotonic() + MINUTE / 12
            browser.look(until=lambda: time.monotonic() > warm)
            for number in range(ROUNDS):
                rest = time.monotonic() + MINUTE / 3
                without = browser.look(until=lambda rest=rest: time.monotonic() > rest)
                with telephones.registering(seconds=MINUTE) as sipp:
                    beside = browser.look(until=lambda: sipp.poll() is not None)
                outcome = telephones.outcome()
                print(
                    f"round {number + 1}: {len(outcome.milliseconds)} of {PEOPLE} registered, "
                    f"{outcome.repeated} requests"
                    f" repeated, 200 after {summary(outcome.milliseconds)}; the page: "
                    f"{summary(without)} without,"
                    f" {summary(beside)} beside"
                )
                answered += outcome.milliseconds
                quiet += without
                loaded += beside
        finally:
            connection.close()
    in_time = sum(one <= 500 for one in answered) / (PEOPLE * ROUNDS)
    medians, tails = (
        [measure(quiet), measure(loaded)]
        for measure in (median, lambda all: quantiles(all, n=20)[-1])
    )
    print(
        f"registered within 500 ms: {in_time:.3%}; the page beside it takes "
        f"{medians[1] / medians[0]:.2f} times as long,"
        f" at the 95th percentile {tails[1] / tails[0]:.2f} times"
    )
    assert alive(owner) == PEOPLE
    assert in_time >= 0.999
    assert medians[1] <= 1.5 * medians[0]
    assert tails[1] <= 1.5 * tails[0]


def test_a_minute_of_garbage_stops_nothing(registrar):
    """Send seeded changes of valid requests while a phone registers."""
    account = factories.account("Acme")
    ann, bob = (
        factories.person(account, name, "Lee", ext=ext)
        for name, ext in (("Ann", "101"), ("Bob", "102"))
    )
    victim, phone = registrar.probe_of(ann, host=ELSEWHERE), registrar.probe_of(bob)
    requests = []
    for method, target in (
        ("REGISTER", HOME),
        ("INVITE", uri("102")),
        ("NOTIFY", uri("101")),
        ("OPTIONS", HOME),
    ):
        victim.request(
            method, target, "Event: check-sync", "Route: <sip:127.0.0.1;lr;k=0>", "Expires: 60"
        )
        requests.append(victim.sent)
    children, generator = registrar.children(), random.Random(4)
    sent, milliseconds, logged = 0, [], registrar.log.stat().st_size
    deadline = time.monotonic() + MINUTE
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as attacker:
        attacker.bind((ELSEWHERE, 0))
        while time.monotonic() < deadline:
            for _ in range(200):
                victim.sent = generator.choice(requests)
                attacker.sendto(garbage(victim, generator), registrar.address)
            sent += 200
            # On a connection that the registrar may cut.
            with (
                socket.create_connection(registrar.address, timeout=10) as stream,
                suppress(OSError),
            ):
                stream.sendall(garbage(victim, generator))
            started = time.monotonic()
            assert phone.register() == 200
            milliseconds.append((time.monotonic() - started) * 1000)
    print(
        f"\n{sent} packets of garbage; meanwhile registered {len(milliseconds)} times: "
        f"{summary(milliseconds)}"
    )
    assert registrar.answers()
    assert registrar.children() == children, "a process has died"
    log = registrar.log.read_bytes()[logged:]
    assert b"response=" not in log  # headers that sign a phone in
    assert len(log) < 20 * sent  # garbage does not fill the disk
