"""Sessions: their keys, how long they last, and what ends them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.users.signing_in import is_in, sign_in
from users.tasks import delete_expired_rows
from users.tenancy import scope


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
    assert "from 192.0.2.7 on" in listed
    assert (listed.count("signed in from"), listed.count("this session")) == (2, 1)
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
    """Make a session older, and unused for longer, by so many seconds."""
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
    for path in ("/phones/status/", "/phones/1/progress/"):
        client.get(path)
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
