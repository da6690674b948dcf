"""The link in the mail blocks the person's sign-in, and nothing else."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.core import signing
from django.db import transaction
from django.test import Client

from phones.models import Phone
from tests import factories
from tests.answers import visible_text
from tests.authenticator import give_app
from tests.confirming import confirm_act
from tests.users.blocks.blocking import (
    NEW,
    OLD,
    all_people,
    blocked,
    browser,
    change_email,
    fresh,
    is_in,
    link_in,
    link_key,
    mails,
    signed_in,
    version_of,
)
from users import links
from users.links import Tokens
from users.models import SipAccount, User
from users.tenancy import scope
from users.tenancy.actors import Actor, ActorKind


def test_link_blocks_by_its_button_alone_and_alerts_the_administrators(company):  # R44
    session = browser(company["bob"])
    change_email(company)
    link = link_in(mails()[OLD])
    session = browser(fresh(company["bob"]))
    for ask in (Client().get, Client().head, Client().get):  # mail scanners follow links
        assert ask(link).status_code == 200
    assert is_in(session) and fresh(company["bob"]).sign_in_blocked_at is None
    page = visible_text(Client().get(link))
    assert all(said in page for said in (OLD, NEW, "alice@acme.example", "Acme", "911 included"))

    answer = Client().post(link, follow=True)
    assert "The sign-in is blocked" in visible_text(answer)
    assert fresh(company["bob"]).sign_in_blocked_at is not None
    assert not is_in(session)
    told = mails()
    assert set(told) == {"alice@acme.example", "carol@acme.example"}
    assert told["alice@acme.example"].subject == "The sign-in of Bob Archer was blocked"
    assert OLD in told["alice@acme.example"].body
    assert Client().post(link).status_code == 302
    assert mails() == {}  # once is enough


def test_block_leaves_the_phone_line_alone(company):  # emergency calls first
    def line() -> tuple:
        bob = fresh(company["bob"])
        with transaction.atomic(), scope.entered(scope="support"):
            credentials = (
                SipAccount.objects.filter(kind="person")
                .values_list("username", "ha1")
                .get(user=bob)
            )
            return (
                bob.is_active,
                bob.can_have_phone,
                credentials,
                Phone.objects.get().assigned_to_id,
            )

    before = line()
    blocked(company)
    assert line() == before


def test_blocked_person_cannot_sign_in_by_any_way(company, link):  # R44
    bob = fresh(company["bob"])
    answer = Client().post("/sign-in/", {"login": NEW, "password": "secret"})
    assert answer.url == "/sign-in/inactive/"
    assert "blocked" in visible_text(Client().get(answer.url))
    client = Client()
    client.post("/sign-in/", {"login": NEW, "password": "secret"})
    assert not is_in(client)
    with transaction.atomic(), scope.entered(scope="support"):
        assert not Tokens().check_token(bob, Tokens().make_token(bob))
    Client().post("/sign-in/password/reset/", {"email": NEW})
    Client().post("/sign-in/password/reset/", {"email": OLD})
    assert mails() == {}
    assert not is_in(browser(bob))  # even a new session of theirs is refused


def test_strangers_cannot_tell_that_someone_is_blocked(company, link):
    def said(email: str) -> str:
        answer = Client().post("/sign-in/", {"login": email, "password": "wrong"})
        return re.sub(r'value="[^"]*"', "", answer.content.decode())

    assert said(NEW) == said("nobody@acme.example")
    for email in (NEW, "nobody@acme.example"):
        answer = Client().post("/sign-in/password/reset/", {"email": email})
        assert (answer.status_code, answer.url) == (302, "/sign-in/password/reset/sent/")


def test_sign_in_half_done_before_the_block_is_not_finished_after_it(company):
    _secret, codes = give_app(company["bob"])
    half = Client()
    asked = half.post("/sign-in/", {"login": OLD, "password": "secret"})
    assert asked.url == "/sign-in/second-factor/ask/"
    blocked(company)
    assert half.post("/sign-in/second-factor/ask/", {"code": codes[0]}).url == "/sign-in/inactive/"
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=company["bob"].pk).update(sign_in_blocked_at=None)
    assert not is_in(half)


def test_link_opened_by_whoever_is_signed_in_blocks_in_the_mailboxs_name(company):
    """The browser may be signed in as someone of another company, or as the very person."""
    change_email(company)
    link = link_in(mails()[OLD])
    other = factories.account("Other")
    eve = browser(factories.person(other, "Eve", is_administrator=True, password="secret"))
    assert eve.post(link).status_code == 302
    assert is_in(eve)
    with transaction.atomic(), scope.entered(scope="support"):
        kept = company["bob"].history.latest("pgh_id")
    assert Actor.read(kept.pgh_context) == Actor(ActorKind.MAILBOX, OLD)


def test_link_opened_in_the_persons_own_session_ends_it(company):
    change_email(company)
    link = link_in(mails()[OLD])
    own = signed_in(fresh(company["bob"]))
    assert own.post(link, follow=True).status_code == 200
    assert not is_in(own)


@pytest.mark.parametrize("age", [29, 31])
def test_link_works_for_thirty_days(company, monkeypatch, age):  # R44
    change_email(company)
    link, now = link_in(mails()[OLD]), time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + age * 24 * 3600)
        assert Client().get(link).status_code == (200 if age < 30 else 404)
        assert Client().post(link).status_code == (302 if age < 30 else 404)
    assert (fresh(company["bob"]).sign_in_blocked_at is None) == (age > 30)


def forged(company: dict[str, Any]) -> Iterator[str]:
    account, versions = company["account"].pk, 10**9
    yield "x"
    yield signing.dumps([account, 1], salt="another")
    yield links.make_block_link(account, versions).split("/")[-2]
    yield links.make_block_link(factories.account("Other").pk, version_of(company["bob"])).split(
        "/"
    )[-2]
    yield link_key(company)[:-1] + "~"


def test_forged_link_blocks_nobody(company):
    change_email(company)
    for key in forged(company):
        for ask in (Client().get, Client().post):
            assert ask(f"/sign-in/block/{key}/").status_code == 404, key
    assert all(person.sign_in_blocked_at is None for person in all_people(company))


def test_link_of_someone_deleted_is_dead(company):
    change_email(company, about="carol", to="carol.new@acme.example")
    link = link_in(mails()["carol@acme.example"])
    alice = browser(company["alice"])
    assert confirm_act(alice, f"/users/{company['carol'].pk}/delete/").status_code == 302
    assert [ask(link).status_code for ask in (Client().get, Client().post)] == [404, 404]
