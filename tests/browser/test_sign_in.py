"""Signing in and out in the browser (R1), with every kind of second factor."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.db import transaction
from playwright.sync_api import Page, expect

from tests.authenticator import code
from users.models import KnownBrowser
from users.tenancy import scope

from .conftest import PASSWORD
from .windows import window


def test_administrator_signs_in_and_out(visitor):  # R1
    page = visitor
    page.goto("/phones/?show=free")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill("ALICE@acme.example")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="email")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/phones/?show=free")
    expect(page.get_by_text("Acme", exact=True)).to_be_visible()
    page.get_by_role("banner").get_by_text("Alice Archer").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/phones/")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


@pytest.fixture
def visitor(browser, site, cast) -> Iterator[Page]:
    """Open a signed-out page on a device that has never signed in."""
    with window(browser, site) as page:
        yield page


def enter_password(page: Page) -> None:
    page.goto("/sign-in/?next=/activity/")
    page.get_by_label("Email").fill("alice@acme.example")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.goto("/sign-in/out/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def open_security(page: Page) -> None:
    page.goto("/phones/add/")
    page.get_by_role("banner").get_by_text("Alice Archer").click()
    page.get_by_role("link", name="Security").click()


def enter_code(page: Page, secret: str, button: str) -> None:
    """Enter the app's code, and once more if it changed in the meantime."""
    for _ in range(2):
        page.get_by_label("code").fill(code(secret))
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state()
        if not page.get_by_text("This code is wrong or has expired").is_visible():
            return


def test_passkey_is_added_and_then_signs_in_by_itself_and_beside_the_password(visitor):
    device = visitor.context.new_cdp_session(visitor)
    device.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    options |= dict.fromkeys(("hasResidentKey", "hasUserVerification", "isUserVerified"), True)
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})

    enter_password(visitor)
    open_security(visitor)
    visitor.get_by_role("link", name="Add a passkey").click()
    visitor.get_by_label("Name").fill("Laptop")
    visitor.get_by_role("button", name="Add passkey").click()
    expect(visitor.get_by_role("heading", name="Recovery codes")).to_be_visible()
    visitor.get_by_role("link", name="I’ve saved them").click()
    open_security(visitor)
    expect(visitor.get_by_text("Laptop")).to_be_visible()
    sign_out(visitor)

    visitor.context.clear_cookies()
    visitor.goto("/sign-in/?next=/activity/")
    visitor.get_by_role("button", name="Sign in with a passkey").click()
    expect(visitor.get_by_role("heading", name="Activity")).to_be_visible()
    with transaction.atomic(), scope.entered(scope="support"):
        browser = KnownBrowser.objects.latest("pk")
    assert (browser.proved_password, browser.proved_code) == (False, True)
    sign_out(visitor)

    enter_password(visitor)
    expect(visitor.get_by_role("heading", name="Second factor")).to_be_visible()
    visitor.get_by_role("button", name="Use a passkey").click()
    expect(visitor.get_by_role("heading", name="Activity")).to_be_visible()


def test_app_is_set_up_and_asked_for_and_a_recovery_code_works_once(visitor):
    enter_password(visitor)
    open_security(visitor)
    visitor.get_by_role("link", name="Set up an app").click()
    secret = visitor.locator("code").inner_text()
    assert visitor.locator("img.qr").evaluate("image => image.naturalWidth") > 0
    enter_code(visitor, secret, "Set up app")
    expect(visitor.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = visitor.locator("code").all_inner_texts()
    assert all(re.fullmatch(r"\d{5} \d{5}", each) for each in codes) and len(codes) == 10
    sign_out(visitor)

    enter_password(visitor)
    enter_code(visitor, secret, "Sign in")
    expect(visitor.get_by_role("heading", name="Activity")).to_be_visible()
    sign_out(visitor)

    for again in (False, True):
        enter_password(visitor)
        visitor.get_by_label("Code").fill(codes[0])
        visitor.get_by_role("button", name="Sign in").click()
        if again:
            expect(visitor.get_by_text("This code is wrong or has expired")).to_be_visible()
        else:
            expect(visitor.get_by_role("heading", name="Activity")).to_be_visible()
            sign_out(visitor)


def test_passkey_that_is_refused_is_told_and_leaves_the_page(visitor):
    device = visitor.context.new_cdp_session(visitor)
    device.send("WebAuthn.enable")  # on a device without any authenticator
    visitor.goto("/sign-in/")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    options |= dict.fromkeys(("hasResidentKey", "hasUserVerification"), True) | {
        "isUserVerified": False
    }
    device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    visitor.get_by_role("button", name="Sign in with a passkey").click()
    expect(visitor.get_by_text("The passkey wasn’t used")).to_be_visible()
