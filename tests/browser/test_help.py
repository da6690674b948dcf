"""Searching Help, and reaching it from an error message (R10)."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect


def test_topics_follow_what_is_typed_and_the_url_keeps_it(page: Page):
    page.goto("/help/")
    search = page.get_by_role("searchbox", name="Search Help")
    search.press_sequentially("sticker")
    expect(page.locator("#topics article")).to_have_count(2)
    expect(page.get_by_role("heading", name="Where is the MAC address?")).to_be_visible()
    expect(page.locator("mark")).to_have_text(["sticker"] * 2)
    expect(page).to_have_url(re.compile(r"/help/\?q=sticker$"))
    expect(search).to_be_focused()
    page.get_by_role("link", name="Show all of Help").click()
    expect(page.get_by_role("heading", name="Chat with support")).to_be_visible()


def test_link_of_an_error_leaves_the_dialog_as_it_was(page: Page):
    page.get_by_role("row", name=re.compile("Warehouse")).get_by_role(
        "link", name=re.compile("^Add address")
    ).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("House number and street").fill("PO Box 12")
    dialog.get_by_role("button", name="Check address").click()
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name=re.compile("PO box or a mail route")).click()
    expect(opened.value.locator("#mail-addresses")).to_be_in_viewport()
    expect(dialog.get_by_label("House number and street")).to_have_value("PO Box 12")
