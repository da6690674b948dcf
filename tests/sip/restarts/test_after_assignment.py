"""What an assignment offers next, with phones that can and can't be asked to restart (R43)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from django.http import HttpResponse
from django.test import Client

from phones import registrar_client
from phones.models import Phone
from tests import factories
from users.models import User

from .asking import AGAIN, PAGE, message, notified, on_record, text


@pytest.fixture
def wyn(acme) -> User:
    return factories.person(acme, "Wyn", "Wolf", ext="13")


def assign_on_page(browser: Client, phone: Phone, person: User | None) -> str:
    """Give a phone to a person as on User phones, and return the message about it."""
    page, to = f"/phones/{phone.pk}/assigned/", str(person.pk) if person else "nobody"
    seen = browser.get(page, {"to": to}).context["plan"].seen
    return shown_message(browser.post(page, {"to": to, "seen": seen}))


def shown_message(answer: HttpResponse) -> str:
    """Return the markup that an answer puts in the place for messages."""
    assert answer.status_code == 200
    return re.search(r'<div id="messages".*?(?=<template>)', answer.content.decode(), re.S)[0]


def words(markup: str) -> str:
    return unescape(" ".join(re.sub(r"<[^>]+>", " ", markup).split()))


def restart_from(browser: Client, markup: str) -> HttpResponse:
    """Click Restart in a message."""
    assert "Restart phone" in words(markup)
    return browser.post(PAGE, dict(re.findall(r'name="(\w+)" value="([^"]*)"', markup)))


def undo_in(markup: str) -> str:
    """Return where Undo in a message goes."""
    return re.search(r'<a class="button"\s+href="/phones/moves/\?moves=([^"]+)"', markup)[1]


def test_phone_that_is_not_registered_is_to_be_unplugged_and_undo_is_there(
    acme, uma, wyn, desk, boot, browser
):
    boot(desk).unregister()
    said = assign_on_page(browser, desk, wyn)
    assert "<form" not in said and "Restart" not in words(said)
    assert (
        "Unplug Front desk and plug it back in: it isn’t registered, so it can’t be asked to"
        " restart."
    ) in words(said)
    assert undo_in(said) == f"{desk.pk}-{uma.pk}"


def test_registered_phone_can_be_restarted_at_once_and_undo_stays(
    acme, alice, uma, wyn, desk, boot, browser
):
    probe = boot(desk)
    said = assign_on_page(browser, desk, wyn)
    assert "Restart Front desk so that this takes effect right away." in words(said)
    assert "Unplug" not in words(said)
    answer = restart_from(browser, said)  # asks no further question
    assert message(answer).startswith("Front desk was asked to restart.")
    assert "problem" not in shown_message(answer)
    assert undo_in(said) == undo_in(shown_message(answer)) == f"{desk.pk}-{uma.pk}"
    notified(probe)
    assert on_record(acme) == [(desk.pk, alice.pk, "asked")]


def test_phone_that_lost_its_person_can_still_be_restarted(acme, uma, desk, boot, browser):
    probe = boot(desk)
    said = assign_on_page(browser, desk, None)
    assert message(restart_from(browser, said)).startswith("Front desk was asked to restart.")
    notified(probe)


def test_restart_that_fails_is_a_problem_and_keeps_undo(acme, uma, wyn, desk, boot, browser):
    boot(desk).answers["NOTIFY"] = 489
    said = assign_on_page(browser, desk, wyn)
    answer = restart_from(browser, said)
    assert message(answer) == f"Front desk answered that it doesn’t know this request. {AGAIN}."
    assert '<div class="message problem">' in shown_message(answer)
    assert undo_in(shown_message(answer)) == f"{desk.pk}-{uma.pk}"
    assert [what for _, _, what in on_record(acme)] == ["not known"]


def test_undo_after_a_failed_restart_gives_the_phone_back(acme, uma, wyn, desk, boot, browser):
    boot(desk).answers["NOTIFY"] = 489
    answer = restart_from(browser, assign_on_page(browser, desk, wyn))
    moves = undo_in(shown_message(answer))
    asked = browser.get("/phones/moves/", {"moves": moves})
    back = browser.post("/phones/moves/", {"moves": moves, "seen": asked.context["plan"].seen})
    assert "Front desk" in words(shown_message(back)) and "Uma Ulm" in words(shown_message(back))


def test_only_those_are_restarted_that_can_be_asked(acme, vic, desk, boot, browser):
    theirs = factories.phone(acme, vic, label="Warehouse")
    boot(theirs)
    probe = boot(desk)
    probe.unregister()
    said = assign_on_page(browser, desk, vic)  # who has Warehouse until now
    assert "Restart Warehouse so that this takes effect right away." in words(said)
    assert "Unplug Front desk and plug it back in" in words(said)
    assert message(restart_from(browser, said)).startswith("Warehouse was asked to restart.")
    assert [(phone, what) for phone, _, what in on_record(acme)] == [(theirs.pk, "asked")]


def test_phone_that_went_away_before_the_click_leaves_message_and_undo_as_they_are(
    acme, wyn, desk, boot, browser
):
    probe = boot(desk)
    said = assign_on_page(browser, desk, wyn)
    registrar_client.remove_registration(probe.username)
    answer = restart_from(browser, said)
    assert answer.status_code == 422
    assert f"Front desk isn’t registered, so it can’t be asked to restart. {AGAIN}." in text(answer)
    assert 'id="messages"' not in answer.content.decode()
    assert on_record(acme) == []
