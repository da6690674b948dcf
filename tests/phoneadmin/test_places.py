"""The navigation shows where one is, on every page (R2)."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from tests import factories

CURRENT = re.compile(r'<a href="([^"]+)" aria-current="(page|true)">')


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/users/", ("/users/", "page")),
        ("/users/add/", ("/users/", "true")),
        ("/activity/", ("/activity/", "page")),
        ("/help/?q=911", ("/help/", "page")),
        ("/company/", ("/company/", "page")),
        ("/preferences/", ("/preferences/", "page")),
        ("/sign-in/second-factor/", ("/sign-in/second-factor/", "page")),
        ("/sign-in/sessions/", ("/sign-in/second-factor/", "true")),
        ("/sign-in/password/change/", ("/sign-in/second-factor/", "true")),
        ("/phones/add/", ("/phones/", "true")),
    ],
)
def test_navigation_marks_the_page_or_the_one_it_belongs_to(acme, alice, url, shown):
    factories.phone(acme, label="Front")
    client = Client()
    client.force_login(alice)
    page = client.get(url).content.decode().partition("<main")[0]
    assert CURRENT.findall(page) == [shown]
    assert client.get(url).content.decode().count("<h1") == 1


@pytest.mark.parametrize(
    "url",
    [
        "sessions/",
        "password/change/",
        "second-factor/app/",
        "second-factor/passkeys/add/",
    ],
)
def test_pages_about_ones_sign_in_lead_back_to_the_first_of_them(acme, alice, url):
    client = Client()
    client.force_login(alice)
    page = client.get(f"/sign-in/{url}").content.decode().partition("<main")[2]
    back = page.partition('<p class="back">')[2].partition("</p>")[0]
    assert 'href="/sign-in/second-factor/"' in back
