"""What the list says about lines, with a real registrar (R33, R34)."""

from __future__ import annotations

import pytest
from django.db import connection

from phones import line
from phones import registrar_client as application
from tests import factories
from tests.waiting import wait_until
from users.models import User

from ..conftest import change
from .asking import (
    seen_by,
    state,
    status,
)


def test_line_is_registered_while_its_phone_is(acme, desk, boot, browser):
    spare = factories.phone(acme)
    assert [status(browser.get("/phones/"), phone) for phone in (desk, spare)] == [
        "Not set up",
        "Free, not set up",
    ]
    probe = boot(desk)
    assert [status(browser.get("/phones/"), phone) for phone in (desk, spare)] == [
        "Registered",
        "Free, not set up",
    ]
    boot(spare)
    assert status(browser.get("/phones/"), spare) == "Free, registered"
    assert probe.unregister() == 200
    assert status(browser.get("/phones/"), desk) == "Not registered"
    assert state(desk) == line.State(
        free=False, registered=False, unregistered=True, needs_restart=False, askable=False
    )


def test_registration_that_ends_unnoticed_is_none_any_more(desk, boot):
    assert boot(desk).register(expires=1) == 200
    assert state(desk).registered
    wait_until(lambda: state(desk).unregistered)


def test_registration_with_the_old_credentials_is_none(uma, desk, boot):  # R33
    boot(desk)
    change(uma)
    assert state(desk) == line.State(
        free=False, registered=False, unregistered=True, needs_restart=True, askable=True
    )


def test_new_credentials_entered_by_hand_still_need_a_restart(uma, desk, boot, registrar):
    boot(desk)
    change(uma)
    by_hand = registrar.probe_of(uma)
    assert by_hand.register() == 200
    assert state(desk) == line.State(
        free=False, registered=True, unregistered=False, needs_restart=True, askable=True
    )


def test_registered_phone_that_shows_an_old_name_needs_a_restart(acme, uma, desk, boot):
    boot(desk)
    with seen_by(acme.pk):
        User.objects.filter(pk=uma.pk).update(last_name="Unger")
    assert state(desk) == line.State(
        free=False, registered=True, unregistered=False, needs_restart=True, askable=True
    )


def test_registration_of_another_account_never_shows(acme, uma, desk, boot):
    elsewhere = factories.account("Other")
    them = factories.person(elsewhere)
    theirs = factories.phone(elsewhere, them)
    boot(theirs)
    with seen_by(acme.pk), connection.cursor() as cursor:
        assert line.load_states(acme.pk, [desk.pk, theirs.pk]).keys() == {desk.pk}
        cursor.execute("SELECT * FROM phones_registered(%s)", [[theirs.pk]])
        assert cursor.fetchall() == []
    assert state(theirs).registered


def test_nothing_is_claimed_any_more_soon_after_the_registrar_is_gone(
    desk, boot, registrar, monkeypatch
):
    boot(desk)
    assert state(desk).registered
    registrar.stop()
    try:
        with monkeypatch.context() as usual:
            usual.setattr("phones.registrar_client.REFRESH", 60)
            assert state(desk).registered  # asked once, not for every row of every page
        assert state(desk) == line.State(
            free=False, registered=False, unregistered=False, needs_restart=False, askable=False
        )
    finally:
        registrar.start()
    assert state(desk).registered


def test_registrar_that_does_not_take_our_key_is_out_of_reach(desk, boot, settings):
    boot(desk)
    settings.REGISTRAR_KEY = "someone else’s"
    assert not application.is_reachable()
    with pytest.raises(application.Unreachable):
        application.ask_to_restart("anybody", "check-sync")
