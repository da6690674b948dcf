"""A real registrar on the tests' PostgreSQL, and people whose phones use it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import transaction

from phoneadmin.operations import kamailio, logins
from tests import factories
from tests.waiting import wait_until
from users import sip
from users.models import Account, SipAccount, User
from users.tenancy import scope

from .office import HOST, STRANGER, Office
from .probe import Probe

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """Return a port on which nothing listens, neither over UDP nor over TCP."""
    while True:
        with (
            socket.create_server(("127.0.0.1", 0)) as tcp,
            socket.socket(type=socket.SOCK_DGRAM) as udp,
        ):
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


class Registrar:
    """`manage.py registrar` as a child process, with its JSON-RPC and test phones."""

    command = [sys.executable, "manage.py", "registrar", "--min-expires=1"]

    def __init__(self, log: Path, **variables: str) -> None:
        self.log = log
        self.address = ("127.0.0.1", free_port())
        self.rpc = ("127.0.0.1", free_port())
        self.key = settings.REGISTRAR_KEY
        self.variables = variables
        self.probes: list[Probe] = []
        self.process: subprocess.Popen | None = None

    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("DATABASE", "PHONEADMIN"))
        }
        return kept | {
            "DJANGO_SETTINGS_MODULE": "phoneadmin.settings",
            "PHONEADMIN_DATA": str(settings.DATA),
            "PHONEADMIN_SIP_LISTEN": "{}:{}".format(*self.address),
            "PHONEADMIN_REGISTRAR_RPC": "{}:{}".format(*self.rpc),
            **self.variables,
        }

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(lambda: self.answers() or self.process.poll() is not None)
        assert self.process.poll() is None, self.log.read_text(errors="replace")

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(10)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def kill(self) -> None:
        """Kill all of its processes at once, as a crash of the machine would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.stop()

    def answers(self) -> bool:
        try:
            return self.call("core.uptime")[0] == 200
        except OSError:
            return False

    def children(self) -> set[int]:
        """Return the registrar's processes except the first."""
        return {
            int(pid)
            for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
            .read_text()
            .split()
        }

    def call(
        self, method: str, *parameters: str, key: str | None = None, port: int = 0
    ) -> tuple[int, Any]:
        """Make a JSON-RPC call; return the HTTP status, and the result or None."""
        connection = HTTPConnection(self.rpc[0], port or self.rpc[1], timeout=10)
        try:
            body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
            key = self.key if key is None else key
            connection.request("POST", "/RPC", body, {"Authorization": f"Bearer {key}"})
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        return response.status, json.loads(text).get("result") if text.startswith(b"{") else None

    def check_sync(self, username: str, *, key: str | None = None) -> int:
        """Ask the phone registered under this username to restart; return the call's status."""
        to = f"sip:{username}@{settings.SIP_DOMAIN}"
        headers = (
            f"From: <sip:restart@{settings.SIP_DOMAIN}>\r\nTo: <{to}>\r\nEvent: "
            "check-sync;reboot=true\r\n"
            "Subscription-State: terminated\r\nX-Registrar-Key: "
            f"{self.key if key is None else key}\r\n"
        )
        _, answer = self.call(
            "tm.t_uac_wait", "NOTIFY", to, "sip:{}:{}".format(*self.address), ".", headers
        )
        return int(answer[0] if isinstance(answer, list) else answer["code"])

    def probe(self, username: str, password: str, **options: Any) -> Probe:
        """Return a user agent that is closed with this registrar."""
        made = Probe(
            options.pop("registrar", self.address),
            username,
            password,
            settings.SIP_DOMAIN,
            **options,
        )
        self.probes.append(made)
        return made

    def probe_of(self, user: User, **options: Any) -> Probe:
        """Return a user agent with the person's current credentials."""
        return self.probe(*credentials(user), **options)


