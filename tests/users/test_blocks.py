"""Who is told of another address or role, and the link that blocks a sign-in (R44)."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail, signing
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from phones.models import Phone
from tests import factories
from tests.authenticator import do_jobs, give_app
from tests.web import session_of
from users import blocks, links, people
from users.links import Tokens
from users.models import Account, SipCredentials, User
from users.tenancy import scope

OLD, NEW = "bob@acme.example", "attacker@evil.example"


@pytest.fixture
def company(db) -> dict[str, Any]:
    return made()


@pytest.fixture
def committed_company(committed) -> dict[str, Any]:
    """For what the transactions of a history tell."""
    return made()


def made() -> dict[str, Any]:
    """A company with three administrators; one reads Spanish, and one has a phone."""
    account = factories.account("Acme")
    people = {
        name: factories.person(
            account,
            name.title(),
            "Archer",
            email=f"{name}@acme.example",
            is_administrator=True,
            password="secret",
        )
        for name in ("alice", "bob", "carol")
    }
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=people["carol"].pk).update(language="es")
    factories.person(account, "Plain", "Person", email="plain@acme.example", password="secret")
    factories.person(account, "Never", "Came", email="never@acme.example", is_administrator=True)
    return people | {"account": account, "phone": factories.phone(account, people["bob"])}


def browser(user: User) -> Client:
    client = Client()
    client.cookies["sessionid"] = session_of(user)
    return client


def signed_in(user: User) -> Client:
    """The browser of someone who signed in a while ago: their next request writes the session."""
    client = Client()
    assert client.post("/sign-in/", {"login": user.email, "password": "secret"}).url == "/"
    session = client.session
    session["seen_at"] -= 600
    session.save()
    return client


def is_in(client: Client) -> bool:
    return client.get("/activity/").status_code == 200


def fresh(user: User) -> User:
    with transaction.atomic(), scope.entered(scope="support"):
        return User.objects.get(pk=user.pk)


def edited(user: User, **changes: str) -> dict[str, str]:
    names = ("first_name", "last_name", "email", "ext", "caller_id")
    form = {name: getattr(user, name) or "" for name in names}
    return form | ({"is_administrator": "on"} if user.is_administrator else {}) | changes


def change_email(
    company: dict[str, Any],
    *,
    by: str = "alice",
    about: str = "bob",
    to: str = NEW,
) -> Client:
    """Change somebody's email address on the pages, and return the browser of whoever did it."""
    client = browser(company[by])
    person = fresh(company[about])
    assert client.post(f"/users/{person.pk}/", edited(person, email=to)).status_code == 302
    return client


def mails() -> dict[str, Any]:
    """Do what waits for the worker; return the mails since the last time, by whom they go to."""
    mail.outbox.clear()
    with transaction.atomic():
        do_jobs()
    assert len({message.to[0] for message in mail.outbox}) == len(mail.outbox)
    return {message.to[0]: message for message in mail.outbox}


def link_in(message: Any) -> str:
    return re.search(r"http://localhost:\d+(/sign-in/block/\S+)", message.body).group(1)


def text(answer: Any) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


def blocked(company: dict[str, Any]) -> str:
    """Have Bob's address changed and his sign-in blocked from the old mailbox; return the link."""
    change_email(company)
    link = link_in(mails()[OLD])
    assert Client().post(link).status_code == 302
    mails()
    return link


# --- who is told ---


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
    url = f"/admin/users/user/{bob.pk}/email/"
    seen = client.get(url).context["question"].seen
    sent = {"email": NEW, "reason": "They called", "seen": seen}
    assert client.post(url, sent).status_code == 302
    told = mails()
    assert set(told) == {OLD, NEW, "alice@acme.example", "carol@acme.example"}
    assert "Sam Support, support staff of your phone company" in told[OLD].body
    assert "Sam Support, personal de soporte" in told["carol@acme.example"].body


def test_address_that_comes_first_or_goes_is_told_to_whoever_has_one(company):
    plain = next(p for p in all_people(company) if p.first_name == "Plain")
    client = browser(company["alice"])
    for before, after in (("plain@acme.example", ""), ("", "plainer@acme.example")):
        client.post(f"/users/{plain.pk}/", edited(fresh(plain), email=after))
        assert set(mails()) == {
            *filter(None, (before, after)),
            *(f"{n}@acme.example" for n in ("alice", "bob", "carol")),
        }


def all_people(company: dict[str, Any]) -> list[User]:
    with transaction.atomic(), scope.entered(scope="support"):
        return list(User.objects.filter(account=company["account"]))


def test_changed_name_is_told_to_nobody(company):
    client, bob = browser(company["alice"]), company["bob"]
    client.post(f"/users/{bob.pk}/", edited(bob, first_name="Robert"))
    assert mails() == {}


