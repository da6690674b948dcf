"""Proving again that it's you, and the link that blocks a sign-in (R44)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from playwright.sync_api import Page, expect

from tests.authenticator import do_jobs
from tests.web import prove_ago
from users.models import User
from users.tenancy import scope

from .axe import ALL_BUT_COLORS, violations, violations_in_colors
from .conftest import PASSWORD
from .keyboard import Keyboard
from .layout import violations_of_width_and_motion
from .steps import of_person
from .windows import window

SIX_MINUTES = 6 * 60
NEW = "uma.new@example.com"


def stale(page: Page) -> Page:
    """Make the signed-in user's last proof six minutes old."""
    client = Client()
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
    client.cookies["sessionid"] = cookies["sessionid"]
    prove_ago(client, SIX_MINUTES)
    return page


@pytest.fixture
def open_window(browser, site, cast) -> Iterator[Callable[..., Page]]:
    """Open windows in which alice is signed in with a proof that is six minutes old."""
    opened = []

    def open_one(**options) -> Page:
        context = window(browser, site, cast.alice, reduced_motion="reduce", **options)
        opened.append(context)
        return stale(context.__enter__())

    try:
        yield open_one
    finally:
        for context in opened:
            context.__exit__(None, None, None)


def email_of(cast, name: str = "Uma") -> str:
    with transaction.atomic(), scope.entered(scope="support"):
        return User.objects.get(pk=cast.people[name].pk).email


def looks_right(page: Page) -> None:
    found = [
        *violations(page, ALL_BUT_COLORS),
        *violations_in_colors(page),
        *violations_of_width_and_motion(page),
    ]
    assert found == []


def change_email(page: Page) -> None:
    of_person(page, "Uma Ulm", "")
    page.locator("dialog [name=last_name]").fill("Ulmer")
    page.locator("dialog [name=email]").fill(NEW)
    page.locator("dialog [name=email]").press("Enter")
    expect(page.get_by_role("heading", name="Is this still you?")).to_be_visible()


def test_dialog_asks_for_the_password_and_goes_on_by_keyboard_alone(open_window, cast):
    page = open_window()
    change_email(page)
    keys = Keyboard(page)
    keys.look()
    looks_right(page)
    assert page.evaluate("document.activeElement.name") == "proof-password"
    keys.write("not it")
    keys.press("Enter")
    expect(page.get_by_text("This isn’t your password.")).to_be_visible()
    assert email_of(cast) != NEW
    keys.look()
    looks_right(page)
    assert "not" not in page.url and NEW not in page.url
    keys.write(PASSWORD)
    keys.press("Enter")
    expect(page.locator("#messages")).to_contain_text("Saved Uma Ulmer.")
    assert email_of(cast) == NEW
    of_person(page, "Vic Vance", "edit")
    page.locator("dialog [name=email]").fill("vic.new@example.com")
    page.locator("dialog [name=email]").press("Enter")
    expect(page.locator("#messages")).to_contain_text("Saved Vic Vance.")  # not asked again


def test_too_many_wrong_answers_are_told_in_the_dialog(open_window, cast):
    page = open_window()
    change_email(page)
    password = page.locator("[name=proof-password]")
    for n in range(6):
        expect(password).to_have_value("")  # the answer to the last guess is on the page
        password.fill(f"guess {n}")
        with page.expect_response("**/users/*/edit/"):
            password.press("Enter")
    expect(page.locator("dialog").get_by_role("alert")).to_contain_text("Too many tries.")
    assert email_of(cast) != NEW


def test_escape_and_cancel_leave_all_as_it_was(open_window, cast):
    page = open_window()
    before = email_of(cast)
    change_email(page)
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).not_to_be_visible()
    change_email(page)
    page.locator("dialog").get_by_role("link", name="Cancel").click()
    expect(page.locator("dialog")).not_to_be_visible()
    assert email_of(cast) == before


def test_dialog_takes_a_passkey(browser, site, cast):
    """The script for passkeys is on the page before the dialog needs it."""
    with window(browser, site, cast.alice, reduced_motion="reduce") as page:
        device = page.context.new_cdp_session(page)
        device.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "automaticPresenceSimulation": True,
        }
        options |= dict.fromkeys(("hasResidentKey", "hasUserVerification", "isUserVerified"), True)
        device.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        page.goto("/sign-in/second-factor/passkeys/add/")
        page.get_by_role("button", name="Add passkey").click()
        expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
        stale(page)
        change_email(page)
        button = page.get_by_role("button", name="Use a passkey")
        expect(button).to_be_focused()
        looks_right(page)
        button.press("Enter")
        expect(page.locator("#messages")).to_contain_text("Saved Uma Ulmer.")
        assert email_of(cast) == NEW


def test_page_asks_and_goes_on_without_scripts(open_window, cast):
    page = open_window(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page.goto("/users/add/")
    page.get_by_label("First name").fill("Ada")
    page.get_by_label("Email").fill("ada@example.com")
    page.get_by_label("Administrator of this account").check()
    page.get_by_role("button", name="Add user").click()
    expect(page.get_by_role("heading", name="Is this still you?")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator("#messages")).to_contain_text("Added Ada.")


def test_takeover_is_stopped_from_the_old_mailbox_and_undone(open_window, browser, site, cast):
    """End to end over HTTP: an attacker has an administrator's session, and even the password."""
    uma = cast.people["Uma"]
    attacker = open_window()
    change_email(attacker)
    attacker.locator("[name=proof-password]").fill(PASSWORD)
    attacker.locator("[name=proof-password]").press("Enter")
    expect(attacker.locator("#messages")).to_contain_text("Saved Uma Ulmer.")
    told = mails()
    assert set(told) == {uma.email, NEW, cast.alice.email}
    link = re.search(r"/sign-in/block/\S+", told[uma.email]).group()

    with window(browser, site, reduced_motion="reduce") as visitor:
        visitor.goto(link)
        expect(visitor.get_by_role("heading", name="Block this sign-in?")).to_be_visible()
        looks_right(visitor)
        visitor.get_by_role("button", name="Block this sign-in").click()
        expect(visitor.get_by_role("heading", name="The sign-in is blocked")).to_be_visible()
        looks_right(visitor)
        visitor.goto("/sign-in/password/reset/")
        visitor.get_by_label("Email").fill(NEW)
        visitor.get_by_role("button", name="Send link").click()
        expect(visitor.get_by_role("heading", name="Check your email")).to_be_visible()
    assert NEW not in mails()

    page = open_window()
    page.goto("/users/")
    expect(page.get_by_text("sign-in blocked")).to_be_visible()
    of_person(page, "Uma Ulmer", "sign-in-block")
    looks_right(page)
    page.locator("dialog").get_by_role("link", name="Change email").click()
    page.locator("dialog [name=email]").fill(uma.email)
    page.locator("dialog [name=email]").press("Enter")
    page.locator("[name=proof-password]").fill(PASSWORD)
    page.locator("[name=proof-password]").press("Enter")
    expect(page.locator("#messages")).to_contain_text("Saved Uma Ulmer.")
    of_person(page, "Uma Ulmer", "sign-in-block")
    page.locator("dialog").get_by_role("button", name="Let them sign in again").click()
    expect(page.locator("#messages")).to_contain_text("Uma Ulmer can sign in again.")
    assert "You can sign in to phoneadmin again" in mails()[uma.email]


def mails() -> dict[str, str]:
    """Run the waiting jobs; return the last mail to each address, subject first."""
    mail.outbox = []
    with transaction.atomic():
        do_jobs()
    return {message.to[0]: f"{message.subject}\n{message.body}" for message in mail.outbox}
