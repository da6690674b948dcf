"""Who comes in, and where to (R1, R39)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, MD5PasswordHasher, make_password
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from phoneadmin import settings as as_configured
from tests import factories
from tests.authenticator import do_jobs
from users.invitations import invite_administrator
from users.links import Tokens
from users.models import User
from users.tasks import delete_expired_rows
from users.tenancy import scope

PAGE = "/sign-in/"


@pytest.fixture
def alice(acme) -> User:
    return factories.person(
        acme, "Alice", "Archer", email="alice@example.com", is_administrator=True, password="secret"
    )


def sign_in(client, email: str = "alice@example.com", password: str = "secret", **more: str):
    return client.post(PAGE, {"login": email, "password": password} | more)


def is_in(client) -> bool:
    return client.get("/activity/").status_code == 200


@pytest.mark.parametrize("email", ["alice@example.com", "Alice@Example.COM", " ALICE@EXAMPLE.COM "])
def test_administrator_signs_in_with_his_email_in_any_case(client, alice, email):  # R1
    response = sign_in(client, email)
    assert (response.status_code, response.url) == (302, "/")
    assert is_in(client)


def test_sign_in_leads_to_where_somebody_wanted_to_go(client, alice):
    response = client.get("/users/?sort=name")
    assert response.url == "/sign-in/?next=/users/%3Fsort%3Dname"
    assert sign_in(client, next="/users/?sort=name").url == "/users/?sort=name"


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "http://["]
)
def test_sign_in_leads_to_no_other_site(client, alice, elsewhere):
    assert sign_in(client, next=elsewhere).url == "/"


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("alice@example.com", "wrong"), ("alice@example.com", ""),
        ("alice@example.com", "secret\0"),
        ("nobody@example.com", "secret"), ("", "secret"), ("not an email", "secret"),
        ("alice@example.com\0", "secret"),
    ],
)  # fmt: skip
def test_wrong_email_or_password_does_not_sign_in(client, alice, email, password):
    assert sign_in(client, email, password).status_code == 200
    assert not is_in(client)


def test_unknown_email_and_wrong_password_are_told_in_the_same_words(client, alice):
    def told(response) -> str:
        return re.search(r'<div class="errors".*?</div>', response.content.decode(), re.S).group()

    assert told(sign_in(client, "alice@example.com", "wrong")) == told(
        sign_in(client, "nobody@example.com", "wrong")
    )


def test_person_without_a_password_cannot_sign_in(client, alice):
    alice.set_unusable_password()
    alice.save()
    for password in ("", alice.password, "!"):
        sign_in(client, password=password)
    assert not is_in(client)


def test_deactivated_person_cannot_sign_in(client, alice):  # R25
    User.objects.filter(pk=alice.pk).update(is_active=False)
    sign_in(client)
    assert not is_in(client)


def test_deactivation_ends_the_session(client, alice):  # R25
    sign_in(client)
    with scope.entered(scope="support"):
        User.objects.filter(pk=alice.pk).update(is_active=False)
    assert client.get("/users/").url == "/sign-in/?next=/users/"


def test_new_password_ends_other_sessions(client, alice):
    sign_in(client)
    alice.set_password("another")
    with scope.entered(scope="support"):
        alice.save()
    assert not is_in(client)


def test_person_who_is_no_administrator_signs_in_and_gets_403(client, acme):  # R1
    factories.person(acme, email="pat@example.com", password="secret")
    assert sign_in(client, "pat@example.com").status_code == 302
    for page in ("/phones/", "/users/", "/activity/"):
        response = client.get(page)
        assert response.status_code == 403
        assert "administrators of an account" in response.content.decode()


def test_administrator_who_is_unmade_is_out_at_once(client, alice):  # R25
    sign_in(client)
    with scope.entered(scope="support"):
        User.objects.filter(pk=alice.pk).update(is_administrator=False)
    assert client.get("/users/").status_code == 403


def test_support_staff_get_django_admin(
    client, db
):  # R1; tests/users/test_second_factor.py has their second factor
    factories.support_agent()
    response = client.post(
        PAGE, {"login": "Support@example.com", "password": "secret"}, follow=True
    )
    assert response.redirect_chain[-1][0] == "/admin/"
    assert response.status_code == 200


@pytest.mark.parametrize("is_administrator", [True, False])
def test_django_admin_is_closed_to_accounts(client, acme, is_administrator):  # R1
    client.force_login(factories.person(acme, is_administrator=is_administrator))
    assert client.get("/admin/", follow=True).status_code == 403


def test_django_admins_own_sign_in_is_ours(client, db):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith("/sign-in/?next=")


def test_signing_out_ends_the_session(client, alice):
    sign_in(client)
    response = client.post("/sign-in/out/")
    assert (response.status_code, response.url) == (302, PAGE)
    assert not is_in(client)


def test_sign_in_page_when_signed_in_leads_on(client, alice):
    sign_in(client)
    assert client.get(PAGE).url == "/"


def test_account_shows_only_after_signing_in(client, alice):
    assert "Acme" not in client.get(PAGE).content.decode()
    sign_in(client)
    assert "Acme" in client.get("/activity/").content.decode()


# --- passwords ---


def test_argon2_is_the_configured_hasher(client, alice):
    assert as_configured.PASSWORD_HASHERS[0] == "django.contrib.auth.hashers.Argon2PasswordHasher"
    with override_settings(PASSWORD_HASHERS=as_configured.PASSWORD_HASHERS):
        hashed = make_password("secret")
        assert hashed.startswith(f"{Argon2PasswordHasher.algorithm}$argon2id$")
        User.objects.filter(pk=alice.pk).update(password=hashed)
        assert sign_in(client).status_code == 302


def test_older_hash_is_renewed_at_sign_in(client, alice):
    alice.password = make_password("secret", hasher="pbkdf2_sha256")
    alice.save()
    sign_in(client)
    with scope.entered(scope="support"):
        assert User.objects.get(pk=alice.pk).password.startswith("md5$")  # the tests' first hasher


def asked_for_link(client, email: str) -> list[str]:
    """Ask for a new password, and return the links that were mailed."""
    response = client.post("/sign-in/password/reset/", {"email": email})
    assert (response.status_code, response.url) == (302, "/sign-in/password/reset/sent/")
    do_jobs()
    return [
        link
        for message in mail.outbox
        for link in re.findall(r"https?://[^/\s]+(/\S+)", message.body)
    ]


def test_password_comes_by_email_link_once(client, alice):  # R39
    (link,) = asked_for_link(client, "Alice@example.com")
    assert mail.outbox[0].to == ["alice@example.com"]
    form = client.get(link, follow=True)
    chosen = {"password1": "correct horse battery", "password2": "correct horse battery"}
    client.post(form.redirect_chain[-1][0], chosen)
    sign_in(client, password="correct horse battery")
    assert is_in(client)
    client.logout()
    assert "used up or too old" in client.get(link, follow=True).content.decode()


def test_link_of_somebody_unknown_is_not_sent_and_not_told(client, alice):  # R39
    assert asked_for_link(client, "nobody@example.com") == []


@pytest.mark.parametrize("password", ["short", "password123456", "alice@example.com"])
def test_password_that_is_easy_to_guess_is_refused(client, alice, password):
    client.force_login(alice)
    form = {"oldpassword": "secret", "password1": password, "password2": password}
    assert client.post("/sign-in/password/change/", form).status_code == 200
    with scope.entered(scope="support"):
        assert User.objects.get(pk=alice.pk).check_password("secret")


@pytest.mark.parametrize(
    "link", ["1-set-password", "zzzzzzzzzzzzz-x", "9" * 50 + "-x", "a-" + "b" * 5000, "0-\0"]
)
def test_forged_link_is_told_to_be_used_up(client, alice, link):
    response = client.get(f"/sign-in/password/{link}/", follow=True)
    assert response.status_code == 200
    assert "used up or too old" in response.content.decode()


def test_nobody_can_sign_up(client, db):
    assert [
        client.get(f"/sign-in/{page}").status_code for page in ("up/", "signup/", "email/")
    ] == [404, 404, 404]
    assert settings.ACCOUNT_ADAPTER == "users.sign_in.Adapter"


def test_email_that_somebody_had_before_no_longer_signs_in(client, db):
    user = invite_administrator(
        account="Acme", email="old@example.com", first_name="Alice", last_name="Archer"
    )
    user.set_password("secret")
    user.email = "new@example.com"
    with scope.entered(scope="support"):
        user.save()
    sign_in(client, "old@example.com")
    assert not is_in(client)
    sign_in(client, "new@example.com")
    assert is_in(client)


def test_answer_takes_the_same_work_whether_an_email_exists_or_not(alice):
    """Differences can be timed, so the worker mails, and looks for nobody as for somebody."""

    def work(url: str, form: dict[str, str]) -> list[str]:
        client = Client()
        client.cookies[settings.KNOWN_BROWSER_COOKIE] = "A" * 22  # a key that could be somebody's
        with CaptureQueriesContext(connection) as asked:
            client.post(url, form)
        return [re.sub(r"'[^']*'|\d+", "…", query["sql"])[:40] for query in asked]

    def hashes(email: str) -> int:
        with pytest.MonkeyPatch.context() as patch:
            hashed: list[str] = []
            encode = MD5PasswordHasher.encode
            patch.setattr(
                MD5PasswordHasher, "encode", lambda *a, **k: hashed.append("") or encode(*a, **k)
            )
            sign_in(Client(), email, "wrong")
        return len(hashed)

    alice.set_password("secret")
    with scope.entered(scope="support"):
        alice.save()
    reset = "/sign-in/password/reset/"
    (
        work(reset, {"email": "first@example.com"}),
        sign_in(Client(), "first@example.com"),
    )  # this address is counted now
    assert work(reset, {"email": "alice@example.com"}) == work(
        reset, {"email": "nobody@example.com"}
    )
    wrong = {"password": "wrong"}
    assert work(PAGE, wrong | {"login": "alice@example.com"}) == work(
        PAGE, wrong | {"login": "nobody@example.com"}
    )
    assert hashes("alice@example.com") == hashes("nobody@example.com") == 1


def test_link_for_a_forgotten_password_works_for_an_hour(client, alice):
    """OWASP ASVS 5, V6.4.1. Invitations, of people who have no password yet, hold longer."""
    token = Tokens()
    hours = dict.fromkeys((0.9, 1.1), "")
    for age in hours:
        moment = token._num_seconds(token._now()) - int(age * 3600)
        hours[age] = token._make_token_with_timestamp(alice, moment, token.secret)
    assert [token.check_token(alice, made) for made in hours.values()] == [True, False]
    alice.set_unusable_password()
    moment = token._num_seconds(token._now()) - 6 * 24 * 3600
    assert token.check_token(alice, token._make_token_with_timestamp(alice, moment, token.secret))


def test_changed_password_is_told_by_email(client, alice):
    sign_in(client)
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    client.post("/sign-in/password/change/", new | {"oldpassword": "secret"})
    assert is_in(client)
    do_jobs()
    assert ["Your password was changed" in message.body for message in mail.outbox] == [True]


# --- sessions ---


def test_session_gets_a_new_key_at_sign_in(client, alice):
    client.get("/sign-in/second-factor/passkeys/sign-in/", headers={"Accept": "application/json"})
    before = client.cookies["sessionid"].value
    sign_in(client)
    assert client.cookies["sessionid"].value != before
    assert not Session.objects.filter(session_key=before).exists()


def test_sessions_are_listed_and_others_ended(client, alice, acme):
    elsewhere, owens = Client(REMOTE_ADDR="192.0.2.7"), Client()
    owen = factories.person(acme, is_administrator=True, password="secret")
    sign_in(elsewhere), sign_in(client), sign_in(owens, owen.email)
    page = client.get("/sign-in/sessions/").content.decode()
    listed = page.partition("Browsers you have used")[0]
    assert "192.0.2.7" in listed and listed.count("this session") == 1 and listed.count("<tr>") == 3
    client.post("/sign-in/sessions/")
    assert (is_in(client), is_in(elsewhere), is_in(owens)) == (True, False, True)


def test_changed_password_ends_sessions_elsewhere(client, alice):
    elsewhere = Client()
    sign_in(elsewhere), sign_in(client)
    new = {"password1": "correct horse battery", "password2": "correct horse battery"}
    client.post("/sign-in/password/change/", new | {"oldpassword": "secret"})
    assert (is_in(client), is_in(elsewhere)) == (True, False)


HOUR = 3600


def aged(client, *, unused: int = 0, old: int = 0) -> None:
    """Make a session as old as that, in seconds."""
    session = client.session
    session["seen_at"] -= unused
    session["ends_at"] -= old
    session.save()


@pytest.mark.parametrize(
    ("staff", "unused", "old", "lives"),
    [
        (False, 3.9 * HOUR, 0, True), (False, 4.1 * HOUR, 0, False),
        (False, 0, 6.9 * 24 * HOUR, True), (False, 0, 7.1 * 24 * HOUR, False),
        (True, 0.9 * HOUR, 0, True), (True, 1.1 * HOUR, 0, False),
        (True, 0, 11.9 * HOUR, True), (True, 0, 12.1 * HOUR, False),
    ],
)  # fmt: skip
def test_session_ends_when_unused_and_in_any_case(client, alice, staff, unused, old, lives):
    """OWASP ASVS 5, V7.3.1 and V7.3.2."""
    if staff:
        factories.support_agent()
    sign_in(client, "support@example.com" if staff else "alice@example.com")
    key = client.cookies["sessionid"].value
    aged(client, unused=int(unused), old=int(old))
    response = client.get("/admin/" if staff else "/activity/")
    assert response.status_code == (200 if lives else 302)
    assert Session.objects.filter(session_key=key).exists() is lives


def test_page_that_asks_by_itself_keeps_no_session_alive(client, alice):
    sign_in(client)
    aged(client, unused=HOUR)
    before = client.session["seen_at"]
    client.get("/phones/status/")
    assert client.session["seen_at"] == before
    client.get("/phones/")
    assert client.session["seen_at"] > before


def test_ended_sessions_are_cleared_away(client, alice):
    sign_in(client)
    with scope.entered(scope="support"):
        Session.objects.update(expire_date=timezone.now() - timedelta(minutes=1))
        cache.set("old", 1, timeout=-1)
        delete_expired_rows(timestamp=0)
        assert (Session.objects.count(), UserSession.objects.count()) == (0, 0)


def test_django_admins_own_way_to_change_a_password_is_ours(client, db):
    factories.support_agent()
    sign_in(client, "support@example.com")
    assert client.get("/admin/password_change/").url == "/sign-in/password/change/"


def test_real_worker_mails_the_link(committed, client):
    factories.person(
        factories.account(), email="alice@example.com", is_administrator=True, password="secret"
    )
    client.post("/sign-in/password/reset/", {"email": "alice@example.com"})
    worker = [sys.executable, "manage.py", "procrastinate", "--verbosity=0", "worker", "--one-shot"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings"}
    done = subprocess.run(
        worker, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, timeout=60
    )
    assert re.search(
        r"To: alice@example.com\n.*/sign-in/password/\w+-\w+-\w+/", done.stdout, re.S
    ), done.stderr
