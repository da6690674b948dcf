"""A first visit and an opened dropdown are light, and the page names no other host."""

from __future__ import annotations

import gzip
import re

import pytest
from django.contrib.staticfiles import finders
from django.db import transaction

from phones.models import Phone, PhoneModel
from tests import factories
from users.models import Account, Plan, User
from users.tenancy import scope

FIRST_VISIT = 70_000
UNCOMPRESSED = 75_000
DROPDOWN = 40_000
PEOPLE = 10_000
LOADED = re.compile(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"')
# A scheme or two slashes before a name, which a browser would take for another host. Comments in
# JavaScript have a space after the slashes.
ELSEWHERE = re.compile(r"(?:\w+:)?//[\w\[][^\s\"'<>)]*")


@pytest.fixture
def page(client, alice, acme) -> str:
    """Return the page User phones with 50 rows."""
    for number in range(50):
        person = factories.person(acme, "Bartholomew", f"Featherstonehaugh {number}")
        factories.address(factories.phone(acme, person, label=f"Reception desk {number}"))
    client.force_login(alice)
    return client.get("/phones/").content.decode()


@pytest.fixture
def static(page) -> dict[str, bytes]:
    """Return the files that the page loads, by address."""
    addresses = LOADED.findall(page)
    assert {address.rpartition(".")[2] for address in addresses} == {"css", "js", "svg"}
    found = {address: finders.find(address.removeprefix("/static/")) for address in addresses}
    return {address: open(path, "rb").read() for address, path in found.items()}


def test_first_visit_is_light(client, page, static):
    compressed = client.get("/phones/", headers={"Accept-Encoding": "gzip"})
    assert compressed["Content-Encoding"] == "gzip"
    assert page.count('<tr id="phone-') == 50
    total = len(compressed.content) + sum(
        len(gzip.compress(content)) for content in static.values()
    )
    assert total <= FIRST_VISIT


def test_page_of_50_rows_is_light_before_it_is_compressed(page):
    assert page.count('<tr id="phone-') == 50
    assert len(page.encode()) <= UNCOMPRESSED


def test_page_and_its_files_name_no_other_host(page, static):
    """The namespaces of SVG and HTML are names, never fetched."""
    names = {
        address
        for text in (page, *(file.decode() for file in static.values()))
        for address in ELSEWHERE.findall(text)
    }
    assert names - {"http://www.w3.org/2000/svg"} == set()


def test_dropdown_of_10000_people_is_light(client, alice, acme):  # R11
    many(acme, PEOPLE)
    phone = factories.phone(acme, alice)
    client.force_login(alice)
    for query in ("", "?q=p", "?q=person", "?last=1"):
        answer = client.get(f"/phones/{phone.pk}/people/{query}", headers={"HX-Request": "true"})
        assert answer.content.count(b'role="option"') >= 40
        assert len(answer.content) <= DROPDOWN


def many(account: Account, count: int) -> None:
    """Add people with long names, every third on Basic, whose row says why they can't have a phone.

    Those at both ends have phones.
    """
    model = PhoneModel.objects.get(name="Yealink SIP-T54W")
    with transaction.atomic(), scope.entered(scope="support"):
        people = User.objects.bulk_create(
            User(
                account=account,
                first_name=f"Bartholomew Person {number}",
                last_name="Featherstonehaugh-Cholmondeley",
                email=f"person.{number}@company.example",
                ext=str(100_000 + number),
                plan=Plan.PRO if number % 3 else Plan.BASIC,
            )
            for number in range(count)
        )
        Phone.objects.bulk_create(
            Phone(
                account=account,
                assigned_to=person,
                model=model,
                mac=f"0004{person.ext:0>8}",
                label=f"Reception {person.ext}",
            )
            for person in people[:60] + people[-60:]
            if person.plan == Plan.PRO
        )
