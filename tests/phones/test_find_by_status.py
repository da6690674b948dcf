"""Lists of phones, filtered and sorted by what their rows say of each phone's status (R9, R34)."""

from __future__ import annotations

import csv
import html
import io
import random
import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from django.db.models import Q

from phones.models import Kind, Provisioning
from tests import factories
from tests.markup import compact
from users.models import SipAccount
from users.tenancy import scope

MAKES = {"Yealink SIP-T54W": "Yealink SIP-T54W 96.86", "Snom D785": "snomD785/10.1"}
SAYS = {
    "not-registered": re.compile(r"[Nn]ot registered"),
    "needs-restart": re.compile(r"Needs restart"),
    "never-fetched": re.compile(r"[Nn]ot set up"),
}


@pytest.fixture
def many(client, owner, committed, registrar_answers) -> Iterator[None]:
    """Make phones of both kinds in all states that a row can show, at random."""
    acme = factories.account("Acme")
    alice = factories.person(acme, "Alice", "Archer", ext="100", is_administrator=True)
    chosen = random.Random(34)
    devices = []
    with transaction.atomic(), scope.entered(scope="support"):
        for n in range(36):
            model = chosen.choice(list(MAKES))
            kind = chosen.choice([Kind.USER, Kind.USER, Kind.COMMON])
            person = factories.person(acme, ext=str(n)) if kind == Kind.USER and n % 3 else None
            phone = factories.phone(acme, person, model=model, kind=kind, label=f"n{n}")
            provisioning = Provisioning.objects.get(phone=phone)
            provisioning.delivered = chosen.choice(["", provisioning.wanted, "another"])
            provisioning.save()
            line = SipAccount.objects.get(Q(phone=phone) | Q(user=person, user__isnull=False))
            for minutes in chosen.choice([(), (), (5,), (5,), (-1,), (5, -1)]):
                agent = chosen.choice([MAKES[model], MAKES[model], "Zoiper v5"])
                devices.append([f"{n} {minutes}", line.username, agent, minutes])
    for device in devices:
        owner.execute(
            "INSERT INTO registrar.location (ruid, username, user_agent, expires)"
            " VALUES (%s, %s, %s, now() AT TIME ZONE 'UTC' + %s * interval '1 minute')", device
        )  # fmt: skip
    owner.commit()
    with transaction.atomic(), scope.entered(scope="support"):
        client.force_login(alice)
    try:
        yield
    finally:
        owner.execute("DELETE FROM registrar.location; DELETE FROM registrar.line")
        owner.commit()


def read(client, url: str) -> dict[str, str]:
    """Return the text of each row's status cell by the phone's key, from top to bottom."""
    page = compact(client.get(url).content.decode())
    rows = re.findall(r'<tr id="phone-(\d+)".*?(<td class="status".*?</td>)', page, re.S)
    return dict(rows)


@pytest.mark.parametrize("few", [1000, 3], ids=["collected", "walked"])
@pytest.mark.parametrize("status", SAYS)
def test_filter_keeps_exactly_the_rows_whose_status_says_so(client, many, status, few, monkeypatch):
    monkeypatch.setattr("phones.by_status.FEW", few)
    for url in ("/phones/", "/phones/common/"):
        everything = read(client, url)
        says = {key for key, cell in everything.items() if SAYS[status].search(cell)}
        assert 0 < len(says) < len(everything)
        for more in ("", "&sort=-ext", "&sort=label", "&sort=-mac", "&sort=-status", "&last=1"):
            assert set(read(client, f"{url}?status={status}{more}")) == says, more


@pytest.mark.parametrize("few", [1000, 3], ids=["collected", "walked"])
def test_status_is_combined_with_other_filters_and_kept_by_pages_order_and_download(
    client, many, few, monkeypatch
):
    monkeypatch.setattr("phones.by_status.FEW", few)
    chosen = "status=not-registered&show=assigned&q=n"
    everything = client.get(f"/phones/?{chosen}").context
    wanted = [row.label for row in everything["rows"]]
    assert len(wanted) == everything["total"] > 2
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 2)
    url, seen = f"/phones/?{chosen}", []
    while url:
        page = client.get(url).content.decode()
        rows = re.findall(r'<tr id="phone-(\d+)"', page)
        seen += rows
        assert 0 < len(rows) <= 2
        links = {html.unescape(link) for link in re.findall(r'href="(/phones/\?[^"]*)"', page)}
        url = next((link for link in links if "after=" in link), "")
    assert seen == [row.id for row in everything["rows"]]
    (link,) = re.findall(r'href="(/phones/[^"?]*\.csv[^"]*)"', page)
    text = b"".join(client.get(html.unescape(link)).streaming_content).decode("utf-8-sig")
    assert [row["Label"] for row in csv.DictReader(io.StringIO(text))] == wanted
    for link in re.findall(r'<th scope="col" class="c-[^>]*>\s*<a href="([^"]*)"', page):
        assert "status=not-registered" in link


@pytest.mark.parametrize("sort", ["status", "-status"])
def test_order_by_status_begins_with_what_needs_attention(client, owner, many, sort):
    owner.execute("DELETE FROM registrar.location WHERE expires < now() AT TIME ZONE 'UTC'")
    owner.commit()  # as the registrar does every few seconds
    cells = list(read(client, f"/phones/?sort={sort}").values())
    ranks = [
        next((n for n, status in enumerate(SAYS) if SAYS[status].search(cell)), len(SAYS))
        for cell in cells
    ]
    assert set(ranks) == {0, 1, 2, 3}
    assert ranks == sorted(ranks, reverse=sort == "-status")


def test_choices_show_how_many_phones_each_has(client, many, monkeypatch):
    page = compact(client.get("/phones/").content.decode())
    cells = read(client, "/phones/").values()
    for status, name in (
        ("not-registered", "Set up, not registered"),
        ("needs-restart", "Needs restart"),
        ("never-fetched", "Not set up"),
    ):
        found = sum(1 for cell in cells if SAYS[status].search(cell))
        assert f'<option value="{status}">{name} ({found})</option>' in page
    monkeypatch.setattr("phones.by_status.COUNTED", 2)
    assert "Needs restart (2+)" in client.get("/phones/").content.decode()


def test_while_the_registrar_cannot_be_asked_no_phone_is_listed_as_not_registered(
    client, many, monkeypatch
):
    monkeypatch.setattr("phones.registrar_client.is_reachable", lambda: False)
    page = client.get("/phones/?status=not-registered")
    assert page.context["rows"] == []
    text = page.content.decode()
    assert "no one knows which phones are registered" in text
    assert "Set up, not registered</option>" in text  # without a number


def test_status_that_there_is_not_is_refused(signed_in, acme):
    factories.phone(acme)
    assert signed_in.get("/phones/?status=broken").status_code == 400
