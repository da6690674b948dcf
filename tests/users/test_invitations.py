"""The first people come by invitation from the command line, and choose their password by an emailed link (R39)."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests import factories
from tests.authenticator import do_jobs
from users.models import Account, User
from users.scope import enter


@pytest.fixture(autouse=True)
def everything(db):
    enter(scope="support")


def choose_password(client, mailbox, password: str) -> None:
    """Follow the link of the only mail and choose a password there."""
    (mail,) = mailbox
    path = re.search(r"http://localhost:\d+(/\S+)", mail.body).group(1)
    form = client.get(path, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": password, "password2": password})


def test_invited_administrator_chooses_a_password_and_comes_in(client, mailoutbox):
    call_command("invite", "Ann@New.Example", account="New Company", first_name="Ann")
    assert mailoutbox[0].to == ["ann@new.example"]
    assert "New Company" in mailoutbox[0].body
    choose_password(client, mailoutbox, "a long enough one")
    client.post("/sign-in/", {"login": "ann@new.example", "password": "a long enough one"})
    assert client.get("/users/").status_code == 200
    enter(scope="support")
    user = User.objects.get(email="ann@new.example")
    assert (user.account.name, user.is_administrator, user.is_staff) == ("New Company", True, False)


def test_invitation_works_once(client, mailoutbox):
    call_command("invite", "ann@new.example", account="New Company")
    choose_password(client, mailoutbox, "a long enough one")
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[0].body).group(1)
    assert "used up or too old" in client.get(path, follow=True).content.decode()


def test_invitation_to_an_existing_account_adds_to_it(mailoutbox):
    acme = factories.account("Acme")
    call_command("invite", "ann@acme.example", account="ACME")
    assert User.objects.get(email="ann@acme.example").account == acme
    assert Account.objects.count() == 1


@pytest.mark.parametrize("email", ["no address", "", "a@b", "x" * 300 + "@example.com"])
def test_invitation_to_what_is_no_address_makes_nothing(email, mailoutbox):
    with pytest.raises(CommandError):
        call_command("invite", email, account="New Company")
    assert (Account.objects.count(), User.objects.count(), mailoutbox) == (0, 0, [])


def test_invitation_of_somebody_elses_person_is_refused_without_telling_whose(mailoutbox):
    factories.person(factories.account("Rival"), email="ann@acme.example")
    with pytest.raises(CommandError) as error:
        call_command("invite", "ann@acme.example", account="Acme")
    assert "Rival" not in str(error.value)
    assert (Account.objects.filter(name="Acme").exists(), mailoutbox) == (False, [])


# --- another administrator, from the list of users ----------------------------------------------------------------------


@pytest.fixture
def alice() -> User:
    return factories.person(factories.account("Acme"), "Alice", "Archer", is_administrator=True)


@pytest.fixture
def signed_in(client, alice):
    client.force_login(alice)
    return client


PERSON = {"first_name": "Owen", "last_name": "Cohen", "email": "owen@example.com", "is_administrator": "on"}


def test_new_administrator_is_invited_and_comes_in(signed_in, alice, mailoutbox):
    signed_in.post("/users/add/", PERSON | {"plan": "basic"})
    assert "An invitation is on its way to owen@example.com." in signed_in.get("/users/").content.decode()
    do_jobs()
    assert mailoutbox[0].to == ["owen@example.com"]
    assert "Alice Archer invites you to manage the phones of Acme." in mailoutbox[0].body
    browser = Client()
    choose_password(browser, mailoutbox, "a long enough one")
    browser.post("/sign-in/", {"login": "owen@example.com", "password": "a long enough one"})
    assert browser.get("/users/").status_code == 200


def test_person_who_is_made_administrator_is_invited_once(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, "Owen", "Cohen", email="owen@example.com")
    for name in ("Owen", "Owain"):
        signed_in.post(f"/users/{owen.pk}/", PERSON | {"first_name": name})
    do_jobs()
    assert [mail.to for mail in mailoutbox] == [["owen@example.com"]]


def test_person_who_has_a_password_is_not_invited(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, email="owen@example.com", password="secret")
    signed_in.post(f"/users/{owen.pk}/", PERSON)
    url = f"/users/{owen.pk}/invitation/"
    assert "who has no password yet" in signed_in.get(url).content.decode()
    assert signed_in.post(url).status_code == 422
    do_jobs()
    assert mailoutbox == []


def test_invitation_is_sent_again_three_times_an_hour_at_most(signed_in, alice, mailoutbox):
    owen = factories.person(alice.account, email="owen@example.com", is_administrator=True)
    assert f'href="/users/{owen.pk}/invitation/"' in signed_in.get("/users/").content.decode()
    sent = [signed_in.post(f"/users/{owen.pk}/invitation/").status_code for _ in range(4)]
    assert sent == [302, 302, 302, 422]
    do_jobs()
    assert len(mailoutbox) == 3


def test_only_administrators_are_invited_and_only_ones_own(signed_in, alice, mailoutbox):
    pat = factories.person(alice.account)
    eve = factories.person(factories.account("Other"), is_administrator=True)
    assert signed_in.post(f"/users/{pat.pk}/invitation/").status_code == 422
    assert signed_in.post(f"/users/{eve.pk}/invitation/").status_code == 404
    do_jobs()
    assert mailoutbox == []
