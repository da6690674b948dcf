"""How guesses are counted in browsers with the cookie of a known browser (R44)."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.test import Client

from tests import factories
from tests.authenticator import code, do_jobs, give_app
from tests.users.guessing import (
    AT_ONCE,
    NEW,
    comes_in,
    guess,
    known,
    minutes_pass,
    wrong_codes,
    wrong_passwords,
)
from tests.users.signing_in import EMAIL, sign_in
from users import known_browsers, second_factor
from users.models import KnownBrowser
from users.tenancy import scope


@pytest.mark.ci
def test_eight_known_browsers_of_one_person_have_one_count_of_codes(alice):
    _, codes = give_app(alice)
    statuses = []
    for browser in known(codes[:8]):
        sign_in(browser)
        statuses += wrong_codes(browser, 10)
    assert statuses.count(200) == 20
    assert statuses[20:] == [429] * 60


@pytest.mark.ci
def test_eight_known_browsers_of_one_person_have_one_count_of_passwords(alice):
    statuses = [status for browser in known([""] * 8) for status in wrong_passwords(browser, 10)]
    assert statuses.count(200) == 20


def test_signing_in_with_one_known_browser_does_not_clear_the_count_of_all(alice):
    first, second, third = known(["", "", ""])
    wrong_passwords(first, 10), wrong_passwords(second, 9)
    assert comes_in(sign_in(second))
    assert wrong_passwords(third, 2) == [200, 429]


@pytest.mark.ci
def test_one_known_browser_leaves_guesses_to_the_others(alice):
    """A stolen cookie locks nobody out, not even of the browsers that share its count."""
    stolen, browser = known(["", ""])
    for _ in range(9):
        wrong_passwords(stolen, 11)
        minutes_pass(6)
    assert wrong_passwords(stolen, 1) == [429]  # its fifty guesses of the day are used up
    assert comes_in(sign_in(browser))


@pytest.mark.ci
def test_strangers_use_up_nothing_of_known_browsers(alice):
    (browser,) = known()
    for _ in range(5):
        guess(AT_ONCE + 1)
        minutes_pass(6)
    assert wrong_passwords(browser, 10) == [200] * 10


def test_browser_is_not_known_for_codes_until_a_code_was_shown_in_it(alice):
    """Without a second factor, only the password was proved."""
    browser = Client()
    sign_in(browser)
    statuses = [
        browser.post("/sign-in/second-factor/app/", {"code": "000000"}).status_code
        for _ in range(6)
    ]
    assert statuses == [200] * AT_ONCE + [429]


@pytest.mark.ci
def test_cookies_from_before_a_second_factor_give_no_guesses_at_its_codes(alice):
    browsers = known([""] * 8)
    give_app(alice)
    statuses = []
    for browser in browsers:
        sign_in(browser)
        statuses += wrong_codes(browser, 10)
    assert statuses.count(200) == AT_ONCE


def change_password(browser: Client) -> None:
    form = {"oldpassword": "secret", "password1": NEW, "password2": NEW}
    assert comes_in(browser.post("/sign-in/password/change/", form))


def choose_password_by_link(browser: Client, mailoutbox) -> None:
    browser.post("/sign-in/password/reset/", {"email": EMAIL})
    do_jobs()
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[-1].body).group(1)
    form = browser.get(path, follow=True).redirect_chain[-1][0]
    assert comes_in(browser.post(form, {"password1": NEW, "password2": NEW}))


def test_cookies_are_strangers_after_a_password_change_but_for_the_browser_it_was_made_in(alice):
    others, (here,) = known(["", ""]), known()
    sign_in(here)
    before = here.cookies[settings.KNOWN_BROWSER_COOKIE].value
    change_password(here)
    here.post("/sign-in/out/")
    copy = Client()
    copy.cookies[settings.KNOWN_BROWSER_COOKIE] = before
    guess(AT_ONCE)
    assert [sign_in(stranger, password=NEW).status_code for stranger in (*others, copy)] == [
        429
    ] * 3
    assert comes_in(sign_in(here, password=NEW))


def test_cookies_are_strangers_after_a_password_came_by_link(alice, mailoutbox):
    (old,) = known()
    choose_password_by_link(Client(), mailoutbox)
    guess(AT_ONCE)
    assert sign_in(old, password=NEW).status_code == 429


def test_count_of_known_browsers_begins_anew_with_a_password_by_link(alice, mailoutbox):
    """A thief of cookies locks nobody out for longer than the mail takes."""
    for stolen in known([""] * 3):
        wrong_passwords(stolen, 10)
    (browser,) = known()
    assert sign_in(browser, password="wrong").status_code == 429
    choose_password_by_link(browser, mailoutbox)
    assert comes_in(sign_in(browser, password=NEW))


@pytest.mark.parametrize("change", ["added", "removed", "reset", "codes made anew"])
def test_cookies_are_strangers_after_a_change_of_factors(alice, change):
    if change == "added":
        (old,) = known()
        give_app(alice)
    else:
        _, codes = give_app(alice)
        (old,) = known(codes[:1])
        with scope.entered(scope="support"):
            if change == "reset":
                second_factor.reset_factors(alice)
            else:
                kind = "totp" if change == "removed" else "recovery_codes"
                Authenticator.objects.filter(user=alice, type=kind).delete()
    guess(AT_ONCE)
    assert sign_in(old).status_code == 429


def test_browser_in_which_a_factor_is_added_stays_known(alice):
    browser = Client()
    sign_in(browser)
    page = browser.get("/sign-in/second-factor/app/").content.decode()
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page.replace(" ", "")).group(1)
    assert comes_in(browser.post("/sign-in/second-factor/app/", {"code": code(secret)}))
    browser.post("/sign-in/out/")
    guess(AT_ONCE)
    assert comes_in(sign_in(browser))


def test_browser_is_known_for_each_person_who_signs_in_with_it(alice, acme):
    people = [EMAIL, *(f"person-{n}@example.com" for n in range(known_browsers.PEOPLE))]
    for email in people[1:]:
        factories.person(acme, email=email, is_administrator=True, password="secret")
    browser = Client()
    for email in people:
        sign_in(browser, email)
        browser.post("/sign-in/out/")
    for email in people:
        guess(AT_ONCE, email)
    elsewhere = {"REMOTE_ADDR": "192.0.2.7"}
    answers = [
        browser.post("/sign-in/", {"login": email, "password": "wrong"}, **elsewhere)
        for email in people
    ]
    # The cookie is limited to the keys of the last five.
    assert [answer.status_code for answer in answers] == [429] + [200] * known_browsers.PEOPLE


def test_copy_of_a_cookie_ends_with_the_next_sign_in(alice):
    (browser,) = known()
    copy = Client()
    copy.cookies[settings.KNOWN_BROWSER_COOKIE] = browser.cookies[
        settings.KNOWN_BROWSER_COOKIE
    ].value
    sign_in(browser)
    browser.post("/sign-in/out/")
    guess(AT_ONCE)
    assert [sign_in(copy).status_code, sign_in(browser).status_code] == [429, 302]


def test_known_browsers_of_one_person_are_few(alice):
    known([""] * (known_browsers.BROWSERS + 2))
    with scope.entered(scope="support"):
        assert KnownBrowser.objects.count() == known_browsers.BROWSERS
