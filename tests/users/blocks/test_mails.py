"""Who is told of a changed address, and of an administrator who is added or removed."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.db import transaction

from phones.models import Phone
from tests import factories
from tests.confirming import confirm_act
from tests.users.blocks.blocking import (
    NEW,
    OLD,
    all_people,
    browser,
    change_email,
    fresh,
    is_in,
    mails,
)
from tests.users.editing import add, edit, form
from users import people
from users.models import User
from users.tenancy import scope


def test_changed_address_is_told_to_the_old_one_the_new_one_and_the_other_administrators(
    company,
):  # R44
    change_email(company)
    told = mails()
    assert set(told) == {OLD, NEW, "alice@acme.example", "carol@acme.example"}
    for message in told.values():
        assert {OLD, NEW, "alice@acme.example"} <= set(re.findall(r"\S+@\S+[a-z]", message.body))
        assert "Acme" in message.body and "UTC" in message.body
    assert told[OLD].subject == "Your email address at phoneadmin was changed"
    assert told["alice@acme.example"].subject == "The email address of Bob Archer was changed"
    assert told["carol@acme.example"].subject == "Se cambió el correo electrónico de Bob Archer"
    assert ["/sign-in/block/" in told[to].body for to in (OLD, NEW, "alice@acme.example")] == [
        True,
        False,
        False,
    ]


def test_address_changed_by_its_owner_is_told_to_the_others(company):  # R44
    client = change_email(company, by="bob")
    assert set(mails()) == {OLD, NEW, "alice@acme.example", "carol@acme.example"}
    assert is_in(client)


def test_address_changed_by_support_is_told_in_their_name(company):  # R44
    client, bob = browser(factories.support_agent()), company["bob"]
    url, sent = f"/admin/users/user/{bob.pk}/edit/", form(bob, email=NEW)
    assert confirm_act(client, url, reason="They called", **sent).status_code == 302
    told = mails()
    assert set(told) == {OLD, NEW, "alice@acme.example", "carol@acme.example"}
    assert "Sam Support, support staff of your phone company" in told[OLD].body
    assert "Sam Support, personal de soporte" in told["carol@acme.example"].body


def test_address_that_comes_first_or_goes_is_told_to_whoever_has_one(company):
    plain = next(p for p in all_people(company) if p.first_name == "Plain")
    client = browser(company["alice"])
    for before, after in (("plain@acme.example", ""), ("", "plainer@acme.example")):
        assert edit(client, fresh(plain), email=after).status_code == 302
        assert set(mails()) == {
            *filter(None, (before, after)),
            *(f"{n}@acme.example" for n in ("alice", "bob", "carol")),
        }


def test_changed_name_is_told_to_nobody(company):
    client, bob = browser(company["alice"]), company["bob"]
    assert edit(client, bob, first_name="Robert").status_code == 302
    assert mails() == {}


@pytest.mark.parametrize("verb", ["remove-administrator", "deactivate", "delete"])
def test_administrator_who_goes_is_told_and_so_are_the_others(company, verb):  # R44
    with transaction.atomic(), scope.entered(scope="support"):
        Phone.objects.filter(pk=company["phone"].pk).update(assigned_to=None)
    client, bob = browser(company["alice"]), company["bob"]
    assert confirm_act(client, f"/users/{bob.pk}/{verb}/").status_code == 302
    told = mails()
    assert set(told) == {OLD, "alice@acme.example", "carol@acme.example"}
    assert told["alice@acme.example"].subject == "Bob Archer is no longer an administrator of Acme"
    assert told[OLD].subject == "You’re no longer an administrator of Acme"
    assert all("alice@acme.example" in message.body for message in told.values())


def test_administrator_who_comes_is_told_and_so_are_the_others(company):  # R44
    client = browser(company["alice"])
    plain = next(p for p in all_people(company) if p.first_name == "Plain")
    assert confirm_act(client, f"/users/{plain.pk}/make-administrator/").status_code == 302
    told = mails()
    assert told["plain@acme.example"].subject == "You’re an administrator of Acme now"
    assert told["bob@acme.example"].subject == "Plain Person is an administrator of Acme now"
    new = {
        "first_name": "Dan",
        "email": "dan@acme.example",
        "plan": "basic",
        "is_administrator": "on",
    }
    assert add(client, **new).status_code == 302
    told = mails()
    assert "invit" in told["dan@acme.example"].subject  # it says that they will be an administrator
    assert told["bob@acme.example"].subject == "Dan is an administrator of Acme now"


def test_role_that_stays_is_told_to_nobody(company):
    with scope.entered(account_id=company["account"].pk):
        people.set_active(User.objects.get(pk=company["bob"].pk), True)
    assert mails() == {}


def test_administrator_whom_the_operator_invites_is_told_to_the_others(committed_company):  # R44
    call_command("invite", "eve@acme.example", account="Acme")
    assert "Changed by: your phone company" in mails()["bob@acme.example"].body
