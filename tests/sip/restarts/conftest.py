"""People of one account whose phones fetch, register and are asked to restart."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from django.db import transaction
from django.test import Client

from phones import fetching
from phones.models import Phone
from tests import factories
from tests.phones.provisioning.readers import READERS
from users.models import Account, User
from users.tenancy import scope

from ..conftest import Registrar
from ..probe import Probe

YEALINK = "Yealink SIP-T54W 96.86.0.100"


@pytest.fixture(autouse=True)
def asked_here(registrar: Registrar, settings, monkeypatch) -> None:
    """Use the tests' registrar, and check each time whether it answers."""
    settings.SIP_LISTEN = "{}:{}".format(*registrar.address)
    settings.REGISTRAR_RPC = "{}:{}".format(*registrar.rpc)
    monkeypatch.setattr("phones.registrar_client.REFRESH", 0)
    monkeypatch.setattr("phones.registrar_client._asked_at", float("-inf"))
    monkeypatch.setattr("phones.registrar_client._reachable", False)


@pytest.fixture
def acme(registrar) -> Account:
    return factories.account("Acme")


@pytest.fixture
def alice(acme) -> User:
    return factories.person(acme, "Alice", "Archer", ext="100", is_administrator=True)


@pytest.fixture
def uma(acme) -> User:
    return factories.person(acme, "Uma", "Ulm", ext="11")


@pytest.fixture
def vic(acme) -> User:
    return factories.person(acme, "Vic", "Vance", ext="12")


@pytest.fixture
def desk(acme, uma) -> Phone:
    """Uma's phone."""
    return factories.phone(acme, uma, label="Front desk")


@pytest.fixture
def browser(alice) -> Client:
    """Sign alice in, on User phones."""
    client = Client(headers={"HX-Request": "true", "HX-Current-URL": "http://testserver/phones/"})
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(alice)
    return client


@pytest.fixture
def boot(registrar) -> Callable[..., Probe | None]:
    """Have a Yealink phone fetch its file and register; return no probe if it gets no line."""

    def booted(phone: Phone, kind: type[Probe] = Probe) -> Probe | None:
        with transaction.atomic(), scope.entered(scope="support"):
            code = fetching.create_code(phone)
        with transaction.atomic():
            file = fetching.serve_file(
                secret=code,
                file=f"{phone.mac}.cfg",
                sender="192.0.2.1",
                agent=YEALINK,
                record=True,
            )
        if not (found := READERS["yealink"](file.text)):
            return None
        probe = kind(registrar.address, found["username"], found["password"], found["domain"])
        probe.agent = YEALINK
        registrar.probes.append(probe)
        assert probe.register() == 200
        return probe

    return booted


@pytest.fixture
def registered(registrar, owner: psycopg.Connection) -> Callable[[], set[str]]:
    """Ask which usernames are registered, including dead ones."""

    def ask() -> set[str]:
        found = owner.execute(
            "SELECT username FROM registrar.location WHERE expires > now() AT TIME ZONE 'UTC'"
        )
        names = {name for (name,) in found}
        owner.rollback()
        return names

    return ask
