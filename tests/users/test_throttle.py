"""Guessing is slowed per person and address, and locks nobody out (OWASP ASVS 5, V6.3.1)."""

from __future__ import annotations

import base64
import hashlib
import pickle
import re
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.signing import dumps
from django.db import connection, connections
from django.test import Client, override_settings

from tests import factories
from tests.authenticator import code, do_jobs, give_app
from tests.web import session_of
from users import known_browsers, second_factor
from users.models import KnownBrowser, User
from users.tenancy import scope

EMAIL = "alice@example.com"
AT_ONCE = 5  # guesses at one person from browsers that are not known


@pytest.fixture
def alice(acme) -> User:
    return factories.person(
        acme, "Alice", "Archer", email=EMAIL, is_administrator=True, password="secret"
    )


def sign_in(client: Client, email: str = EMAIL, password: str = "secret", **headers: str):
    return client.post("/sign-in/", {"login": email, "password": password}, headers=headers)


def guess(times: int, email: str = EMAIL, **headers: str) -> list[int]:
    """Guess from browsers that nobody knows; return the statuses."""
    return [sign_in(Client(), email, f"wrong {n}", **headers).status_code for n in range(times)]


def comes_in(response) -> bool:
    return response.status_code == 302


def minutes_pass(minutes: int) -> None:
    """Make every count older."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cache_key, value FROM phoneadmin_cache WHERE cache_key LIKE '%allauth:rl:%'"
        )
        for key, value in cursor.fetchall():
            older = [at - 60 * minutes for at in pickle.loads(base64.b64decode(value))]
            cursor.execute(
                "UPDATE phoneadmin_cache SET value = %s WHERE cache_key = %s",
                [base64.b64encode(pickle.dumps(older)).decode(), key],
            )


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
    assert comes_in(sign_in(Client()))  # and keeps out nobody else


def test_browser_is_known_for_one_person_only(alice, acme):
    factories.person(acme, email="owen@example.com", is_administrator=True, password="secret")
    browser = Client()
    sign_in(browser, "owen@example.com")
    browser.post("/sign-in/out/")
    guess(AT_ONCE)
    assert sign_in(browser).status_code == 429


def test_forged_cookie_makes_no_browser_known(alice):
    guess(AT_ONCE)
    before = dumps(
        {"who": "", "browser": "0" * 32, "for": ["password"]}
    )  # as earlier versions made it
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


# --- what a cookie is good for (R44) ---

CODE_PAGE = "/sign-in/second-factor/ask/"
NEW = "a long enough one"


def known(codes: Iterable[str] = ("",)) -> list[Client]:
    """Sign in with one browser for each recovery code ("" if there is no factor), and out again."""
    browsers = []
    for each in codes:
        browser = Client()
        sign_in(browser)
        if each:
            assert comes_in(browser.post(CODE_PAGE, {"code": each}))
        browser.post("/sign-in/out/")
        browsers.append(browser)
    return browsers


def wrong_codes(browser: Client, times: int) -> list[int]:
    return [browser.post(CODE_PAGE, {"code": "000000"}).status_code for _ in range(times)]


def wrong_passwords(browser: Client, times: int) -> list[int]:
    return [sign_in(browser, password="wrong").status_code for _ in range(times)]


def test_eight_known_browsers_of_one_person_have_one_count_of_codes(alice):
    _, codes = give_app(alice)
    statuses = []
    for browser in known(codes[:8]):
        sign_in(browser)
        statuses += wrong_codes(browser, 10)
    assert statuses.count(200) == 20
    assert statuses[20:] == [429] * 60


def test_eight_known_browsers_of_one_person_have_one_count_of_passwords(alice):
    statuses = [status for browser in known([""] * 8) for status in wrong_passwords(browser, 10)]
    assert statuses.count(200) == 20


def test_signing_in_with_one_known_browser_does_not_clear_the_count_of_all(alice):
    first, second, third = known(["", "", ""])
    wrong_passwords(first, 10), wrong_passwords(second, 9)
    assert comes_in(sign_in(second))
    assert wrong_passwords(third, 2) == [200, 429]


def test_one_known_browser_leaves_guesses_to_the_others(alice):
    """A stolen cookie keeps nobody out, not even of the browsers that share its count."""
    stolen, browser = known(["", ""])
    for _ in range(9):
        wrong_passwords(stolen, 11)
        minutes_pass(6)
    assert wrong_passwords(stolen, 1) == [429]  # its fifty of the day are used up
    assert comes_in(sign_in(browser))


def test_strangers_use_up_nothing_of_known_browsers(alice):
    (browser,) = known()
    for _ in range(5):
        guess(AT_ONCE + 1)
        minutes_pass(6)
    assert wrong_passwords(browser, 10) == [200] * 10


def test_browser_is_not_known_for_codes_until_a_code_was_shown_in_it(alice):
    """Without a second factor the password is all that was proved."""
    browser = Client()
    sign_in(browser)
    statuses = [
        browser.post("/sign-in/second-factor/app/", {"code": "000000"}).status_code
        for _ in range(6)
    ]
    assert statuses == [200] * AT_ONCE + [429]


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
    """Whoever collected cookies keeps nobody out for longer than the mail takes."""
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
    # The cookie is bounded: it keeps the keys of the last five.
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


# --- addresses, and what else is counted ---


def test_guesses_at_many_people_from_one_address_are_refused(alice):
    assert [guess(1, f"person{n}@example.com")[0] for n in range(31)] == [200] * 30 + [429]
    assert sign_in(Client()).status_code == 429
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert comes_in(sign_in(elsewhere))


def test_address_is_believed_from_a_trusted_proxy_only(alice):
    for n in range(30):
        guess(1, f"person{n}@example.com", **{"X-Forwarded-For": f"192.0.2.{n}"})
    assert sign_in(Client(), **{"X-Forwarded-For": "192.0.2.99"}).status_code == 429
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=1):
        assert comes_in(sign_in(Client(), **{"X-Forwarded-For": "10.1.1.1, 192.0.2.99"}))


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
            page = browser.post("/users/add/", person, follow=True).content.decode()
            return "An invitation is on its way" in page
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
    assert "Links that you were sent still work" in asked[-1].content.decode()
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
    """Django's own limit of 300 entries would let a guesser with many addresses start anew."""
    assert settings.CACHES["default"]["OPTIONS"]["MAX_ENTRIES"] >= 100_000
