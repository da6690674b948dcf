"""How passwords are stored, changed, and replaced through an emailed link (R39)."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core import mail
from django.test import override_settings

from phoneadmin import settings as as_configured
from tests import factories
from tests.authenticator import do_jobs
from tests.users.signing_in import is_in, sign_in
from users.links import Tokens
from users.models import User
from users.tenancy import scope


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
    assert "has been used or has expired" in client.get(link, follow=True).content.decode()


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
    assert "has been used or has expired" in response.content.decode()


def test_link_for_a_forgotten_password_works_for_an_hour(client, alice):
    """OWASP ASVS 5, V6.4.1. Invitations, for users who have no password yet, last longer."""
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
