"""Support staff use Django admin under the strict Content-Security-Policy (R35 to R38)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import factories

from .windows import Windows

REASON = "The customer called"


@pytest.fixture
def walk(windows: Windows, cast) -> Iterator[Page]:
    """Django admin as a support agent sees it. Complaints in the console fail the test."""
    factories.account("Other")
    with windows.window(factories.support_agent()) as page:
        page.goto("/admin/")
        yield page


def picture(page: Page, name: str) -> None:
    """Save screenshots at two widths into the folder in PHONEADMIN_PICTURES, if it is set."""
    if folder := os.environ.get("PHONEADMIN_PICTURES"):
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.screenshot(path=Path(folder) / f"support-{name}-{width}.png", full_page=True)


def find_front_desk(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("searchbox", name="Search phones").fill("80-5e-c0-00-00-01")
    page.get_by_role("button", name="Search phones").click()
    page.get_by_role("link", name="Front desk (Uma Ulm, 11)").click()


def test_phone_is_found_and_given_to_somebody_else(walk):  # R35, R36
    picture(walk, "start")
    walk.get_by_role("searchbox", name="Search phones").fill("805e.c000.0001")
    walk.get_by_role("button", name="Search phones").click()
    expect(walk.locator("#result_list tbody tr")).to_have_count(1)
    picture(walk, "phones")
    walk.get_by_role("link", name="Front desk (Uma Ulm, 11)").click()
    picture(walk, "phone")
    walk.get_by_role("link", name="Assign", exact=True).click()
    picture(walk, "choose")
    walk.get_by_role("link", name="Vic Vance").click()
    expect(
        walk.get_by_role(
            "heading",
            name="Give Front desk to Vic Vance?",
        )
    ).to_be_visible()
    walk.get_by_label("Reason").fill(REASON)
    picture(walk, "confirm")
    walk.get_by_role("button", name="Assign phone").click()
    expect(walk.get_by_text("Front desk is Vic Vance’s now. Restart it.")).to_be_visible()
    picture(walk, "assigned")
    walk.get_by_role("link", name="Activity").click()
    expect(walk.get_by_text(REASON).first).to_be_visible()
    expect(walk.get_by_text("support", exact=True).first).to_be_visible()
    picture(walk, "activity")


def test_phone_is_moved_to_another_account(walk):  # R38
    find_front_desk(walk)
    walk.get_by_role("link", name="Move to another account").click()
    walk.get_by_role("searchbox", name="Search accounts").fill("other")
    walk.get_by_role("button", name="Search accounts").click()
    picture(walk, "which-account")
    walk.get_by_role("link", name="Other").click()
    expect(
        walk.get_by_text("911 included, and Uma Ulm, 11, will have no desk phone")
    ).to_be_visible()
    walk.get_by_label("Reason", exact=True).fill(REASON)
    walk.get_by_label("Reason for the other account").fill("It goes with its person")
    picture(walk, "move")
    walk.get_by_role("button", name="Move phone").click()
    expect(walk.get_by_text("to Other. Connect it there.")).to_be_visible()
    picture(walk, "moved")
    # The record in this account is retired.
    expect(walk.get_by_role("link", name="Assign", exact=True)).to_have_count(0)


def test_account_is_visited_and_left(walk, cast):  # R35
    walk.get_by_role("searchbox", name="Search accounts").fill("acme")
    walk.get_by_role("button", name="Search accounts").click()
    walk.get_by_role("link", name="Acme").click()
    picture(walk, "account")
    walk.get_by_role("link", name="Open the account’s pages").click()
    walk.get_by_label("Reason").fill(REASON)
    picture(walk, "visit")
    walk.get_by_role("button", name="Open pages").click()
    expect(walk.get_by_text("These are the pages of Acme")).to_be_visible()
    expect(walk.get_by_role("row")).to_have_count(4)
    picture(walk, "visiting")
    for role in ("combobox", "textbox"):  # a visit can only look: nothing offers a change
        expect(walk.locator("tbody").get_by_role(role)).to_have_count(0)
    expect(walk.get_by_role("link", name="Add address: Warehouse")).to_have_count(0)
    walk.get_by_role("button", name="Leave").click()
    expect(walk.get_by_role("heading", name="All accounts")).to_be_visible()


def test_other_pages_of_django_admin_keep_to_the_policy(walk, cast):
    uma, wyn = cast.people["Uma"], cast.people["Wyn"]
    for place in (
        "phones/phone/?q=a&kind=user",
        "phones/phonemodel/",
        "phones/phonemodel/add/",
        "phones/restart/",
        "phones/fetch/",
        "users/user/",
        f"users/user/{uma.pk}/change/",
        f"users/user/{wyn.pk}/plan/",
        f"users/user/{wyn.pk}/make-administrator/",
        "users/account/add/",
        "users/credentialsrecord/",
        "e911/emergencyaddress/",
        "phones/",
    ):
        answer = walk.goto(f"/admin/{place}")
        assert answer.status == 200, place
        picture(walk, place.partition("?")[0].strip("/").replace("/", "-"))
