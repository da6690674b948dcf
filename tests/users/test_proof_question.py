"""The question that asks for a fresh proof, its answer, and a borrowed session (R44)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client, override_settings

from tests import factories
from tests.answers import visible_text
from tests.authenticator import code, do_jobs, give_app
from tests.confirming import confirm_act, read_question
from tests.users.editing import form
from tests.users.proving import HTMX, MAKE, SIX_MINUTES, carried, who_can_sign_in
from tests.web import prove_ago
from users import people, sensitive
from users.models import User
from users.sensitive import Sensitive
from users.tenancy import scope
from users.tenancy.actors import Actor, ActorKind


@pytest.fixture
def alice(acme) -> User:
    return factories.person(acme, "Alice", "Archer", is_administrator=True, password="secret")


@pytest.fixture
def wyn(acme) -> User:
    return factories.person(acme, "Wyn", "Wolf", ext="13", email="wyn@example.com")


@pytest.fixture
def stale(client, alice) -> Client:
    """The browser of an administrator who gave a proof six minutes ago."""
    client.force_login(alice)
    prove_ago(client, SIX_MINUTES)
    return client


EDIT = {
    "first_name": "W<i>n",
    "last_name": "Wolf",
    "email": "new@example.com",
    "ext": "13",
    "plan": "pro",
    "caller_id": "",
}


def edit(client: Client, url: str, headers: Any = None, **changes: str) -> Any:
    """Send the form of Edit user as its page does."""
    return confirm_act(client, url, headers, **EDIT | changes)


def answered(question: Any, **proof: str) -> dict[str, str]:
    """Return what the question's form sends once something is entered."""
    return carried(question) | {f"proof-{name}": value for name, value in proof.items()}


def email_of(user: User) -> str | None:
    with scope.entered(scope="support"):
        return User.objects.get(pk=user.pk).email


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["dialog", "page"])
def test_right_answer_goes_on_with_what_was_typed(stale, wyn, headers):
    url = f"/users/{wyn.pk}/edit/"
    question = edit(stale, url, headers)
    assert (question.status_code, question["HX-Retarget"]) == (422, "#dialog")
    assert ("<html" in question.content.decode()) is (headers == {})
    assert f'action="{url}"' in question.content.decode()  # it contains nothing that was typed
    done = stale.post(url, answered(question, password="secret"), headers=headers)
    assert done.status_code == (204 if headers else 302)
    with scope.entered(scope="support"):
        kept = User.objects.get(pk=wyn.pk)
    assert (kept.first_name, kept.email) == ("W<i>n", "new@example.com")
    again = edit(stale, url, headers, email="newer@example.com")
    assert again.status_code == (204 if headers else 302)  # not asked again for five minutes


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["dialog", "page"])
def test_wrong_answer_is_told_and_loses_nothing(stale, wyn, headers):
    url = f"/users/{wyn.pk}/edit/"
    question = edit(stale, url, headers)
    answer = stale.post(url, answered(question, password="a guess"), headers=headers)
    assert (answer.status_code, "This isn’t your password." in visible_text(answer)) == (422, True)
    assert email_of(wyn) == "wyn@example.com"
    assert EDIT.items() <= answered(answer).items()
    empty = stale.post(url, answered(answer, password=""), headers=headers)
    assert (empty.status_code, "This is required." in visible_text(empty)) == (422, True)
    assert "a guess" not in answer.content.decode()
    done = stale.post(url, answered(empty, password="secret"), headers=headers)
    assert (done.status_code, email_of(wyn)) == (204 if headers else 302, "new@example.com")


def test_answers_can_be_guessed_as_often_as_passwords_at_sign_in(stale, wyn):
    url = f"/users/{wyn.pk}/edit/"
    question = answered(edit(stale, url))
    guesses = [stale.post(url, question | {"proof-password": f"guess {n}"}) for n in range(12)]
    assert (guesses[0].status_code, guesses[-1].status_code) == (422, 429)
    assert stale.post(url, question | {"proof-password": "secret"}).status_code == 429
    assert email_of(wyn) == "wyn@example.com"


