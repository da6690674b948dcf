"""A real Chromium before the real web server: the tests do and read what a person does and reads."""

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

from phones.models import Phone
from tests import factories
from tests.browser.scenes import Company
from tests.browser.windows import Windows
from tests.web import serving
from users import known_browsers
from users.models import Account, KnownBrowser, Plan, User
from users.tenancy import scope

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Nothing of the browser's own leaves this machine.
QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
PASSWORD = "correct horse battery"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM if (found := shutil.which(name))), None)
    if not path:
        reason = "No Chromium on this machine: install Debian's package chromium, then run make test again."
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    # Playwright runs an event loop in this thread, which Django otherwise takes for asynchronous code.
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
    """The address of the web server."""
    with serving() as address:
        yield address


@pytest.fixture(scope="session")
def windows(browser: Browser, site: str) -> Windows:
    """Windows that stay open from test to test; they close with the browser."""
    return Windows(browser, site)


@dataclass
class Cast:
    """A small company: Uma has the phone P, Vic has Q, Wyn has none; F is free. Bea is on Basic, Max has no last name."""

    account: Account
    alice: User
    people: dict[str, User]
    phones: dict[str, Phone]


@cache
def slow_hash() -> str:
    """Return the password as production keeps it, made once: that takes long on purpose."""
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
            account=account, user=alice, key_hash="", stamp=known_browsers.make_stamp(alice), proved_password=True,
            user_agent="Firefox/129.0 on a Macintosh", address="2001:db8::7", last_used_at=timezone.now(),
        )  # fmt: skip
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
    factories.address(phones["Front desk"])
    return Cast(account, alice, people, phones)


@pytest.fixture(params=[(1280, 800)], ids=["1280"])
def page(windows: Windows, cast: Cast, request: pytest.FixtureRequest) -> Iterator[Page]:
    """User phones as alice sees it. Whatever the page complains of in its console fails the test."""
    width, height = request.param
    with windows.window(cast.alice, viewport={"width": width, "height": height}) as page:
        page.goto("/phones/")
        yield page


@pytest.fixture
def company(cast: Cast) -> Company:
    """Whom and what the scenes are about, in that company."""
    return Company(
        "Front desk", "Uma Ulm", "Warehouse", "Vic Vance", "Spare", "Wyn Wolf", "Alice Archer"
    )
