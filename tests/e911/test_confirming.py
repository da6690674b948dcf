"""An address is stored once, and only for the phone as the page showed it (R27, R42)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from e911.models import Status
from phones import lifecycle
from phones.models import Phone
from tests import factories
from tests.confirming import HIDDEN, HTMX
from tests.phones.confirming import text
from users.models import User
from users.tenancy import scope

from .dialog import GOOD, offered
from .record_steps import FIFTH, GOLD, assign, run_jobs, set_address, statuses, take_jobs


@pytest.fixture
def url(client, alice, desk) -> str:
    """The page of the address of Alice's phone; she is signed in."""
    client.force_login(alice)
    return f"/phones/{desk.pk}/address/"


def check(client: Client, url: str, **typed: str) -> Any:
    """Have an address read, before it is stored."""
    answer = client.post(url, GOOD | typed, headers=HTMX)
    assert answer.status_code == 200
    return answer


def test_address_that_is_confirmed_twice_is_one_version_and_one_job(client, url, desk, play):
    chosen = offered(check(client, url))
    answers = [client.post(url, chosen, headers=HTMX) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert len({text(answer) for answer in answers}) == 1
    assert statuses(desk) == [("350", "pending")]
    assert [name for name, _arguments in take_jobs()] == ["register"]


def test_address_that_is_confirmed_twice_at_once_is_one_version_and_one_job(telnyx, committed):
    acme = factories.account("Acme")
    alice = factories.person(
        acme, "Alice", "Archer", caller_id="+12125550111", is_administrator=True
    )
    desk, browser = factories.phone(acme, alice), Client()
    with transaction.atomic(), scope.entered(scope="sign_in"):
        browser.force_login(alice)
    url = f"/phones/{desk.pk}/address/"
    chosen = offered(check(browser, url))

    def send() -> int:
        other = Client()
        other.cookies = browser.cookies
        try:
            return other.post(url, chosen, headers=HTMX).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        sent = [pool.submit(send) for _ in range(4)]
        assert [answer.result() for answer in sent] == [200] * 4
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        assert statuses(desk) == [("350", "pending")]
    assert [name for name, _arguments in take_jobs()] == ["register"]


def test_confirmation_without_its_key_is_refused(client, url, desk):
    chosen = offered(check(client, url))["chosen"]
    for key in ({}, {"key": ""}, {"key": "short"}):
        assert client.post(url, {"chosen": chosen} | key, headers=HTMX).status_code == 400
    assert statuses(desk) == []


def vic(phone: Phone) -> User:
    return factories.person(phone.account, "Vic", "Vance", ext="12", caller_id="+12125550112")


# What may change while someone reads the question, and what the question says then.
MEANWHILE = {
    "its user": (lambda desk, by: assign(desk, vic(desk)), "Vic Vance’s phone, 12"),
    "its user's name": (
        lambda desk, by: User.objects.filter(pk=by.pk).update(last_name="Baker"),
        "Alice Baker’s phone, 100",
    ),
    "its label": (
        lambda desk, by: Phone.objects.filter(pk=desk.pk).update(label="Back door"),
        "Is this the right address for Back door?",
    ),
    "its address": (
        lambda desk, by: factories.address(desk, standardised=GOLD.standardised),
        f"Replaces the address in force: {GOLD.standardised}",
    ),
    "the address that waits": (
        lambda desk, by: set_address(desk, GOLD, by),
        f"Replaces the pending address: {GOLD.standardised}",
    ),
}


def test_address_of_a_phone_that_was_removed_meanwhile_is_refused(client, url, desk):
    chosen = offered(check(client, url))
    lifecycle.remove_phone(desk)
    answer = client.post(url, chosen, headers=HTMX)
    assert answer.status_code == 422
    assert "Desk has been removed." in text(answer)
    assert statuses(desk) == []


def test_address_that_was_stored_before_the_phone_was_removed_is_still_told(client, url, desk):
    chosen = offered(check(client, url))
    first = client.post(url, chosen, headers=HTMX)
    lifecycle.remove_phone(desk)
    again = client.post(url, chosen, headers=HTMX)
    assert (again.status_code, "Saved." in text(again)) == (200, "Saved." in text(first))
    assert statuses(desk) == [("350", "withdrawn")]


@pytest.mark.parametrize("what", MEANWHILE)
def test_address_of_a_phone_that_changed_meanwhile_is_asked_about_anew(
    client, url, desk, alice, play, what
):
    Phone.objects.filter(pk=desk.pk).update(label="")
    change, shown = MEANWHILE[what]
    first = check(client, url)
    assert shown not in text(first)
    change(desk, alice)
    before = statuses(desk)
    take_jobs()
    answer = client.post(url, offered(first), headers=HTMX)
    assert answer.status_code == 409
    assert "Something changed while you were deciding, so nothing was done." in text(answer)
    assert shown in text(answer)
    assert f'<tr id="phone-{desk.pk}"' in answer.content.decode()  # Cancel leaves no old row
    assert (statuses(desk), take_jobs()) == (before, [])
    again = client.post(url, offered(answer), headers=HTMX)  # once this was read too
    assert again.status_code == 200
    assert statuses(desk)[-1] == ("350", "pending")
    assert [name for name, _arguments in take_jobs()].count("register") == 1


def test_another_address_with_the_key_of_the_first_is_asked_about(client, url, desk):
    first = offered(check(client, url))
    other = offered(check(client, url, street="20 W 34th St"))
    assert client.post(url, first, headers=HTMX).status_code == 200
    answer = client.post(url, other | {"key": first["key"]}, headers=HTMX)
    assert answer.status_code == 409
    assert "This form was already sent with different answers." in text(answer)
    assert statuses(desk) == [("350", "accepted")]


# --- asking the provider once more ----------------------------------------------------------------


def retry(client: Client, url: str) -> dict[str, str]:
    """Return what the button Retry sends."""
    hidden = dict(HIDDEN.findall(client.get(url, headers=HTMX).content.decode()))
    return {"do": "retry"} | hidden


def test_provider_is_asked_once_more_once(client, url, desk, alice, play):
    set_address(desk, GOLD, alice)
    take_jobs()
    again = retry(client, url)
    assert [client.post(url, again, headers=HTMX).status_code for _ in range(2)] == [200, 200]
    assert [name for name, _arguments in take_jobs()] == ["register"]


def test_address_that_was_accepted_meanwhile_is_not_asked_about_again(
    client, url, desk, alice, play
):
    set_address(desk, GOLD, alice)
    again = retry(client, url)
    run_jobs()
    answer = client.post(url, again, headers=HTMX)
    assert answer.status_code == 409
    assert "Something changed" in text(answer) and GOLD.standardised in text(answer)
    assert (take_jobs(), desk.addresses.get().status) == ([], Status.ACCEPTED)


def test_retry_without_what_was_seen_is_refused(client, url, desk, alice, play):
    set_address(desk, FIFTH, alice)
    again = retry(client, url)
    for missing in ("seen", "key"):
        sent = {name: value for name, value in again.items() if name != missing}
        assert client.post(url, sent, headers=HTMX).status_code == 400
