"""Guessing is slowed per person and address, and locks nobody out (OWASP ASVS 5, V6.3.1)."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.signing import dumps
from django.db import connections
from django.test import Client, override_settings

from tests import factories
from tests.answers import visible_text
from tests.authenticator import code, do_jobs, give_app
from tests.users.editing import add
from tests.users.guessing import AT_ONCE, comes_in, guess, minutes_pass
from tests.users.signing_in import EMAIL, sign_in
from tests.web import session_of
from users.models import KnownBrowser
from users.tenancy import scope


def test_more_than_five_guesses_at_one_person_are_refused_even_when_right(alice):
    assert guess(AT_ONCE) == [200] * AT_ONCE
    response = sign_in(Client())
    assert (response.status_code, response["Retry-After"]) == (429, "300")
    assert "Too many tries" in response.content.decode()


def test_guesses_at_one_person_are_no_guesses_at_another(alice, acme):
    factories.person(acme, email="owen@example.com", is_administrator=True, password="secret")
    guess(AT_ONCE + 1)
    assert comes_in(sign_in(Client(), "owen@example.com"))


def test_email_in_another_case_is_the_same_person(alice):
    for n in range(AT_ONCE):
        sign_in(Client(), EMAIL.upper() if n % 2 else f" {EMAIL}", "wrong")
    assert sign_in(Client()).status_code == 429


def test_limit_ends_by_itself(alice):
    guess(AT_ONCE + 1)
    minutes_pass(6)
    assert comes_in(sign_in(Client()))


@pytest.mark.ci
def test_no_more_than_a_hundred_guesses_a_day(alice):
    """NIST SP 800-63B-4, section 3.2.2."""
    statuses = []
    for n in range(23):
        statuses += guess(AT_ONCE, **{"X-Forwarded-For": f"192.0.2.{n}"})
        minutes_pass(6)
    assert statuses.count(200) == 100
    minutes_pass(24 * 60)
    assert comes_in(sign_in(Client()))


def test_guesses_from_elsewhere_keep_nobody_out_of_a_browser_that_he_used_before(alice):
    browser = Client()
    assert comes_in(sign_in(browser))
    browser.post("/sign-in/out/")
    guess(AT_ONCE + 5)
    assert sign_in(Client()).status_code == 429
    assert comes_in(sign_in(browser))


def test_known_browser_has_a_limit_too(alice):
    browser = Client()
    sign_in(browser)
    browser.post("/sign-in/out/")
    assert [sign_in(browser, password="wrong").status_code for _ in range(11)] == [200] * 10 + [429]
    assert comes_in(sign_in(Client()))  # and nobody else is locked out


def test_browser_is_known_for_one_person_only(alice, acme):
    factories.person(acme, email="owen@example.com", is_administrator=True, password="secret")
    browser = Client()
    sign_in(browser, "owen@example.com")
    browser.post("/sign-in/out/")
    guess(AT_ONCE)
    assert sign_in(browser).status_code == 429


def test_forged_cookie_makes_no_browser_known(alice):
    guess(AT_ONCE)
    # As earlier versions made it.
    before = dumps({"who": "", "browser": "0" * 32, "for": ["password"]})
    for forged in (
        "",
        "x",
        "e30:1abc:xyz",
        "\0",
        "é" * 100,
        "A" * 22,
        ".".join(["A" * 22] * 99),
        before,
    ):
        browser = Client()
        browser.cookies[settings.KNOWN_BROWSER_COOKIE] = forged
        assert sign_in(browser).status_code == 429, forged


def test_known_browsers_cookie_is_out_of_reach_and_says_nothing(alice):
    cookie = sign_in(Client()).cookies[settings.KNOWN_BROWSER_COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Lax"
    assert re.fullmatch(r"[\w-]{22}", cookie.value)  # 128 random bits
    with scope.entered(scope="support"):
        assert (
            KnownBrowser.objects.get().key_hash == hashlib.sha256(cookie.value.encode()).hexdigest()
        )


def test_emailed_link_is_a_way_in_while_guesses_go_on(alice, mailoutbox):
    guess(AT_ONCE)
    browser = Client()
    browser.post("/sign-in/password/reset/", {"email": EMAIL})
    do_jobs()
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[0].body).group(1)
    form = browser.get(path, follow=True).redirect_chain[-1][0]
    browser.post(form, {"password1": "a long enough one", "password2": "a long enough one"})
    assert sign_in(Client(), password="a long enough one").status_code == 429
    assert comes_in(sign_in(browser, password="a long enough one"))


def test_emailed_link_gives_no_further_guesses_at_codes(alice, mailoutbox):
    give_app(alice)
    thief = Client()
    sign_in(thief)
    for _ in range(AT_ONCE):
        thief.post("/sign-in/second-factor/ask/", {"code": "000000"})
    reader = Client()
    reader.post("/sign-in/password/reset/", {"email": EMAIL})
    do_jobs()
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[0].body).group(1)
    form = reader.get(path, follow=True).redirect_chain[-1][0]
    reader.post(form, {"password1": "a long enough one", "password2": "a long enough one"})
    assert sign_in(reader, password="a long enough one").url == "/sign-in/second-factor/ask/"
    assert reader.post("/sign-in/second-factor/ask/", {"code": "000000"}).status_code == 429


# --- addresses, and what else is counted ---


def test_guesses_at_many_people_from_one_address_are_refused(alice):
    assert [guess(1, f"person{n}@example.com")[0] for n in range(31)] == [200] * 30 + [429]
    assert sign_in(Client()).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert comes_in(sign_in(elsewhere))


def test_address_is_believed_from_a_trusted_proxy_only(alice):
    for n in range(30):
        guess(1, f"person{n}@example.com", **{"X-Forwarded-For": f"192.0.2.{n}"})
    assert sign_in(Client(), headers={"X-Forwarded-For": "192.0.2.99"}).status_code == 429
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert comes_in(sign_in(Client(), headers={"X-Forwarded-For": "10.1.1.1, 192.0.2.99"}))


def test_signing_in_now_and_then_does_not_clear_an_address(alice):
    statuses = []
    for n in range(33):
        statuses += guess(1, f"person{n}@example.com")
        if n % 5 == 0 and n < 30:
            assert comes_in(sign_in(Client()))
    assert statuses == [200] * 30 + [429] * 3


def test_email_that_nobody_has_is_refused_in_the_same_way(alice):
    known = [sign_in(Client(), password=f"wrong {n}") for n in range(7)]
    unknown = [sign_in(Client(), "nobody@example.com", f"wrong {n}") for n in range(7)]
    assert [answer.status_code for answer in known] == [answer.status_code for answer in unknown]
    assert known[-1].content == unknown[-1].content
    assert set(known[-1].headers) == set(unknown[-1].headers)


def test_guesses_sent_at_once_come_one_by_one(committed):
    factories.person(factories.account(), email=EMAIL, is_administrator=True, password="secret")

    def wrong(n: int) -> int:
        try:
            return sign_in(Client(), password=f"wrong {n}").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(wrong, range(16)))
    assert sorted(statuses) == [200] * AT_ONCE + [429] * (16 - AT_ONCE)


def test_invitations_sent_at_once_are_counted_one_by_one(committed):
    """Eight strangers at once, by eight administrators of one company."""
    account = factories.account()
    sessions = [session_of(factories.person(account, is_administrator=True)) for _ in range(8)]

    def invite(session: str) -> bool:
        browser = Client()
        browser.cookies["sessionid"] = session
        person = {
            "first_name": "Owen",
            "plan": "basic",
            "is_administrator": "on",
            "email": f"{session}@example.com",
        }
        try:
            add(browser, **person)
            return "An invitation is on its way" in visible_text(browser.get("/users/"))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(invite, sessions)) == 5


def test_codes_are_slowed_down_for_whoever_knows_the_password(alice):
    secret, _ = give_app(alice)
    thief = Client()
    assert sign_in(thief).url == "/sign-in/second-factor/ask/"
    statuses = [
        thief.post("/sign-in/second-factor/ask/", {"code": "000000"}).status_code
        for _ in range(AT_ONCE)
    ]
    assert statuses == [200] * AT_ONCE
    assert thief.post("/sign-in/second-factor/ask/", {"code": code(secret)}).status_code == 429


@override_settings(MFA_TOTP_TOLERANCE=1)
def test_wrong_codes_from_elsewhere_keep_nobody_out_of_his_browser(alice):
    secret, _ = give_app(alice)
    browser, thief = Client(), Client()
    sign_in(browser)
    assert comes_in(browser.post("/sign-in/second-factor/ask/", {"code": code(secret)}))
    browser.post("/sign-in/out/")
    sign_in(thief)
    for _ in range(AT_ONCE + 1):
        thief.post("/sign-in/second-factor/ask/", {"code": "000000"})
    sign_in(browser)
    assert comes_in(browser.post("/sign-in/second-factor/ask/", {"code": code(secret, 1)}))


@pytest.mark.parametrize("email", [EMAIL, "nobody@example.com"])
def test_mails_to_one_address_are_few(alice, email, mailoutbox):
    asked = [Client().post("/sign-in/password/reset/", {"email": email}) for _ in range(3)]
    assert [answer.status_code for answer in asked] == [302, 302, 429]
    assert "Links in emails still work" in asked[-1].content.decode()
    do_jobs()
    assert len(mailoutbox) == (2 if email == EMAIL else 0)


def test_old_password_cannot_be_guessed_from_an_open_session(client, alice):
    client.force_login(alice)
    new = {"password1": "a long enough one", "password2": "a long enough one"}
    for _ in range(AT_ONCE):
        assert (
            client.post("/sign-in/password/change/", new | {"oldpassword": "wrong"}).status_code
            == 200
        )
    assert (
        client.post("/sign-in/password/change/", new | {"oldpassword": "secret"}).status_code == 429
    )


def test_counts_are_not_thrown_away_for_new_ones(alice):
    """Django's default of 300 entries would let a guesser with many addresses start over."""
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