def test_form_that_is_refused_after_the_proof_comes_back_filled(stale, wyn, alice):
    url = f"/users/{wyn.pk}/edit/"
    question = edit(stale, url, email=alice.email)
    answer = stale.post(url, answered(question, password="secret"))
    assert (answer.status_code, "already in use" in visible_text(answer)) == (422, True)
    assert 'value="W&lt;i&gt;n"' in answer.content.decode()
    assert edit(stale, url).status_code == 302


def test_nothing_that_was_typed_is_kept_in_the_session(stale, wyn):
    edit(stale, f"/users/{wyn.pk}/edit/")
    stale.post("/sign-in/second-factor/app/", {"code": "123456"})
    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert "new@example.com" not in kept and "123456" not in kept and "request" not in kept


@pytest.fixture
def tolerant() -> Iterator[None]:
    with override_settings(MFA_TOTP_TOLERANCE=1):
        yield


def test_who_has_a_factor_proves_it_with_the_factor(stale, alice, wyn, tolerant):
    """A stolen password isn't enough."""
    secret, recovery = give_app(alice)
    url = f"/users/{wyn.pk}/edit/"
    question = edit(stale, url)
    page = question.content.decode()
    assert ("proof-code" in page, "proof-password" in page) == (True, False)
    assert stale.post(url, answered(question, password="secret")).status_code == 422
    assert stale.post(url, answered(question, code="000000")).status_code == 422
    assert email_of(wyn) == "wyn@example.com"
    sent = answered(question, code=code(secret))
    assert stale.post(url, sent).status_code == 302
    assert stale.post(url, sent).status_code == 302  # sent twice, though a code works once
    assert email_of(wyn) == "new@example.com"
    prove_ago(stale, SIX_MINUTES)
    question = edit(stale, url, email="newer@example.com")
    assert stale.post(url, answered(question, code=recovery[0])).status_code == 302


def test_password_is_changed_with_the_factor_where_there_is_one(stale, alice, tolerant):
    new = {
        "oldpassword": "secret",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }
    secret, _ = give_app(alice)
    asked = stale.post("/sign-in/password/change/", new)
    assert asked.url == "/sign-in/second-factor/again/?next=%2Fsign-in%2Fpassword%2Fchange%2F"
    with scope.entered(scope="support"):
        assert User.objects.get(pk=alice.pk).check_password("secret")
    assert stale.post(asked.url, {"code": code(secret)}).url == "/sign-in/password/change/"
    assert stale.post("/sign-in/password/change/", new).status_code == 302
    with scope.entered(scope="support"):
        assert User.objects.get(pk=alice.pk).check_password("correct horse battery")


def test_answer_of_someone_who_may_no_longer_do_it_does_nothing(stale, alice, acme, wyn):
    """The question may stay open for long, so its answer passes every check again."""
    url = f"/users/{wyn.pk}/edit/"
    sent = answered(edit(stale, url), password="secret")
    with scope.entered(scope="support"):
        User.objects.filter(pk=alice.pk).update(is_administrator=False)
    assert stale.post(url, sent).status_code == 403
    stale.logout()
    assert stale.post(url, sent).url == f"/sign-in/?next={url}"
    assert email_of(wyn) == "wyn@example.com"


def test_answer_without_its_csrf_token_is_no_answer(alice, wyn):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    prove_ago(client, SIX_MINUTES)
    sent = EDIT | {"proof-about": "email", "proof-password": "secret"}
    assert client.post(f"/users/{wyn.pk}/edit/", sent).status_code == 403
    assert client.post(f"/users/{wyn.pk}/edit/", EDIT).status_code == 403
    assert email_of(wyn) == "wyn@example.com"


