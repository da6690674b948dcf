"""Connecting a phone: what the page says, and the code that it shows (R3, R32)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.utils import timezone

from phones import fetching
from phones.models import Kind, Phone, PhoneModel, Provisioning
from phones.provisioning.makes import MAKES
from tests import factories
from tests.confirming import confirm_act
from tests.markup import compact
from users.models import Account, User

# A model of each make, and what is entered in it; `url` stands for the phone's folder.
ENTERED = {
    "cisco": ("Cisco CP-8841-3PCC", "{url}$MA.xml"),
    "grandstream": ("Grandstream GRP2614", "{bare}"),
    "poly": ("Poly VVX 450", "{url}"),
    "snom": ("Snom D785", "{url}"),
    "yealink": ("Yealink SIP-T54W", "{url}"),
}


@pytest.fixture
def desk(acme: Account, alice: User) -> Phone:
    return factories.phone(acme, alice, label="Front desk", mac="805ec0aa0001")


def page(phone: Phone) -> str:
    return f"/phones/{phone.pk}/setup/"


def text(html: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", html).split()))


def steps(html: str) -> list[str]:
    return [
        text(step)
        for step in re.findall(r"<li>(.*?)</li>", re.search(r"<ol.*?</ol>", html, re.S)[0], re.S)
    ]


def entered(html: str) -> str:
    """Return the address that the page highlights."""
    return unescape(re.search(r"<code>(.*?)</code>", html)[1])


def code(html: str) -> str:
    return re.search(r"/p/([0-9]{10})\b", entered(html))[1]


def test_every_make_is_tried_here():
    assert set(ENTERED) == set(MAKES)


def test_looking_makes_no_code_and_shows_none(signed_in, desk):
    answer = signed_in.get(page(desk))
    assert "Connect Front desk" in text(answer.content.decode())
    assert "<code>" not in answer.content.decode()
    assert not re.search(r"/p/[0-9]", answer.content.decode())
    assert not Provisioning.objects.exists()


def test_asking_makes_a_code_of_one_hour_that_the_phone_can_fetch_with(signed_in, desk):
    html = signed_in.post(page(desk)).content.decode()
    left = Provisioning.objects.get(phone=desk).code_until - timezone.now()
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    assert "Good for one hour, and for this phone only." in text(html)
    assert entered(html) == f"{settings.PROVISIONING_URL}/p/{code(html)}/"
    assert signed_in.get(f"/p/{code(html)}/{desk.mac}.cfg").status_code == 200


def test_code_is_not_on_the_page_a_second_time_and_not_in_the_database(signed_in, desk):
    given = code(signed_in.post(page(desk)).content.decode())
    assert given not in signed_in.get(page(desk)).content.decode()
    assert given not in str(Provisioning.objects.values().get())


def test_asking_again_ends_the_earlier_code(signed_in, desk):
    first, second = (code(signed_in.post(page(desk)).content.decode()) for _ in range(2))
    assert signed_in.get(f"/p/{first}/{desk.mac}.cfg").status_code == 404
    assert signed_in.get(f"/p/{second}/{desk.mac}.cfg").status_code == 200


@pytest.mark.parametrize("make", ENTERED)
def test_steps_of_each_make_have_the_address_in_its_own_form(signed_in, acme, alice, make):
    model, form = ENTERED[make]
    phone = factories.phone(acme, alice, model=model)
    html = signed_in.post(page(phone)).content.decode()
    url = f"{settings.PROVISIONING_URL}/p/{code(html)}/"
    address = form.format(url=url, bare=url.partition("://")[2].rstrip("/"))
    assert entered(html) == address
    assert sum(address in step for step in steps(html)) == 1
    assert len(steps(html)) > 1
    assert not any("{" in step.replace(address, "") for step in steps(html))
    # Before there is a code, the same steps show where it will appear.
    before = steps(signed_in.get(page(phone)).content.decode())
    assert before == [step.replace(code(html), "…") for step in steps(html)]


@pytest.mark.parametrize("method", ["get", "post"])
def test_phone_of_another_account_is_not_found_and_gets_no_code(signed_in, other, method):
    theirs = factories.phone(other)
    assert getattr(signed_in, method)(page(theirs)).status_code == 404
    assert not Provisioning.objects.exists()


def test_removed_phone_is_not_found(signed_in, desk):  # R38
    Phone.objects.filter(pk=desk.pk).update(assigned_to=None, retired_at=timezone.now())
    assert signed_in.post(page(desk)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (Kind.COMMON, "A common-area phone has no line here: its line 1 is switched off."),
        (Kind.USER, "This phone is nobody’s yet: its line 1 is switched off until you assign it."),
    ],
)
def test_phone_of_nobody_is_told_to_come_without_a_line(signed_in, acme, desk, kind, said):
    assert said in text(signed_in.get(page(factories.phone(acme, kind=kind))).content.decode())
    assert "switched off" not in text(signed_in.get(page(desk)).content.decode())


def test_last_fetch_is_shown_with_when_and_from_where(signed_in, desk):
    assert "It has never fetched its configuration." in text(
        signed_in.get(page(desk)).content.decode()
    )
    for sender in ("192.0.2.1", "2001:db8::7"):
        fetching.serve_file(
            secret=fetching.create_code(desk), file=f"{desk.mac}.cfg", sender=sender, record=True
        )
    said = text(signed_in.get(page(desk)).content.decode())
    today = timezone.now()
    assert re.search(
        rf"It last fetched its configuration on {today:%b}.* {today:%Y}.* UTC, from 2001:db8::7\.",
        said,
    )
    assert "192.0.2.1" not in said


def test_dialog_is_only_the_form(signed_in, desk):
    html = signed_in.post(page(desk), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html and entered(html)
    assert "<html" in signed_in.post(page(desk)).content.decode()


# --- Add phones -----------------------------------------------------------------------------------


def test_add_phones_has_the_steps_of_every_make_and_no_code(signed_in):
    html = compact(signed_in.get("/phones/add/").content.decode())
    shown = dict(re.findall(r"<details><summary>(.*?)</summary>(.*?)</details>", html, re.S))
    assert list(shown) == sorted(make.name for make in MAKES.values())
    for make in MAKES.values():
        assert steps(shown[make.name]) == make.list_steps(f"{settings.PROVISIONING_URL}/p/…/")
    assert not Provisioning.objects.exists()


def test_add_phones_lists_the_common_area_phones_of_this_account_only(signed_in, acme, desk, other):
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    factories.phone(acme, kind=Kind.COMMON, label="Gone", retired_at=timezone.now())
    factories.phone(other, kind=Kind.COMMON, label="Theirs")
    html = compact(signed_in.get("/phones/add/").content.decode())
    assert re.findall(r'<li><a href="/phones/(\d+)/"><bdi>(.*?)</bdi>', html) == [
        (str(lobby.pk), "Lobby")
    ]


@pytest.mark.parametrize("kind", Kind.values)
def test_phone_just_added_is_brought_here_next(signed_in, acme, kind):  # R3
    sent = {
        "mac": "805ec0aa0002",
        "model": PhoneModel.objects.get(name="Snom D785").pk,
        "label": "New",
        "kind": kind,
    }
    answer = confirm_act(signed_in, "/phones/add/", **sent)
    assert (answer.status_code, answer.url) == (302, page(Phone.objects.get()))
    said = text(signed_in.get(answer.url).content.decode())
    assert "Added New. Now connect it:" in said and "Get an address" in said