def credentials(user: User) -> tuple[str, str]:
    """Return the person's current username and password."""
    with transaction.atomic(), scope.entered(scope="support"):
        found = SipAccount.objects.get(user_id=user.pk)
    return found.username, sip.password_of(found)


def change(user: User) -> None:
    """Issue new credentials to the person, and commit."""
    with transaction.atomic(), scope.entered(scope="support"):
        sip.issue_credentials([user])


def refuse(reason: str) -> None:
    """Skip the test, but fail it in continuous integration."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


def missing_registrar() -> None:
    """Refuse the test if Kamailio is not installed."""
    try:
        kamailio.find_program()
    except kamailio.Unavailable as reason:
        refuse(str(reason))


@pytest.fixture(scope="session")
def running(django_db_setup, tmp_path_factory) -> Iterator[Registrar]:
    """Run one registrar for all tests; fail if one of its processes died before the end."""
    missing_registrar()
    registrar = Registrar(tmp_path_factory.mktemp("registrar") / "log")
    try:
        registrar.start()
        yield registrar
        log = registrar.log.read_text(errors="replace")
        assert "exited by a signal" not in log and "BUG" not in log
    finally:
        registrar.stop()


@pytest.fixture
def registrar(running: Registrar, committed) -> Iterator[Registrar]:
    """The registrar without registrations of other tests; the test may commit."""
    try:
        yield running
    finally:
        while running.probes:
            running.probes.pop().close()
        with logins.connect(settings.DATABASES["owner"]) as owner:
            owner.execute(
                "DELETE FROM registrar.location; DELETE FROM registrar.call;"
                " DELETE FROM registrar.line"
            )


@pytest.fixture
def registrar_role(django_db_setup) -> Iterator[psycopg.Connection]:
    """Connect with the registrar's own database role."""
    with logins.connect(settings.REGISTRAR_DATABASE) as connection:
        yield connection


@pytest.fixture
def transport() -> str:
    return "udp"


@pytest.fixture
def office(registrar: Registrar, transport: str) -> Office:
    acme, other = factories.account("Acme"), factories.account("Other")
    people = {
        "ann": factories.person(acme, "Ann", "Lee", ext="101", caller_id="+14155550101"),
        "bob": factories.person(acme, "Bob", "Ross", ext="102"),
        "tim": factories.person(acme, "Tim", "Ng", ext="103"),
        "mal": factories.person(other, "Mal", "Ory", ext="101"),
    }
    phones = {name: registrar.probe_of(user, transport=transport) for name, user in people.items()}
    for phone in phones.values():
        assert phone.register() == 200
        phone.answers |= dict.fromkeys(
            ("INVITE", "UPDATE", "PRACK", "INFO", "REFER", "OPTIONS"), 200
        )
    host = registrar.probe("nobody", "", host=HOST)
    stranger = registrar.probe("nobody", "", host=STRANGER, transport=transport)
    return Office(registrar, people, **phones, host=host, stranger=stranger)


@pytest.fixture
def acme(registrar) -> Account:
    return factories.account("Acme")


@pytest.fixture
def ann(acme) -> User:
    return factories.person(acme, "Ann", "Lee", ext="101", caller_id="+14155550101")


@pytest.fixture
def bob(acme) -> User:
    return factories.person(acme, "Bob", "Ross", ext="102")


@pytest.fixture
def phones(registrar, ann, bob) -> tuple[Probe, Probe]:
    """Register Ann's and Bob's phones."""
    both = registrar.probe_of(ann), registrar.probe_of(bob)
    assert [phone.register() for phone in both] == [200, 200]
    return both


@pytest.fixture
def registered(registrar, owner):
    """Ask which usernames are registered and where, in order."""

    def ask() -> list[tuple[str, str]]:
        found = owner.execute(
            "SELECT username, received FROM registrar.location ORDER BY id"
        ).fetchall()
        owner.rollback()
        return found

    return ask


def update(user: User, **fields: object) -> None:
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=user.pk).update(**fields)
