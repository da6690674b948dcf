"""Proving again that it's you before an act that decides who can sign in (R44)."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.test import Client, override_settings

from tests import factories, site
from tests.authenticator import code, do_jobs, give_app
from tests.web import prove_ago
from users import people, sensitive
from users.models import User
from users.sensitive import Sensitive
from users.tenancy import scope

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}
SIX_MINUTES = 6 * 60
STALE = {"six minutes ago": SIX_MINUTES, "never": None}
QUESTION = "Is it still you?"


@pytest.fixture
def world(two_companies) -> site.World:
    return two_companies


def client_of(world: site.World, role: str, ago: float | None = 0) -> Client:
    """The browser of someone who proved that it's them so long ago."""
    client = world.client(role)
    prove_ago(client, ago)
    return client


# --- every sensitive act, by everyone who may do it ---

ADMINISTRATOR, WYN, OFF, INVITED, BLOCKED = 1, 3, site.INACTIVE, site.INVITED, site.BLOCKED
PERSON = site.PERSON
MAKE = {"is_administrator": "on"}


@dataclass(frozen=True)
class Try:
    """One way to a sensitive act: whose it is, where, about whom, and what the form says."""

    role: str
    url: str
    about: int = WYN
    form: dict[str, str] = field(default_factory=dict)
    off_administrator: bool = False  # a deactivated administrator is needed
    answer: int = 302  # when all is well

    def __str__(self) -> str:
        return f"{self.role} {self.url} {self.about} {' '.join(self.form)}"


ACT = "/admin/users/user/<key>/"
FACTORS = "/sign-in/second-factor/"
TRIES: dict[Sensitive, list[Try]] = {
    Sensitive.EMAIL: [
        Try("administrator", "/users/<key>/", WYN, PERSON),
        Try("administrator", "/users/<key>/", ADMINISTRATOR, PERSON | MAKE),
        Try("administrator", "/users/<key>/", WYN, PERSON | {"email": ""}),
        Try("support", f"{ACT}email/", WYN, {"email": "new@example.com"}),
    ],
    Sensitive.ADMINISTRATORS: [
        Try("administrator", "/users/add/", WYN, PERSON | MAKE | {"plan": "basic"}),
        Try("administrator", "/users/<key>/", WYN, MAKE | {"email": "wyn@zanzibar.example"}),
        Try("administrator", "/users/<key>/", INVITED, {"email": "ned@zanzibar.example"}),
        Try("administrator", "/users/<key>/activation/", INVITED),
        Try("administrator", "/users/<key>/activation/", OFF, off_administrator=True),
        Try("administrator", "/users/<key>/delete/", INVITED),
        Try("support", f"{ACT}deactivate/", INVITED),
        Try("support", f"{ACT}activate/", OFF, off_administrator=True),
        Try("support", "/admin/users/account/add/", form={"name": "New", "email": "n@example.com"}),
    ],
    Sensitive.SECOND_FACTORS: [
        Try("administrator", "/users/<key>/second-factor/", INVITED),
        Try("support", f"{ACT}second_factor/", INVITED),
    ],
    Sensitive.SIGN_IN_RULE: [
        Try("administrator", "/company/", form={"second_factor_required": "on"}),
    ],
    Sensitive.BLOCKED_SIGN_IN: [
        Try("administrator", "/users/<key>/sign-in-block/", BLOCKED),
        Try("support", f"{ACT}let_in_again/", BLOCKED),
    ],
    Sensitive.OWN_SIGN_IN: [
        *(Try(role, f"{FACTORS}app/remove/") for role in ("administrator",)),
        *(Try(role, f"{FACTORS}codes/new/") for role in ("administrator", "support")),
        Try("administrator", f"{FACTORS}passkeys/<pk>/remove/"),
        Try("administrator", f"{FACTORS}passkeys/add/", form={"credential": "{}"}, answer=200),
    ],
}
TABLE = [(act, each) for act, tries in TRIES.items() for each in tries]
each_try = pytest.mark.parametrize(("act", "tried"), TABLE, ids=str)


def test_every_sensitive_act_is_tried_here_by_everyone_who_may_do_it():
    assert set(TRIES) == set(Sensitive)
    roles = {act: {each.role for each in tries} for act, tries in TRIES.items()}
    of_both = {act for act in roles if roles[act] == {"administrator", "support"}}
    assert set(Sensitive) - of_both == {Sensitive.SIGN_IN_RULE}  # which support leaves to them


def path_of(world: site.World, tried: Try) -> str:
    key = world.ours.numbered(33 if "<pk>" in tried.url else tried.about)
    return site.KEY.sub(str(key), tried.url)


def sent_by(world: site.World, tried: Try) -> dict[str, str]:
    """What the form sends, with what support staff have seen, and why they do it."""
    if not tried.url.startswith("/admin/"):
        return tried.form
    asked = client_of(world, "support").get(path_of(world, tried)).context["question"]
    return tried.form | {"seen": asked.seen, "reason": "They called"}


