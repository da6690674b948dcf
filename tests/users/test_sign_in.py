"""Who can sign in, and where they arrive (R1, R39)."""

from __future__ import annotations

import re

import pytest
from django.conf import settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests import factories
from tests.users.signing_in import PAGE, is_in, sign_in
from users.invitations import invite_administrator
from users.models import User
from users.tenancy import scope


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
        assert "These pages are for administrators" in response.content.decode()


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
    """Differences could be timed, so the worker sends the mail, also if there is no such user."""

    def work(url: str, form: dict[str, str]) -> list[str]:
        client = Client()
        client.cookies[settings.KNOWN_BROWSER_COOKIE] = "A" * 22  # could be a known browser
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
    # From here on, this address is counted.
    work(reset, {"email": "first@example.com"})
    sign_in(Client(), "first@example.com")
    assert work(reset, {"email": "alice@example.com"}) == work(
        reset, {"email": "nobody@example.com"}
    )
    wrong = {"password": "wrong"}
    assert work(PAGE, wrong | {"login": "alice@example.com"}) == work(
        PAGE, wrong | {"login": "nobody@example.com"}
    )
    assert hashes("alice@example.com") == hashes("nobody@example.com") == 1
