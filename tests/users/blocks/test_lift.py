"""Who lets a blocked person in again, and what a blocked administrator still counts for."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.answers import visible_text
from tests.authenticator import give_app
from tests.confirming import confirm_act
from tests.users.blocks.blocking import (
    NEW,
    OLD,
    blocked,
    browser,
    change_email,
    fresh,
    is_in,
    link_in,
    mails,
)
from tests.users.editing import UNSEEN, edit, form
from users import blocks, people
from users.models import Account
from users.tenancy import scope


def test_administrator_lets_them_in_again_with_a_new_password(company, link):  # R44
    """The attacker may have set a password and a passkey of their own."""
    bob = fresh(company["bob"])
    give_app(bob)
    alice = browser(company["alice"])
    assert "sign-in blocked" in visible_text(alice.get("/users/"))
    url = f"/users/{bob.pk}/sign-in-block/"
    page = visible_text(alice.get(url))
    assert OLD in page and f"{NEW} gets a link to choose a new password" in page
    assert edit(alice, bob, email=OLD).status_code == 302
    mails()
    assert confirm_act(alice, url).status_code == 302

    bob = fresh(bob)
    assert (bob.sign_in_blocked_at, bob.has_usable_password(), bob.has_second_factor) == (
        None,
        False,
        False,
    )
    with transaction.atomic(), scope.entered(scope="support"):
        assert not Authenticator.objects.filter(user=bob).exists()
    told = mails()
    assert [told[to].subject for to in told] == ["You can sign in to phoneadmin again"]
    path = re.search(r"http://localhost:\d+(/\S+)", told[OLD].body).group(1)
    client = Client()
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "correct horse battery", "password2": "correct horse battery"})
    assert client.post("/sign-in/", {"login": OLD, "password": "correct horse battery"}).url == "/"
    assert is_in(client)
    assert "This is already done." in visible_text(alice.get(url))
    assert alice.post(url, UNSEEN).status_code == 302  # the second request changes nothing
    assert fresh(bob).has_usable_password()


def test_support_lets_them_in_again_with_a_reason(committed_company):  # R37, R44
    company = committed_company
    blocked(company)
    client, url = (
        browser(factories.support_agent()),
        f"/admin/users/user/{company['bob'].pk}/sign-in-block/",
    )
    person = client.get(f"/admin/users/user/{company['bob'].pk}/change/")
    assert "Let them sign in again" in person.content.decode()
    assert f"Someone who can read mail sent to {OLD} blocked it." in visible_text(client.get(url))
    assert confirm_act(client, url, reason="They called").status_code == 302
    assert fresh(company["bob"]).sign_in_blocked_at is None
    entries = browser(company["alice"]).get("/activity/").context["page"].entries
    said = [(entry.who, entry.reason, entry.sentences[-1]) for entry in entries[:2]]
    assert said == [
        ("Sam Support", "They called", "Let Bob Archer sign in again."),
        (f"someone who reads mail sent to {OLD}", "", "Blocked the sign-in of Bob Archer."),
    ]


def test_only_administrator_who_is_blocked_is_let_in_by_support(db):  # R44
    account = factories.account("Acme")
    bob = factories.person(account, "Bob", email=OLD, is_administrator=True, password="secret")
    company = {"account": account, "bob": bob}
    change_email(company, by="bob")
    assert Client().post(link_in(mails()[OLD])).status_code == 302
    client = browser(factories.support_agent())
    for verb, more in (("edit", form(fresh(bob), email=OLD)), ("sign-in-block", {})):
        url = f"/admin/users/user/{bob.pk}/{verb}/"
        assert confirm_act(client, url, reason="They called", **more).status_code == 302
        told = mails()
    assert told[OLD].subject == "You can sign in to phoneadmin again"


def test_lift_ends_the_links_of_all_changes_before_it(company, link):  # R44
    """A mailbox of someone who left can't lock the successor out again and again."""
    change_email(company, to="successor@acme.example")
    second = link_in(mails()[NEW])
    alice = browser(company["alice"])
    url = f"/users/{company['bob'].pk}/sign-in-block/"
    assert confirm_act(alice, url).status_code == 302
    for dead in (link, second):
        for ask in (Client().get, Client().post):
            answer = ask(dead)
            assert (answer.status_code, "no longer works" in visible_text(answer)) == (404, True)
    assert fresh(company["bob"]).sign_in_blocked_at is None
    mails()
    change_email(company, to="third@acme.example")
    assert Client().post(link_in(mails()["successor@acme.example"])).status_code == 302
    assert fresh(company["bob"]).sign_in_blocked_at is not None


def test_blocked_person_lifts_nothing(company, link):
    """Their sessions are dead, and no request of theirs is recognized."""
    bob = browser(fresh(company["bob"]))
    answer = bob.post(f"/users/{company['bob'].pk}/sign-in-block/", UNSEEN)
    assert answer.url.startswith("/sign-in/?next=")
    assert fresh(company["bob"]).sign_in_blocked_at is not None


@pytest.mark.parametrize("way", ["edit", "set_active", "delete"])
def test_blocked_administrator_does_not_count_as_one_who_is_left(acme, way):  # R25
    alice = factories.person(acme, "Alice", is_administrator=True, password="secret")
    blocked = {"sign_in_blocked_at": timezone.now()}
    bob = factories.person(acme, "Bob", is_administrator=True, password="secret", **blocked)
    unmake = {
        "edit": lambda user: people.edit(user, is_administrator=False),
        "set_active": lambda user: people.set_active(user, False),
        "delete": people.delete,
    }[way]
    with pytest.raises(ValidationError, match="No other administrator can sign in"):
        unmake(alice)
    unmake(bob)
    with pytest.raises(ValidationError, match="No other administrator can sign in"):
        unmake(alice)


def test_only_administrator_stays_one_though_blocked(acme):  # R25
    bob = factories.person(acme, "Bob", is_administrator=True, sign_in_blocked_at=timezone.now())
    with pytest.raises(ValidationError, match="No other administrator can sign in"):
        people.edit(bob, is_administrator=False)


def test_mailbox_that_the_history_no_longer_knows_is_left_out(acme):
    bob = factories.person(acme, sign_in_blocked_at=timezone.now() - timedelta(days=900))
    assert blocks.mailbox_that_blocked(bob) == ""
    assert Account.objects.count() == 1
