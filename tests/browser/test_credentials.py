"""Viewing and changing SIP credentials the way a person does (R22)."""

from __future__ import annotations

import re

import pytest
from django.db import transaction
from playwright.sync_api import Locator, Page, expect

from users import sip
from users.models import SipAccount, User
from users.tenancy import scope


def credentials(user: User) -> SipAccount:
    with transaction.atomic(), scope.entered(scope="support"):
        return SipAccount.objects.get(user=user)


def options(page: Page, name: str) -> Locator:
    return page.get_by_role("row", name=re.compile(name)).locator("summary")


def opened(page: Page, name: str) -> Locator:
    """Go to Users with the keyboard, open the Options of a person, and choose the credentials."""
    page.goto("/users/")
    options(page, name).press("Enter")
    page.get_by_role("row", name=re.compile(name)).get_by_role(
        "link", name="Show SIP credentials"
    ).press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", level=1)).to_be_focused()
    return dialog


def clipboard(page: Page) -> str:
    return page.evaluate("navigator.clipboard.readText()")


def test_credentials_are_shown_and_copied_and_the_password_only_when_asked_for(page, cast, site):
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site)
    uma = credentials(cast.people["Uma"])
    dialog = opened(page, "Uma Ulm")
    expect(dialog.get_by_role("heading", level=1)).to_have_text("SIP credentials of Uma Ulm")
    expect(dialog.get_by_label("Username", exact=True)).to_have_value(uma.username)
    expect(dialog).to_contain_text("takes the line from the desk phone, Front desk")
    dialog.get_by_role("button", name="Copy: Username").press("Enter")
    expect(dialog.get_by_role("status")).to_have_text("Username: Copied.")
    assert clipboard(page) == uma.username
    assert sip.password_of(uma) not in page.content()
    expect(dialog.get_by_label("Password", exact=True)).to_have_count(0)
    dialog.get_by_role("button", name="Show password").press("Enter")
    expect(dialog.get_by_label("Password", exact=True)).to_have_value(sip.password_of(uma))
    expect(dialog.get_by_label("Password", exact=True)).to_be_focused()
    dialog.get_by_role("button", name="Copy: Password").click()
    expect(dialog.get_by_role("status")).to_have_text("Password: Copied.")
    assert clipboard(page) == sip.password_of(uma)
    expect(dialog.locator(".record li")).to_contain_text(["saw the password", "looked"])
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(options(page, "Uma Ulm")).to_be_focused()


def test_value_that_may_not_be_copied_is_selected_instead(page, cast):
    with page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
    ):
        dialog = opened(page, "Uma Ulm")
        dialog.get_by_role("button", name="Copy: Username").click()
        expect(dialog.get_by_role("status")).to_contain_text("press Ctrl-C")
        assert (
            page.evaluate("getSelection().toString()") == credentials(cast.people["Uma"]).username
        )


def test_change_asks_first_and_cancel_changes_nothing(page, cast):
    before = credentials(cast.people["Uma"]).username
    dialog = opened(page, "Uma Ulm")
    dialog.get_by_role("link", name="Change credentials").press("Enter")
    expect(dialog.locator("#dialog-title")).to_have_text("Change the SIP credentials of Uma Ulm?")
    expect(dialog.locator("#dialog-title")).to_be_focused()
    expect(dialog).to_contain_text(
        "When you confirm, the desk phone Front desk (80:5E:C0:00:00:01) stops making and receiving"
        " calls, 911 included"
    )
    dialog.get_by_role("link", name="Cancel").press("Enter")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(options(page, "Uma Ulm")).to_be_focused()
    assert credentials(cast.people["Uma"]).username == before


def test_change_shows_the_new_credentials_and_the_focus_returns(page, cast):
    before = credentials(cast.people["Uma"]).username
    dialog = opened(page, "Uma Ulm")
    dialog.get_by_role("link", name="Change credentials").press("Enter")
    dialog.get_by_role("button", name="Change credentials").press("Enter")
    expect(dialog).to_contain_text("Uma Ulm has new SIP credentials. The old ones no longer work.")
    expect(dialog).to_contain_text("Restart Front desk")
    after = credentials(cast.people["Uma"]).username
    assert after != before
    expect(dialog.get_by_label("Username", exact=True)).to_have_value(after)
    dialog.get_by_role("link", name="Close").press("Enter")
    expect(options(page, "Uma Ulm")).to_be_focused()


def test_basic_person_is_led_to_the_plan(page, cast):
    dialog = opened(page, "Bea Basic")
    expect(dialog).to_contain_text("The Basic plan has no line")
    dialog.get_by_role("link", name="Change plan").press("Enter")
    expect(dialog.locator("#dialog-title")).to_have_text("Plan of Bea Basic")
    page.keyboard.press("Escape")
    expect(options(page, "Bea Basic")).to_be_focused()


@pytest.mark.parametrize("page", [(390, 800)], ids=["390"], indirect=True)
def test_dialog_fits_a_telephones_screen(page, cast):
    dialog = opened(page, "Uma Ulm")
    dialog.get_by_role("button", name="Show password").click()
    expect(dialog.get_by_label("Password", exact=True)).to_be_visible()
    assert dialog.evaluate("each => each.scrollWidth <= each.clientWidth")
