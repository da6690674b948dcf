"""A free phone is on standby: it can be asked to restart, and nothing else (R50)."""

from __future__ import annotations

import pytest
from django.test import Client

from phones import lifecycle
from phones.models import Phone
from phones.registrar_client import Answer
from tests import factories

from ..probe import Probe
from .asking import asked, assign, notified, restart, seen_by, state, status


@pytest.fixture
def spare(acme) -> Phone:
    return factories.phone(acme, label="Spare")


@pytest.fixture
def standby(spare: Phone, boot) -> Probe:
    """The free phone, registered."""
    return boot(spare)


def test_phone_on_standby_is_registered_and_can_be_restarted(spare, standby, alice):
    assert standby.username.startswith("s")
    assert state(spare).registered and state(spare).free and state(spare).askable
    assert asked(alice, spare) == [Answer.ASKED]
    notified(standby)


def test_phone_on_standby_neither_calls_nor_is_called(desk, spare, standby, boot):
    probe = boot(desk)
    assert standby.invite("11") == 403
    assert probe.invite(standby.username) == 404


def test_standby_ends_at_once_when_the_phone_is_given_to_somebody(
    alice, vic, spare, standby, boot, registered
):
    assign(spare, vic)
    assert standby.register() == 401
    assert registered() == {standby.username}  # only so that the phone can be asked to restart
    assert asked(alice, spare) == [Answer.ASKED]
    notified(standby)
    assert registered() == set()
    assert boot(spare).invite("11") != 403


def test_standby_is_made_anew_each_time_the_phone_becomes_free(vic, spare, standby, boot):
    assign(spare, vic)
    theirs = boot(spare)
    assign(spare, None)
    assert theirs.register() == 401
    again = boot(spare)
    assert again.username.startswith("s") and again.username != standby.username
    assert standby.register() == 401


def test_standby_ends_when_the_phone_is_removed(acme, spare, standby):
    with seen_by(acme.pk):
        lifecycle.remove_phone(spare)
    assert standby.register() == 401


def test_list_shows_quietly_how_free_phones_are(spare, boot, vic, browser: Client):  # R4
    assert status(browser.get("/phones/"), spare) == "Free, not set up"
    probe = boot(spare)
    page = browser.get("/phones/")
    assert status(page, spare) == "Free, registered"
    assert 'class="usual">Free, registered<' in page.content.decode()  # only a dot is seen
    assign(spare, vic)
    assert status(browser.get("/phones/"), spare) == "Not registered Needs restart"
    assert restart(browser, spare).status_code == 200
    notified(probe)
    assign(spare, None)
    assert status(browser.get("/phones/"), spare) == "Free, not registered Needs restart"