def prepare(world: site.World, tried: Try) -> None:
    if tried.off_administrator:
        with scope.entered(scope="support"):
            User.objects.filter(pk=world.ours.numbered(OFF)).update(is_administrator=True)


def who_can_sign_in() -> tuple[dict[int, tuple], dict[str, list]]:
    """All that decides who can sign in: of each person, and what else there is."""
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, email, is_administrator, is_administrator AND is_active, has_second_factor,"
            " password, sign_in_blocked_at FROM users_user ORDER BY id"
        )
        everyone = {row[0]: row for row in cursor.fetchall()}
        cursor.execute("SELECT id, user_id, type, data::text FROM mfa_authenticator ORDER BY id")
        rest = {"factors": cursor.fetchall()}
        cursor.execute("SELECT id, second_factor_required FROM users_account ORDER BY id")
        return everyone, rest | {"rules": cursor.fetchall()}


def carried(question: Any) -> dict[str, str]:
    """What the question holds of what was typed."""
    hidden = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
    found = hidden.findall(question.content.decode())
    return {name: html.unescape(value) for name, value in found}


def text(answer: Any) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split()))


@each_try
@pytest.mark.parametrize("ago", STALE.values(), ids=STALE)
def test_sensitive_act_asks_for_a_proof_and_does_nothing_before(world, act, tried, ago):  # R44
    prepare(world, tried)
    sent, before = sent_by(world, tried), who_can_sign_in()
    answer = client_of(world, tried.role, ago).post(path_of(world, tried), sent)
    assert (answer.status_code, QUESTION in text(answer), str(act.label) in text(answer)) == (
        422,
        True,
        True,
    )
    assert who_can_sign_in() == before
    assert sent.items() <= carried(answer).items()


@each_try
def test_sensitive_act_goes_on_for_whoever_has_just_proved_it(world, act, tried):  # R44
    prepare(world, tried)
    sent, before = sent_by(world, tried), who_can_sign_in()
    for ago in (0, 4 * 60):
        with transaction.atomic():
            answer = client_of(world, tried.role, ago).post(path_of(world, tried), sent)
            asked = QUESTION in text(answer)
            assert (answer.status_code, asked) == (tried.answer, False), text(answer)
            assert tried.answer == 200 or who_can_sign_in() != before
            transaction.set_rollback(True)


@pytest.mark.parametrize("ago", STALE.values(), ids=STALE)
@pytest.mark.parametrize(
    "page",
    [f"{FACTORS}codes/", "/sign-in/password/change/", f"{FACTORS}app/remove/"],
)
def test_page_about_ones_own_sign_in_asks_before_it_shows_anything(world, page, ago):  # R44
    answer = client_of(world, "administrator", ago).get(page)
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, f"{FACTORS}again/")


# --- nothing else decides who can sign in ---

PEOPLE = (ADMINISTRATOR, WYN, OFF, INVITED, BLOCKED)
# Where administrators and support change it with a fresh proof. An address that does and isn't here
# fails the test: it goes here, and what it does into users.sensitive.
DECIDING = {
    "/company/", "/users/add/", "/users/<key>/", "/users/<key>/activation/", "/users/<key>/delete/",
    "/users/<key>/second-factor/", "/users/<key>/sign-in-block/", f"{ACT}email/",
    f"{ACT}deactivate/", f"{ACT}activate/", f"{ACT}second_factor/", f"{ACT}let_in_again/",
    "/admin/users/account/add/",
    "/sign-in/password/change/", f"{FACTORS}app/remove/", f"{FACTORS}codes/new/",
    f"{FACTORS}passkeys/<pk>/remove/",
}  # fmt: skip


