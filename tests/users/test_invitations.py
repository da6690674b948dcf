"""The first people come by invitation from the command line, and choose their password by an emailed link (R39)."""

from __future__ import annotations

import re

import pytest
from django.core.management import CommandError, call_command

from tests import factories
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


def test_invited_support_agent_comes_into_django_admin(client, mailoutbox):
    call_command("invite", "sam@provider.example", support=True)
    choose_password(client, mailoutbox, "a long enough one")
    client.post("/sign-in/", {"login": "sam@provider.example", "password": "a long enough one"})
    assert client.get("/admin/").status_code == 200
    assert client.get("/users/").url == "/admin/"


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
