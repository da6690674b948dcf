"""A confirmed assignment that is sent again is a success, whatever happened since (R42)."""

from __future__ import annotations

import pytest

from phones import lifecycle
from phones.models import Phone
from tests import factories
from users import people
from users.models import RequestKey
from users.request_keys import make_key

from .confirming import HTMX, confirm, confirmation, holders, text, url, usernames

SAID = "Already done. Nothing changed."


@pytest.fixture
def world(client, alice, acme):
    """Uma has the phone Reception, Vic and Wyn have none."""
    client.force_login(alice)
    world = {
        name: factories.person(acme, name, "Person", ext=ext)
        for name, ext in (("Uma", "11"), ("Vic", "12"), ("Wyn", "13"))
    }
    return world | {"Reception": factories.phone(acme, world["Uma"], label="Reception")}


def keyed(client, world) -> dict[str, str]:
    """Return the form that gives Reception to Wyn, with a request key."""
    return confirmation(client, world, "Reception", "Wyn") | {"key": make_key()}


def confirm_twice(client, world, between) -> tuple:
    """Give Reception to Wyn, and send the same form again after something else has happened.

    Return the second answer, with whose the phone is and all usernames before and after it.
    """
    form = keyed(client, world)
    assert client.post(url(world, "Reception"), form, headers=HTMX).status_code == 200
    between()
    before = holders(), usernames()
    again = client.post(url(world, "Reception"), form, headers=HTMX)
    return again, before, (holders(), usernames())


def test_repeat_is_a_success_though_somebody_else_has_the_phone_by_now(client, world):
    again, before, after = confirm_twice(
        client, world, lambda: confirm(client, world, "Reception", "Vic")
    )
    assert again.status_code == 200
    assert SAID in text(again)
    assert before == after
    assert after[0] == {"Reception": "Vic"}
    assert "Reception 12" in text(again)  # the row as it is now


def test_repeat_is_a_success_though_the_phone_is_gone(client, world):
    again, before, after = confirm_twice(
        client, world, lambda: lifecycle.remove_phone(Phone.objects.get())
    )
    assert (again.status_code, SAID in text(again), before) == (200, True, after)


def test_repeat_is_a_success_though_the_person_is_gone(client, world):
    def leave() -> None:
        confirm(client, world, "Reception", None)
        people.delete(world["Wyn"])

    again, before, after = confirm_twice(client, world, leave)
    assert (again.status_code, SAID in text(again), before) == (200, True, after)


def test_repeat_without_scripts_is_a_success_too(client, world):
    form = keyed(client, world)
    client.post(url(world, "Reception"), form)
    confirm(client, world, "Reception", "Vic")
    again = client.post(url(world, "Reception"), form, follow=True)
    assert again.redirect_chain == [("/phones/", 302)]
    assert SAID in text(again)


def test_form_of_somebody_else_is_no_repeat(client, world, acme):
    form = keyed(client, world)
    client.post(url(world, "Reception"), form, headers=HTMX)
    confirm(client, world, "Reception", "Vic")
    client.force_login(factories.person(acme, "Otto", "Other", is_administrator=True))
    assert client.post(url(world, "Reception"), form, headers=HTMX).status_code == 409
    assert holders() == {"Reception": "Vic"}


def test_same_sight_with_another_choice_is_no_repeat(client, world):
    form = keyed(client, world)
    client.post(url(world, "Reception"), form, headers=HTMX)
    other = form | {"to": str(world["Vic"].pk)}
    assert client.post(url(world, "Reception"), other, headers=HTMX).status_code == 409
    assert holders() == {"Reception": "Wyn"}


def test_what_was_refused_is_not_on_record(client, world):
    form = keyed(client, world)
    confirm(client, world, "Reception", "Vic")
    kept = RequestKey.objects.count()
    for _ in range(2):
        assert client.post(url(world, "Reception"), form, headers=HTMX).status_code == 409
    assert RequestKey.objects.count() == kept


@pytest.mark.parametrize("seen", ["\0" * 32, "x", "f" * 1000, "é" * 20])
def test_sight_that_never_was_is_asked_about_again(client, world, seen):
    form = keyed(client, world) | {"seen": seen}
    assert client.post(url(world, "Reception"), form, headers=HTMX).status_code == 409