@pytest.mark.parametrize(
    ("path", "form", "subject"),
    [
        ("", {"is_administrator": ""}, "Bob Archer is no longer an administrator of Acme"),
        ("activation/", {}, "Bob Archer is no longer an administrator of Acme"),
        ("delete/", {}, "Bob Archer is no longer an administrator of Acme"),
    ],
)
def test_administrator_who_goes_is_told_and_so_are_the_others(company, path, form, subject):  # R44
    with transaction.atomic(), scope.entered(scope="support"):
        Phone.objects.filter(pk=company["phone"].pk).update(assigned_to=None)
    client, bob = browser(company["alice"]), company["bob"]
    sent = edited(bob) | form if form else {}
    assert client.post(f"/users/{bob.pk}/{path}", sent).status_code == 302
    told = mails()
    assert set(told) == {OLD, "alice@acme.example", "carol@acme.example"}
    assert (told["alice@acme.example"].subject, told[OLD].subject) == (
        subject, "You’re no longer an administrator of Acme",
    )  # fmt: skip
    assert all("alice@acme.example" in message.body for message in told.values())


def test_administrator_who_comes_is_told_and_so_are_the_others(company):  # R44
    client = browser(company["alice"])
    plain = next(p for p in all_people(company) if p.first_name == "Plain")
    client.post(f"/users/{plain.pk}/", edited(plain, is_administrator="on"))
    told = mails()
    assert told["plain@acme.example"].subject == "You’re an administrator of Acme now"
    assert told["bob@acme.example"].subject == "Plain Person is an administrator of Acme now"
    new = {
        "first_name": "Dan",
        "email": "dan@acme.example",
        "plan": "basic",
        "is_administrator": "on",
    }
    client.post("/users/add/", new)
    told = mails()
    assert "invit" in told["dan@acme.example"].subject  # which says that he is to administer it
    assert told["bob@acme.example"].subject == "Dan is an administrator of Acme now"


def test_role_that_stays_is_told_to_nobody(company):
    with scope.entered(account_id=company["account"].pk):
        people.set_active(User.objects.get(pk=company["bob"].pk), True)
    assert mails() == {}


def test_administrator_whom_the_operator_invites_is_told_to_the_others(committed_company):  # R44
    call_command("invite", "eve@acme.example", account="Acme")
    assert "Changed by: your phone company" in mails()["bob@acme.example"].body


# --- the link ---


def test_link_blocks_by_its_button_alone_and_alerts_the_administrators(company):  # R44
    session = browser(company["bob"])
    change_email(company)
    link = link_in(mails()[OLD])
    session = browser(fresh(company["bob"]))
    for ask in (Client().get, Client().head, Client().get):  # mail scanners follow links
        assert ask(link).status_code == 200
    assert is_in(session) and fresh(company["bob"]).sign_in_blocked_at is None
    page = text(Client().get(link))
    assert all(said in page for said in (OLD, NEW, "alice@acme.example", "Acme", "911 included"))

    answer = Client().post(link, follow=True)
    assert "The sign-in is blocked" in text(answer)
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
            credentials = SipCredentials.objects.values_list("username", "ha1").get(user=bob)
            return (
                bob.is_active,
                bob.can_have_phone,
                credentials,
                Phone.objects.get().assigned_to_id,
            )

    before = line()
    blocked(company)
    assert line() == before


@pytest.fixture
def link(company) -> str:
    return blocked(company)


def test_blocked_person_cannot_sign_in_by_any_way(company, link):  # R44
    bob = fresh(company["bob"])
    answer = Client().post("/sign-in/", {"login": NEW, "password": "secret"})
    assert answer.url == "/sign-in/inactive/"
    assert "blocked" in text(Client().get(answer.url))
    client = Client()
    client.post("/sign-in/", {"login": NEW, "password": "secret"})
    assert not is_in(client)
    with transaction.atomic(), scope.entered(scope="support"):
        assert not Tokens().check_token(bob, Tokens().make_token(bob))
    Client().post("/sign-in/password/reset/", {"email": NEW})
    Client().post("/sign-in/password/reset/", {"email": OLD})
    assert mails() == {}
    assert not is_in(browser(bob))  # whoever makes a session for him, none is recognized


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
    assert kept.pgh_context == {"mailbox": OLD}


def test_link_opened_in_the_persons_own_session_ends_it(company):
    change_email(company)
    link = link_in(mails()[OLD])
    own = signed_in(fresh(company["bob"]))
    assert own.post(link, follow=True).status_code == 200
    assert not is_in(own)


# --- the lift ---


