"""Phones by others that know only what is in their files, behind two routers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from phones import line
from phones.provisioning import yealink
from tests import factories
from tests.phones.provisioning import readers
from tests.sip.conftest import refuse
from tests.waiting import wait_until
from users.models import Account

from ..conftest import CONTROL, Relay, StreetRegistrar, emptied
from ..network import STREET_ADDRESS, Streets
from .agent import Agent
from .certificate import write_authority, write_certificate
from .front import BEHIND, PORT, tls_front

# Everyone's name, tone in hertz, and office.
PEOPLE = {"101": ("Ann", 500, 0), "102": ("Bob", 800, 1), "103": ("Tim", 1300, 0)}
FOLDER = "https://phones.example.com/p/secret/"

Pick = Callable[..., Agent]


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ca.pem, and front.pem, a certificate of the street's front."""
    folder = tmp_path_factory.mktemp("certificates")
    write_certificate(folder / "front.pem", STREET_ADDRESS, *write_authority(folder / "ca.pem"))
    return folder


@pytest.fixture
def reached(
    transport: str,
    streets: Streets,
    relay: Relay,
    start,
    committed,
    authority: Path,
    tmp_path: Path,
) -> Iterator[StreetRegistrar]:
    """The registrar as phones with this transport reach it: directly or through the TLS front."""
    variables = {"PHONEADMIN_MEDIA": "{}:{}".format(*CONTROL)}
    with ExitStack() as stopping:
        if transport == "tls":
            if not shutil.which("haproxy", path="/usr/sbin:/usr/bin"):
                refuse("No haproxy on this machine: install Debian's package haproxy.")
            variables |= {
                "PHONEADMIN_SIP_FRONT": BEHIND,
                "PHONEADMIN_SIP_SERVER": f"{STREET_ADDRESS}:{PORT};transport=tls",
            }
            stopping.enter_context(tls_front(streets, tmp_path, authority / "front.pem"))
        yield stopping.enter_context(emptied(start(**variables)))


@pytest.fixture
def pick(
    reached: StreetRegistrar,
    transport: str,
    streets: Streets,
    authority: Path,
    tmp_path: Path,
    registered: Callable[[], list[tuple[str, str]]],
) -> Iterator[Pick]:
    """Start a person's phone, and wait until it is registered.

    Its line is read from the file that we render, as a Yealink phone would.
    """
    account: Account = factories.account("Acme")
    host, port = (STREET_ADDRESS, PORT) if transport == "tls" else reached.address

    def read_line(ext: str) -> dict[str, Any]:
        person = factories.person(account, PEOPLE[ext][0], "Lee", ext=ext)
        phone = factories.phone(account, person, model="Yealink SIP-T54W")
        with (
            override_settings(SIP_HOST=host, SIP_PORT=port, SIP_TRANSPORT=transport),
            factories.everywhere(),
        ):
            desk = line.build_desk(line.load_facts([phone.pk])[phone.pk], FOLDER)
        return readers.READERS["yealink"](yealink.make.render_configuration(desk))

    with ExitStack() as closing:

        def pick(kind: type[Agent], ext: str) -> Agent:
            if not shutil.which(kind.program):
                refuse(f"No {kind.program} on this machine: install {kind.package}.")
            _, hertz, office = PEOPLE[ext]
            agent = kind(
                read_line(ext),
                tmp_path / ext,
                office=streets.offices[office],
                hertz=hertz,
                authority=authority / "ca.pem",
            )
            closing.enter_context(agent)
            wait_until(lambda: agent.line["username"] in dict(registered()))
            return agent

        yield pick
