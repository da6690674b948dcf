"""Connecting a phone: what the page says, and the code that it shows (R3, R32)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import pytest
from django.conf import settings
from django.utils import timezone

from phones import fetching, media_relay, registrar_client
from phones.models import Kind, Phone, PhoneModel, Provisioning
from phones.provisioning.makes import MAKES
from tests import factories
from tests.confirming import confirm_act
from tests.markup import compact
from users.models import Account, SipAccount, User

# A model of each make, and what is entered in it; `url` stands for the phone's folder.
ENTERED = {
    "cisco": ("Cisco CP-8841-3PCC", "{url}$MA.xml"),
    "fanvil": ("Fanvil V64", "{url}"),
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
        for step in re.findall(
            r"<li>(.*?)</li>", re.search(r'<ol class="guide">.*?</ol>', html, re.S)[0], re.S
        )
    ]


def entered(html: str) -> str:
    """Return the address that the page highlights."""
    return unescape(re.search(r"<code>(.*?)</code>", html)[1])


def code(html: str) -> str:
    return re.search(r"/p/([0-9]{10})\b", entered(html))[1]


def codes() -> int:
    """Return how many phones can be connected with a code."""
    return Provisioning.objects.exclude(code_hash=None).count()


def test_every_make_is_tried_here():
    assert set(ENTERED) == set(MAKES)


@pytest.mark.parametrize("relaying", [True, False])
def test_page_says_that_phones_in_different_places_hear_nothing_without_a_relay(
    signed_in, desk, monkeypatch, relaying
):  # R48; tests/phoneadmin/operations/test_media.py asks a real relay
    monkeypatch.setattr(media_relay, "is_relaying", lambda: relaying)
    said = text(signed_in.get(page(desk)).content.decode())
    assert ("this system has no media relay" in said) != relaying


def test_looking_makes_no_code_and_shows_none(signed_in, desk):
    answer = signed_in.get(page(desk))
    assert "Connect Front desk" in text(answer.content.decode())
    assert "<code>" not in answer.content.decode()
    assert not re.search(r"/p/[0-9]", answer.content.decode())
    assert not codes()


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
    assert not codes()


def test_removed_phone_is_not_found(signed_in, desk):  # R38
    Phone.objects.filter(pk=desk.pk).update(assigned_to=None, retired_at=timezone.now())
    assert signed_in.post(page(desk)).status_code == 404


STANDBY = "Until you assign it, this phone is on standby: it registers, but it can’t call anyone"
NO_CARRIER = "911 does not leave this system."
REGISTRAR_IS_DOWN = "911 does not leave this system now: its SIP registrar doesn’t answer"


def test_free_phone_is_said_to_be_on_standby(signed_in, acme, desk):  # R50
    said = text(signed_in.get(page(factories.phone(acme))).content.decode())
    assert f"{STANDBY}, 911 included." in said and NO_CARRIER not in said
    assert STANDBY not in text(signed_in.get(page(desk)).content.decode())


@pytest.mark.parametrize(
    ("ext", "said"),
    [("300", "a line of its own, extension 300."), (None, "but no extension yet, so no one")],
)
def test_common_area_phone_is_said_to_have_its_own_line(signed_in, acme, ext, said):  # R58
    lobby = factories.phone(acme, kind=Kind.COMMON, ext=ext)
    shown = text(signed_in.get(page(lobby)).content.decode())
    assert said in shown and NO_CARRIER in shown and STANDBY not in shown


def test_page_says_whether_911_leaves_the_system(signed_in, desk, settings, monkeypatch):  # R40
    assert NO_CARRIER in text(signed_in.get(page(desk)).content.decode())
    settings.CARRIER = object()
    for answers, expected in ((True, "911 goes to the carrier"), (False, REGISTRAR_IS_DOWN)):
        monkeypatch.setattr(registrar_client, "is_reachable", lambda answers=answers: answers)
        said = text(signed_in.get(page(desk)).content.decode())
        assert NO_CARRIER not in said and expected in said


@pytest.mark.parametrize("name", ["setup", "page", "confirmation"])
def test_phone_without_a_caller_number_is_said_not_to_be_called_back(
    signed_in, acme, settings, name
):  # R40
    settings.CARRIER = object()
    said = []
    for number in (None, "+14155550111"):
        person = factories.person(acme, caller_id=number)
        holder = None if name == "confirmation" else person
        phone = factories.phone(acme, holder, label="Hall" if number else "Attic")
        url = {
            "setup": page(phone),
            "page": f"/phones/{phone.pk}/",
            "confirmation": f"/phones/{phone.pk}/assigned/?to={person.pk}",
        }[name]
        said.append(text(signed_in.get(url).content.decode()))
    assert "911 can’t call Attic back: it has no caller number." in said[0]
    assert "no caller number" not in said[1]


def test_free_phone_that_has_no_account_is_said_to_be_off(signed_in, acme):
    """Only SQL written by hand can make one."""
    phone = factories.phone(acme)
    SipAccount.objects.filter(phone=phone).delete()
    for url in (page(phone), f"/phones/{phone.pk}/"):
        said = text(signed_in.get(url).content.decode())
        assert "Line 1 is off: this phone has no SIP account." in said
        assert STANDBY not in said and NO_CARRIER not in said


def test_last_fetch_is_shown_with_when_and_from_where(signed_in, desk):
    assert "Get the address, and enter it on the phone." in text(
        signed_in.get(page(desk)).content.decode()
    )
    for sender in ("192.0.2.1", "2001:db8::7"):
        fetching.serve_file(
            secret=fetching.create_code(desk),
            file=f"{desk.mac}.cfg",
            sender=sender,
            agent="",
            record=True,
        )
    # The database's clock stands still within a test's transaction.
    Provisioning.objects.update(delivered_at=timezone.now())
    said = text(signed_in.get(page(desk)).content.decode())
    today = timezone.now()
    assert re.search(
        rf"Last on {today:%b}.* {today:%Y}.* UTC, from 2001:db8::7\.",
        said,
    )
    assert "192.0.2.1" not in said


def test_dialog_is_only_the_form(signed_in, desk):
    html = signed_in.post(page(desk), headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in html and entered(html)
    assert "<html" in signed_in.post(page(desk)).content.decode()


# --- Add phones -----------------------------------------------------------------------------------


def test_add_phones_has_the_steps_of_every_make_and_no_code(signed_in):
    html = compact(signed_in.get("/phones/add/").content.decode().split('id="connect"')[1])
    shown = dict(re.findall(r"<details><summary>(.*?)</summary>(.*?)</details>", html, re.S))
    assert list(shown) == sorted(make.name for make in MAKES.values())
    for make in MAKES.values():
        assert steps(shown[make.name]) == make.list_steps(f"{settings.PROVISIONING_URL}/p/…/")
    assert not codes()


@pytest.mark.parametrize("kind", Kind.values)
def test_phone_just_added_is_brought_here_next(signed_in, acme, kind):  # R3
    sent = {
        "mac": "805ec0aa0002",
        "model": PhoneModel.objects.get(name="Yealink SIP-T54W").pk,
        "label": "New",
        "kind": kind,
    }
    answer = confirm_act(signed_in, "/phones/add/", **sent)
    assert (answer.status_code, answer.url) == (302, page(Phone.objects.get()))
    said = text(signed_in.get(answer.url).content.decode())
    assert "Added New. Now connect it:" in said and "Get an address" in said