def test_question_in_django_admin_keeps_reason_and_what_was_seen(db, acme):
    agent, uma = (
        factories.support_agent(),
        factories.person(acme, "Uma", "Ulm", email="uma@example.com"),
    )
    secret, _ = give_app(agent)
    client = Client()
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(agent)
    url = f"/admin/users/user/{uma.pk}/edit/"
    asked = read_question(client, url)
    sent = asked | form(uma, email="new@example.com") | {"reason": "They called"}
    prove_ago(client, SIX_MINUTES)
    question = client.post(url, sent)
    assert (question.status_code, "phoneadmin support" in question.content.decode()) == (422, True)
    with override_settings(MFA_TOTP_TOLERANCE=1):
        answer = client.post(url, answered(question, code=code(secret)))
    assert (answer.status_code, email_of(uma)) == (302, "new@example.com")
    with scope.entered(scope="support"):
        kept = uma.history.latest("pgh_id")
    actor = Actor(ActorKind.SUPPORT, "Sam Support", agent.pk, "They called")
    assert Actor.read(kept.pgh_context) == actor


def test_change_that_is_not_sensitive_is_not_asked_about(stale, wyn):
    same = EDIT | {"email": "Wyn@Example.com", "ext": "14"}
    assert confirm_act(stale, f"/users/{wyn.pk}/edit/", **same).status_code == 302
    assert stale.post("/company/", {}).status_code == 302  # the rule is unchanged
    assert (
        confirm_act(stale, f"/users/{wyn.pk}/deactivate/").status_code == 302
    )  # not an administrator
    assert stale.post(f"/users/{wyn.pk}/credentials/").status_code == 200  # recorded (R22)


def test_act_that_turns_out_to_be_sensitive_on_the_way_is_undone(stale, wyn, monkeypatch):
    def late(user: User, **fields: Any) -> None:
        User.objects.filter(pk=user.pk).update(last_name="Half")
        sensitive.require_proof(Sensitive.EMAIL)

    monkeypatch.setattr(people, "edit", late)
    assert edit(stale, f"/users/{wyn.pk}/edit/").status_code == 422
    with scope.entered(scope="support"):
        assert User.objects.get(pk=wyn.pk).last_name == "Wolf"


def test_commands_of_the_operator_are_not_asked(alice, wyn):
    people.edit(wyn, email="new@example.com")
    assert email_of(wyn) == "new@example.com"


# --- a borrowed session ---


ATTACKER = "attacker@evil.example"
TAKEOVERS = {
    "a colleague's email": (
        "/users/{bob}/edit/",
        {"first_name": "Bob", "email": ATTACKER, "plan": "pro"},
    ),
    "her own email": (
        "/users/{alice}/edit/",
        {"first_name": "Alice", "email": ATTACKER, "plan": "pro"},
    ),
    "a new administrator": ("/users/add/", MAKE | {"email": ATTACKER, "plan": "basic"}),
    "a person made administrator": ("/users/{wyn}/make-administrator/", {}),
    "a colleague who administers no more": ("/users/{bob}/remove-administrator/", {}),
    "a colleague's factors": ("/users/{bob}/second-factor/", {}),
    "a colleague deleted": ("/users/{bob}/delete/", {}),
    "a colleague deactivated": ("/users/{bob}/deactivate/", {}),
}


@pytest.mark.parametrize(("path", "form"), TAKEOVERS.values(), ids=TAKEOVERS)
def test_borrowed_session_takes_over_nobody(stale, alice, acme, wyn, mailoutbox, path, form):
    """It once worked: two requests and a reset link took over a colleague, who wasn't told."""
    bob = factories.person(acme, "Bob", is_administrator=True, password="bob's own")
    give_app(bob)
    url = path.format(alice=alice.pk, bob=bob.pk, wyn=wyn.pk)
    before, asked = who_can_sign_in(), read_question(stale, url)
    for guess in (
        form,
        form | {"proof-about": "email"},
        form | {"proof-about": "email", "proof-password": "guess"},
    ):
        assert stale.post(url, asked | guess).status_code == 422
    stale.post("/sign-in/password/reset/", {"email": ATTACKER})
    do_jobs()
    assert mailoutbox == []
    assert who_can_sign_in() == before