def test_administrator_lets_them_in_again_with_a_new_password(company, link):  # R44
    """Whoever took the address over may have set a password and a passkey of their own."""
    bob = fresh(company["bob"])
    give_app(bob)
    alice = browser(company["alice"])
    assert "sign-in blocked" in text(alice.get("/users/"))
    url = f"/users/{bob.pk}/sign-in-block/"
    page = text(alice.get(url))
    assert OLD in page and f"{NEW} gets a link to choose a new password" in page
    assert alice.post(f"/users/{bob.pk}/", edited(bob, email=OLD)).status_code == 302
    mails()
    assert alice.post(url).status_code == 302

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
    assert alice.get(url).context["person"].sign_in_blocked_at is None
    assert alice.post(url).status_code == 302  # sent twice, it's done once
    assert fresh(bob).has_usable_password()


def test_support_lets_them_in_again_with_a_reason(committed_company):  # R37, R44
    company = committed_company
    blocked(company)
    client, url = (
        browser(factories.support_agent()),
        f"/admin/users/user/{company['bob'].pk}/let_in_again/",
    )
    person = client.get(f"/admin/users/user/{company['bob'].pk}/change/")
    assert "Let them sign in again" in person.content.decode()
    question = client.get(url).context["question"]
    assert OLD in str(question.consequences)
    assert client.post(url, {"reason": "They called", "seen": question.seen}).status_code == 302
    assert fresh(company["bob"]).sign_in_blocked_at is None
    entries = browser(company["alice"]).get("/activity/").context["page"].entries
    said = [(entry.who, entry.reason, entry.sentences[-1]) for entry in entries[:2]]
    assert said == [
        ("Sam Support", "They called", "Let Bob Archer sign in again."),
        (f"whoever reads mail to {OLD}", "", "Blocked the sign-in of Bob Archer."),
    ]


def test_only_administrator_who_is_blocked_is_let_in_by_support(db):  # R44
    account = factories.account("Acme")
    bob = factories.person(account, "Bob", email=OLD, is_administrator=True, password="secret")
    company = {"account": account, "bob": bob}
    change_email(company, by="bob")
    assert Client().post(link_in(mails()[OLD])).status_code == 302
    client = browser(factories.support_agent())
    for verb, more in (("email", {"email": OLD}), ("let_in_again", {})):
        url = f"/admin/users/user/{bob.pk}/{verb}/"
        seen = client.get(url).context["question"].seen
        assert client.post(url, more | {"reason": "They called", "seen": seen}).status_code == 302
        told = mails()
    assert told[OLD].subject == "You can sign in to phoneadmin again"


def test_lift_ends_the_links_of_all_changes_before_it(company, link):  # R44
    """A mailbox of someone who left can't lock the successor out again and again."""
    change_email(company, to="successor@acme.example")
    second = link_in(mails()[NEW])
    alice = browser(company["alice"])
    assert alice.post(f"/users/{company['bob'].pk}/sign-in-block/").status_code == 302
    for dead in (link, second):
        for ask in (Client().get, Client().post):
            answer = ask(dead)
            assert (answer.status_code, "no longer works" in text(answer)) == (404, True)
    assert fresh(company["bob"]).sign_in_blocked_at is None
    mails()
    change_email(company, to="third@acme.example")
    assert Client().post(link_in(mails()["successor@acme.example"])).status_code == 302
    assert fresh(company["bob"]).sign_in_blocked_at is not None


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


def version_of(user: User) -> int:
    with transaction.atomic(), scope.entered(scope="support"):
        return user.history.latest("pgh_id").pgh_id


def link_key(company: dict[str, Any]) -> str:
    return links.make_block_link(company["account"].pk, version_of(company["bob"])).split("/")[-2]


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
    assert alice.post(f"/users/{company['carol'].pk}/delete/").status_code == 302
    assert [ask(link).status_code for ask in (Client().get, Client().post)] == [404, 404]


def test_blocked_person_lifts_nothing(company, link):
    """Their sessions are dead, and no request of theirs is recognized."""
    bob = browser(fresh(company["bob"]))
    answer = bob.post(f"/users/{company['bob'].pk}/sign-in-block/")
    assert answer.url.startswith("/sign-in/?next=")
    assert fresh(company["bob"]).sign_in_blocked_at is not None


# --- the last administrator ---


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
    with pytest.raises(ValidationError, match="last administrator"):
        unmake(alice)
    unmake(bob)
    with pytest.raises(ValidationError, match="last administrator"):
        unmake(alice)


def test_only_administrator_stays_one_though_blocked(acme):  # R25
    bob = factories.person(acme, "Bob", is_administrator=True, sign_in_blocked_at=timezone.now())
    with pytest.raises(ValidationError, match="last administrator"):
        people.edit(bob, is_administrator=False)


def test_mailbox_that_the_history_no_longer_knows_is_left_out(acme):
    bob = factories.person(acme, sign_in_blocked_at=timezone.now() - timedelta(days=900))
    assert blocks.mailbox_that_blocked(bob) == ""
    assert Account.objects.count() == 1
