"""The look and behavior of pages, as chosen in this browser."""

from __future__ import annotations

import re

import pytest
from django.test import RequestFactory
from django.urls import NoReverseMatch, reverse

from phoneadmin.style import style
from tests import factories


@pytest.fixture
def browser(client, alice, acme):
    """Sign alice in; her company has a phone."""
    factories.phone(acme, label="Front desk")
    client.force_login(alice)
    return client


def test_pages_follow_the_computer_until_somebody_chooses(browser):
    page = browser.get("/phones/").content.decode()
    assert "data-theme" not in page and "data-shortcuts" in page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_chosen_theme_is_on_every_page_from_then_on(browser, theme):
    answer = browser.post("/preferences/", {"theme": theme, "shortcuts": "on"})
    assert (answer.status_code, answer.url) == (302, "/preferences/")
    for url in ("/preferences/", "/phones/", "/help/", "/nothing-is-here/"):
        assert f'<html lang="en" data-theme="{theme}">' in browser.get(url).content.decode(), url
    browser.post("/preferences/", {"theme": "", "shortcuts": "on"})
    assert "data-theme" not in browser.get("/phones/").content.decode()


def test_keys_that_are_turned_off_stay_off(browser):
    browser.post("/preferences/", {"theme": ""})
    assert "data-shortcuts" not in browser.get("/phones/").content.decode()
    browser.post("/preferences/", {"theme": "", "shortcuts": "on"})
    assert "data-shortcuts" in browser.get("/phones/").content.decode()


def test_theme_that_is_none_is_refused_and_one_in_a_cookie_counts_for_nothing(browser):
    assert browser.post("/preferences/", {"theme": '"><script>'}).status_code == 422
    browser.cookies["theme"] = "purple"
    assert "data-theme" not in browser.get("/phones/").content.decode()


def test_cookies_are_closed_to_scripts_and_last(browser):
    answer = browser.post("/preferences/", {"theme": "dark"})
    for name in ("theme", "shortcuts"):
        assert answer.cookies[name]["httponly"] and answer.cookies[name]["max-age"] > 30_000_000


@pytest.mark.parametrize(
    ("cookie", "zone"), [(None, "UTC"), ("Asia/Tokyo", "JST"), ("../etc/passwd", "UTC")]
)
def test_times_are_those_of_the_browsers_zone_and_say_which(browser, cookie, zone):
    if cookie:
        browser.cookies["timezone"] = cookie
    page = browser.get("/activity/").content.decode()
    times = re.findall(r"<time[^>]*>(.*?)</time>", page, re.S)
    assert times and all(each.rstrip().endswith(f" {zone}") for each in times)


def test_style_shows_every_part_and_is_there_in_development_only(rf: RequestFactory, alice):
    with pytest.raises(NoReverseMatch):
        reverse("style")
    request = rf.get("/style/")
    request.user, request.htmx, request.visit = alice, None, None
    page = style(request).content.decode()
    for part in (
        "Needs restart",
        "Add address",
        "Pending",
        "Refused",
        "Free",
        "Not known",
        "swatch danger-tint",
    ):
        assert part in page