def everything_asked(world: site.World) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Whatever can be posted to the project: who sends it, the URL, the path, and what is sent."""
    sent = site.forms(world)
    reach = {
        "/users/add/": MAKE,
        "/users/<key>/": MAKE,
        "/sign-in/password/change/": {"oldpassword": "secret"},
    }
    for url in site.urls():
        role = "support" if url.startswith("/admin/") else "administrator"
        form = sent.get(url, {}) | reach.get(url, {})
        if not url.startswith(("/users/<key>/", ACT)):
            yield role, url, site.address(url, world), form
            continue
        for person in PEOPLE:
            path = site.KEY.sub(str(world.ours.numbered(person)), url)
            if "seen" in form and role == "support":
                context = client_of(world, role).get(path).context
                if not context or "question" not in context:
                    continue  # not something to do with this person
                form = form | {"seen": context["question"].seen}
            yield role, url, path, form
            if url == "/users/<key>/":
                yield role, url, path, {name: form[name] for name in form if name not in MAKE}


def deciding(world: site.World, ago: float | None) -> set[str]:
    """The URLs that change who can sign in, sent by someone who proved it so long ago."""
    found = set()
    with scope.entered(scope="support"):
        User.objects.filter(pk=world.ours.numbered(OFF)).update(is_administrator=True)
    everyone, rest = who_can_sign_in()
    for role, url, path, form in everything_asked(world):
        with transaction.atomic():
            client_of(world, role, ago).post(path, form)
            now, rest_now = who_can_sign_in()
            # Others than administrators may come and go: they can't get at anything.
            known = {key: row for key, row in now.items() if key in everyone or row[2]}
            still = {key: row for key, row in everyone.items() if key in now or row[2]}
            if (known, rest_now) != (still, rest):
                found.add(url)
            transaction.set_rollback(True)
    return found


def test_nothing_decides_who_can_sign_in_without_a_fresh_proof(world):  # R44
    assert deciding(world, SIX_MINUTES) == set()
    assert deciding(world, 0) == DECIDING


# --- the question and its answer ---


@pytest.fixture
def alice(acme) -> User:
    return factories.person(acme, "Alice", "Archer", is_administrator=True, password="secret")


@pytest.fixture
def wyn(acme) -> User:
    return factories.person(acme, "Wyn", "Wolf", ext="13", email="wyn@example.com")


@pytest.fixture
def stale(client, alice) -> Client:
    """The browser of an administrator who proved six minutes ago that it's her."""
    client.force_login(alice)
    prove_ago(client, SIX_MINUTES)
    return client


EDIT = {
    "first_name": "W<i>n",
    "last_name": "Wolf",
    "email": "new@example.com",
    "ext": "13",
    "caller_id": "",
}


def answered(question: Any, **proof: str) -> dict[str, str]:
    """What the question's form sends once something is entered."""
    return carried(question) | {f"proof-{name}": value for name, value in proof.items()}


def email_of(user: User) -> str | None:
    with scope.entered(scope="support"):
        return User.objects.get(pk=user.pk).email


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["dialog", "page"])
def test_right_answer_goes_on_with_what_was_typed(stale, wyn, headers):
    url = f"/users/{wyn.pk}/"
    question = stale.post(url, EDIT, headers=headers)
    assert (question.status_code, question["HX-Retarget"]) == (422, "#dialog")
    assert ("<html" in question.content.decode()) is (headers == {})
    assert f'action="{url}"' in question.content.decode()  # nothing that was typed is in it
    done = stale.post(url, answered(question, password="secret"), headers=headers)
    assert done.status_code == (204 if headers else 302)
    with scope.entered(scope="support"):
        kept = User.objects.get(pk=wyn.pk)
    assert (kept.first_name, kept.email) == ("W<i>n", "new@example.com")
    again = stale.post(url, EDIT | {"email": "newer@example.com"}, headers=headers)
    assert again.status_code == (204 if headers else 302)  # not asked again for five minutes


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["dialog", "page"])
def test_wrong_answer_is_told_and_loses_nothing(stale, wyn, headers):
    url = f"/users/{wyn.pk}/"
    question = stale.post(url, EDIT, headers=headers)
    answer = stale.post(url, answered(question, password="a guess"), headers=headers)
    assert (answer.status_code, "This is not your password." in text(answer)) == (422, True)
    assert email_of(wyn) == "wyn@example.com"
    assert EDIT.items() <= answered(answer).items()
    empty = stale.post(url, answered(answer, password=""), headers=headers)
    assert (empty.status_code, "This field is required." in text(empty)) == (422, True)
    assert "a guess" not in answer.content.decode()
    done = stale.post(url, answered(empty, password="secret"), headers=headers)
    assert (done.status_code, email_of(wyn)) == (204 if headers else 302, "new@example.com")


def test_answers_can_be_guessed_as_often_as_passwords_at_sign_in(stale, wyn):
    url = f"/users/{wyn.pk}/"
    question = answered(stale.post(url, EDIT))
    guesses = [stale.post(url, question | {"proof-password": f"guess {n}"}) for n in range(12)]
    assert (guesses[0].status_code, guesses[-1].status_code) == (422, 429)
    assert stale.post(url, question | {"proof-password": "secret"}).status_code == 429
    assert email_of(wyn) == "wyn@example.com"


def test_form_that_is_refused_after_the_proof_comes_back_filled(stale, wyn, alice):
    url = f"/users/{wyn.pk}/"
    question = stale.post(url, EDIT | {"email": alice.email})
    answer = stale.post(url, answered(question, password="secret"))
    assert (answer.status_code, "already in use" in text(answer)) == (422, True)
    assert 'value="W&lt;i&gt;n"' in answer.content.decode()
    assert stale.post(url, EDIT).status_code == 302


