"""A real Chromium and the real web server: tests do what a person does and read what they read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import pytest
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from phones.models import Kind, Phone
from tests import factories
from tests.browser.scenes import Company
from tests.browser.windows import Windows
from tests.web import serving
from users import known_browsers
from users.models import Account, KnownBrowser, Plan, User
from users.tenancy import scope

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Keep the browser's own requests from leaving this machine.
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if not path:
        reason = "Chromium is missing: install Debian's package chromium, then run make test again."
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    # Playwright runs an event loop in this thread, so Django would take the tests for async code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=QUIET)
        try:
            yield chromium
        finally:
            chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def site(django_db_setup) -> Iterator[str]:
    """Start the web server; the value is its address."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def windows(browser: Browser, site: str) -> Windows:
    """Windows that stay open from test to test; they close with the browser."""
    return Windows(browser, site)


@dataclass
class Cast:
    """A small company: Uma has Front desk, Vic has Warehouse, Spare is free, Lobby is a place's.

    Wyn can have a phone and has none. Bea is on Basic, and Max has no last name.
    """

    account: Account
    alice: User
    people: dict[str, User]
    phones: dict[str, Phone]


@cache
def slow_hash() -> str:
    """Hash the password as production does, once per run: the hash is slow on purpose."""
    return make_password(PASSWORD, hasher="argon2")


@pytest.fixture
def cast(committed) -> Cast:
    account = factories.account("Acme")
    alice = factories.person(
        account, "Alice", "Archer", ext="100", is_administrator=True, email="alice@acme.example"
    )
    alice.password = slow_hash()
    with transaction.atomic(), scope.entered(scope="support"):
        alice.save(update_fields=["password"])
        KnownBrowser.objects.create(
            account=account,
            user=alice,
            key_hash="",
            stamp=known_browsers.make_stamp(alice),
            proved_password=True,
            user_agent="Firefox/129.0 on a Macintosh",
            address="2001:db8::7",
            last_used_at=timezone.now(),
        )
    people = {
        name: factories.person(account, name, last, ext=ext, plan=plan)
        for name, last, ext, plan in (
            ("Uma", "Ulm", "11", Plan.PRO),
            ("Vic", "Vance", "12", Plan.PLUS),
            ("Wyn", "Wolf", "101", Plan.PRO),
            ("Bea", "Basic", "9", Plan.BASIC),
            ("Max", "", "10", Plan.PRO),
        )
    }
    phones = {
        label: factories.phone(account, people.get(holder), label=label, mac=mac)
        for label, holder, mac in (
            ("Front desk", "Uma", "805ec0000001"),
            ("Warehouse", "Vic", "805ec0000002"),
            ("Spare", None, "805ec0000003"),
        )
    }
    lobby = {"label": "Lobby", "ext": "81", "caller_id": "+12125550142", "mac": "805ec0000004"}
    phones["Lobby"] = factories.phone(account, kind=Kind.COMMON, **lobby)
    for label in ("Front desk", "Lobby"):
        factories.address(phones[label])
    return Cast(account, alice, people, phones)


@pytest.fixture(params=[(1280, 800)], ids=["1280"])
def page(windows: Windows, cast: Cast, request: pytest.FixtureRequest) -> Iterator[Page]:
    """User phones as alice sees it. Complaints in the page's console fail the test."""
    width, height = request.param
    with windows.window(cast.alice, viewport={"width": width, "height": height}) as page:
        page.goto("/phones/")
        yield page


@pytest.fixture
def company(cast: Cast) -> Company:
    """Name the people and phones of `cast` for the scenes."""
    return Company(
        "Front desk", "Uma Ulm", "Warehouse", "Vic Vance", "Spare", "Wyn Wolf", "Alice Archer"
    )
