"""The page of sessions and known browsers: shown, forgotten and expired ones (R44, R65)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests import factories
from users import known_browsers, people, sessions
from users.models import KnownBrowser, User
from users.tasks import delete_expired_rows
from users.tenancy import scope
from users.user_agents import name_browser

PAGE = "/sign-in/sessions/"
FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.6; rv:129.0) Gecko/20100101 Firefox/129.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/127.0.0.0"
    " Safari/537.36 Edg/127.0.2651.98"
)


def sign_in(person: User, user_agent: str = FIREFOX, **options: str) -> Client:
    browser = Client(headers={"User-Agent": user_agent}, **options)
    answer = browser.post("/sign-in/", {"login": person.email, "password": "secret"})
    assert answer.status_code == 302
    return browser


def remembered(person: User) -> list[KnownBrowser]:
    with scope.entered(scope="support"):
        return list(KnownBrowser.objects.filter(user=person).order_by("pk"))


def text(browser: Client) -> str:
    page = browser.get(PAGE).content.decode()
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<h1>")[2]).split())


@pytest.fixture
def owen(acme) -> User:
    return factories.person(acme, "Owen", "Cohen", is_administrator=True, password="secret")


def test_known_browsers_are_listed_with_what_tells_them_apart(alice, owen):
    sign_in(alice, EDGE, REMOTE_ADDR="192.0.2.7"), sign_in(owen, REMOTE_ADDR="192.0.2.8")
    here = sign_in(alice)
    said = text(here).partition("Browsers you have used")[2]
    assert re.search(
        r"Firefox on Mac this browser 127.0.0.1, .* Forget"
        r" Edge on Windows 192.0.2.7, .* Forget ",
        said,
    )
    assert "192.0.2.8" not in said


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_browsers_asks_the_database_the_same_however_long_it_is(
    alice, rf, count, django_assert_num_queries
):
    for _ in range(count):
        sign_in(alice)
    with scope.entered(scope="support"), django_assert_num_queries(2):
        assert len(known_browsers.list_browsers(rf.get(PAGE), alice)) == count


def test_forgotten_browser_is_a_stranger_at_the_next_guess(alice):
    other, here = sign_in(alice), sign_in(alice)
    other.post("/sign-in/out/")
    (forgotten, _this) = remembered(alice)
    answer = here.post(f"{PAGE}browsers/{forgotten.pk}/forget/", follow=True)
    assert answer.redirect_chain == [(PAGE, 302)]
    assert "Forgot Firefox on Mac." in answer.content.decode()
    for _ in range(5):
        Client().post("/sign-in/", {"login": alice.email, "password": "wrong"})
    assert other.post("/sign-in/", {"login": alice.email, "password": "secret"}).status_code == 429


def test_browser_is_forgotten_only_by_a_form_of_ours(alice):
    sign_in(alice)
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(alice)
    (browser,) = remembered(alice)
    assert careful.post(f"{PAGE}browsers/{browser.pk}/forget/").status_code == 403
    assert len(remembered(alice)) == 1


def test_nobody_forgets_or_sees_a_browser_of_somebody_else(alice, owen, other):
    eve = factories.person(other, is_administrator=True, password="secret")
    sam = factories.support_agent()
    here = sign_in(alice)
    for person in (owen, eve, sam):
        sign_in(person, REMOTE_ADDR="192.0.2.9")
        (theirs,) = remembered(person)
        assert here.post(f"{PAGE}browsers/{theirs.pk}/forget/").status_code == 404
        assert len(remembered(person)) == 1
    assert "192.0.2.9" not in text(here)


def test_signing_out_everywhere_else_forgets_the_other_browsers(alice, owen):
    sign_in(alice), sign_in(alice), sign_in(owen)
    here = sign_in(alice)
    answer = here.post(PAGE, follow=True)
    assert "You are signed out everywhere else" in answer.content.decode()
    (left,) = remembered(alice)
    assert text(here).count("this browser") == 1 and left == remembered(alice)[-1]
    assert len(remembered(owen)) == 1


def test_signing_a_person_out_everywhere_forgets_their_browsers(alice):
    sign_in(alice)
    with scope.entered(scope="support"):
        sessions.end_all(alice)
    assert remembered(alice) == []


def test_browsers_of_a_person_go_with_them(alice, owen):
    sign_in(alice), sign_in(owen)
    people.delete(User.objects.get(pk=alice.pk))
    assert (remembered(alice), len(remembered(owen))) == ([], 1)


def test_browsers_that_a_new_password_made_strangers_are_not_listed(alice):
    sign_in(alice, EDGE)
    with scope.entered(scope="support"):
        alice.set_password("another one")
        alice.save()
    here = Client()
    here.force_login(alice)
    assert "Edge" not in text(here)


def test_support_staff_have_known_browsers_of_no_account(db):
    agent = factories.support_agent()
    here = sign_in(agent)
    (browser,) = remembered(agent)
    assert (browser.account_id, browser.proved_password, browser.proved_code) == (None, True, False)
    assert "Firefox on Mac this browser" in text(here)
    assert here.post(f"{PAGE}browsers/{browser.pk}/forget/").status_code == 302
    assert remembered(agent) == []


def test_browser_unused_for_a_year_is_cleared_away(alice):
    sign_in(alice), sign_in(alice)
    unused, used = remembered(alice)
    with scope.entered(scope="support"):
        for browser, days in ((unused, 366), (used, 364)):
            KnownBrowser.objects.filter(pk=browser.pk).update(
                last_used_at=timezone.now() - timedelta(days=days)
            )
        delete_expired_rows(timestamp=0)
    assert remembered(alice) == [used]
    cookie = sign_in(alice).cookies[settings.KNOWN_BROWSER_COOKIE]
    assert cookie["max-age"] == 365 * 24 * 3600


@pytest.mark.parametrize(
    ("user_agent", "said"),
    [
        (FIREFOX, "Firefox on Mac"),
        (EDGE, "Edge on Windows"),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/127.0.0.0 Safari/537.36",
            "Chrome on ChromeOS",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) CriOS/127.0 Safari/604.1",
            "Chrome on iPhone",
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) Chrome/127.0 Mobile Safari/537.36 EdgA/127.0",
            "Edge on Android",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) Version/12.1.2 Safari/605.1.15",
            "Safari on Mac",
        ),
        ("Something else on Linux", "Linux"),
        ("curl/8.0", "Unknown browser"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>" * 20, "Unknown browser"),
    ],
)
def test_browser_goes_by_the_name_that_people_know(user_agent, said):
    assert name_browser(user_agent) == said