def test_nothing_that_was_typed_is_kept_in_the_session(stale, wyn):
    stale.post(f"/users/{wyn.pk}/", EDIT)
    stale.post("/sign-in/second-factor/app/", {"code": "123456"})
    kept = " ".join(str(session.get_decoded()) for session in Session.objects.all())
    assert "new@example.com" not in kept and "123456" not in kept and "request" not in kept


@pytest.fixture
def tolerant() -> Iterator[None]:
    with override_settings(MFA_TOTP_TOLERANCE=1):
        yield


def test_who_has_a_factor_proves_it_with_the_factor(stale, alice, wyn, tolerant):
    """A password that somebody found out isn't enough."""
    secret, recovery = give_app(alice)
    url = f"/users/{wyn.pk}/"
    question = stale.post(url, EDIT)
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
    question = stale.post(url, EDIT | {"email": "newer@example.com"})
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
    """The question may stand open for long: its answer passes every check again."""
    url = f"/users/{wyn.pk}/"
    sent = answered(stale.post(url, EDIT), password="secret")
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
    assert client.post(f"/users/{wyn.pk}/", sent).status_code == 403
    assert client.post(f"/users/{wyn.pk}/", EDIT).status_code == 403
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
    url = f"/admin/users/user/{uma.pk}/email/"
    sent = {
        "email": "new@example.com",
        "reason": "They called",
        "seen": client.get(url).context["question"].seen,
    }
    prove_ago(client, SIX_MINUTES)
    question = client.post(url, sent)
    assert (question.status_code, "phoneadmin support" in question.content.decode()) == (422, True)
    with override_settings(MFA_TOTP_TOLERANCE=1):
        answer = client.post(url, answered(question, code=code(secret)))
    assert (answer.status_code, email_of(uma)) == (302, "new@example.com")
    with scope.entered(scope="support"):
        kept = uma.history.latest("pgh_id")
    assert (kept.pgh_context["user"], kept.pgh_context["reason"]) == (agent.pk, "They called")


def test_change_that_is_not_sensitive_is_not_asked_about(stale, wyn):
    same = EDIT | {"email": "Wyn@Example.com", "ext": "14"}
    assert stale.post(f"/users/{wyn.pk}/", same).status_code == 302
    assert stale.post("/company/", {}).status_code == 302  # the rule is as it was
    assert stale.post(f"/users/{wyn.pk}/activation/").status_code == 302  # no administrator
    assert stale.post(f"/users/{wyn.pk}/credentials/").status_code == 200  # recorded (R22)


def test_act_that_turns_out_to_be_sensitive_on_the_way_is_undone(stale, wyn, monkeypatch):
    def late(user: User, **fields: Any) -> None:
        User.objects.filter(pk=user.pk).update(last_name="Half")
        sensitive.require_proof(Sensitive.EMAIL)

    monkeypatch.setattr(people, "edit", late)
    assert stale.post(f"/users/{wyn.pk}/", EDIT).status_code == 422
    with scope.entered(scope="support"):
        assert User.objects.get(pk=wyn.pk).last_name == "Wolf"


def test_commands_of_the_operator_are_not_asked(alice, wyn):
    people.edit(wyn, email="new@example.com")
    assert email_of(wyn) == "new@example.com"


# --- a borrowed session ---


ATTACKER = "attacker@evil.example"
TAKEOVERS = {
    "a colleague's email": ("/users/{bob}/", MAKE | {"first_name": "Bob", "email": ATTACKER}),
    "her own email": ("/users/{alice}/", MAKE | {"first_name": "Alice", "email": ATTACKER}),
    "a new administrator": ("/users/add/", MAKE | {"email": ATTACKER, "plan": "basic"}),
    "a person made administrator": ("/users/{wyn}/", MAKE | {"email": "wyn@example.com"}),
    "a colleague's factors": ("/users/{bob}/second-factor/", {}),
    "a colleague deleted": ("/users/{bob}/delete/", {}),
    "a colleague deactivated": ("/users/{bob}/activation/", {}),
}


@pytest.mark.parametrize(("path", "form"), TAKEOVERS.values(), ids=TAKEOVERS)
def test_borrowed_session_takes_over_nobody(stale, alice, acme, wyn, mailoutbox, path, form):
    """Seen before: two requests and a reset link took over a colleague, who wasn't told."""
    bob = factories.person(acme, "Bob", is_administrator=True, password="bob's own")
    give_app(bob)
    url = path.format(alice=alice.pk, bob=bob.pk, wyn=wyn.pk)
    before = who_can_sign_in()
    for guess in (
        form,
        form | {"proof-about": "email"},
        form | {"proof-about": "email", "proof-password": "guess"},
    ):
        assert stale.post(url, guess).status_code == 422
    stale.post("/sign-in/password/reset/", {"email": ATTACKER})
    do_jobs()
    assert mailoutbox == []
    assert who_can_sign_in() == before
