"""A registrar out in the street, with a media relay or without, and phones in two offices."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from phoneadmin.operations import kamailio, media
from phoneadmin.operations.logins import connect
from phones import media_relay
from tests.sip.conftest import Registrar, credentials, missing_registrar, refuse
from tests.sip.probe import Probe
from tests.waiting import wait_until
from users.models import User

from . import network
from .network import STREET_ADDRESS, Streets

CONTROL = ("127.0.0.1", 5071)
SIP_PORT, RPC_PORT = 5060, 5070


class StreetRegistrar(Registrar):
    """A registrar in the street; its JSON-RPC is on the street's own loopback."""

    def __init__(self, streets: Streets, log: Path, **variables: str) -> None:
        super().__init__(log, **variables)
        self.streets = streets
        self.address, self.rpc = (STREET_ADDRESS, SIP_PORT), ("127.0.0.1", RPC_PORT)
        # More often than the routers forget.
        self.command = [*network.prefix(streets.street), *Registrar.command, "--ping-interval=2"]

    def call(self, *arguments: Any, **options: Any) -> tuple[int, Any]:
        with network.within(self.streets.street):
            return super().call(*arguments, **options)

    def phone(
        self, user: User, office: int, *, host: str = "192.168.1.10", **options: Any
    ) -> Probe:
        """Return a phone in an office; it doesn't ask for answers at its own port (rport)."""
        with network.within(self.streets.offices[office]):
            made = self.probe(*credentials(user), host=host, **options)
        made.rport = False
        return made


class Relay:
    """A media relay in the street, as `make run` starts it."""

    def __init__(self, streets: Streets, log: Path) -> None:
        self.streets, self.log = streets, log
        self.process: subprocess.Popen | None = None

    def start(self) -> None:
        with override_settings(MEDIA_ADDRESS=STREET_ADDRESS, MEDIA_PORTS=(30000, 31999)):
            child = media.build_relay(CONTROL)
        command = [*network.prefix(self.streets.street), "setpriv", *child.privileges, "--"]
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [*command, *child.argv],
                env=child.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self.answers)

    def answers(self) -> bool:
        with network.within(self.streets.street):
            return media_relay.is_answering(*CONTROL)

    def freeze(self) -> None:
        """Let it hang, until it is stopped."""
        self.process.send_signal(signal.SIGSTOP)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def seconds(self) -> float:
        """Return the processor time that it has used."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def streets() -> Iterator[Streets]:
    missing_registrar()
    if reason := network.find_obstacle():
        pytest.skip(reason)
    with Streets() as made:
        yield made


@pytest.fixture(scope="module")
def relay(streets: Streets, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    try:
        media.find_program()
    except kamailio.Unavailable as reason:
        refuse(str(reason))
    made = Relay(streets, tmp_path_factory.mktemp("relay") / "log")
    try:
        made.start()
        yield made
    finally:
        made.stop()


@contextmanager
def emptied(registrar: StreetRegistrar) -> Iterator[StreetRegistrar]:
    """Leave a registrar without phones and registrations."""
    try:
        yield registrar
    finally:
        while registrar.probes:
            registrar.probes.pop().close()
        with connect(settings.DATABASES["owner"]) as owner:
            owner.execute("DELETE FROM registrar.location; DELETE FROM registrar.call")


@pytest.fixture(scope="module")
def start(
    streets: Streets, django_db_setup, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., StreetRegistrar]]:
    """Start a registrar in the street; only the newest one runs."""
    with ExitStack() as stopping:
        running: list[StreetRegistrar] = []

        def start(**variables: str) -> StreetRegistrar:
            if running and running[-1].variables == variables:
                return running[-1]
            stopping.close()
            log = tmp_path_factory.mktemp("registrar") / "log"
            registrar = StreetRegistrar(streets, log, **variables)
            stopping.callback(registrar.stop)
            registrar.start()
            running.append(registrar)
            return registrar

        yield start


@pytest.fixture
def relaying(relay: Relay, start, committed) -> Iterator[StreetRegistrar]:
    """The registrar with a media relay; the test may commit."""
    with emptied(start(PHONEADMIN_MEDIA="{}:{}".format(*CONTROL))) as registrar:
        yield registrar


@pytest.fixture
def bare(start, committed) -> Iterator[StreetRegistrar]:
    """The registrar without a media relay; the test may commit."""
    with emptied(start()) as registrar:
        yield registrar
