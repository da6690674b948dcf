"""Northwind, imported; a company whose assignments are undone; an administrator with a phone."""

import pytest

from phones.models import Phone
from tests import factories
from users.models import Account
from users.tenancy import scope

from .importing import (
    GOOD,
    bring_in,
)
from .undoing import Company


@pytest.fixture
def everything(db):
    """Let the test see all accounts."""
    scope.enter(scope="support")


@pytest.fixture
def northwind(everything):
    bring_in("Northwind", **GOOD)
    return Account.objects.get(name="Northwind")


@pytest.fixture
def company(client, committed) -> Company:
    return Company(client)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def desk(acme, alice) -> Phone:
    """Alice's phone, with a label and an E911 address."""
    phone = factories.phone(acme, alice, label="Front desk", mac="805ec0aa0001")
    factories.address(phone)
    return Phone.objects.get(pk=phone.pk)


@pytest.fixture
def world(client, alice, acme):
    """Uma has the phone Reception, Vic has Cellar, Wyn has none, and Spare is a free phone."""
    client.force_login(alice)
    people = {
        name: factories.person(acme, name, "Person", ext=ext)
        for name, ext in (("Uma", "11"), ("Vic", "12"), ("Wyn", "13"))
    }
    holders = {"Reception": people["Uma"], "Cellar": people["Vic"], "Spare": None}
    macs = dict(zip(holders, ("805ec0aa0001", "805ec0aa0002", "805ec0aa0003"), strict=True))
    phones = {
        label: factories.phone(acme, who, label=label, mac=macs[label])
        for label, who in holders.items()
    }
    return people | phones
