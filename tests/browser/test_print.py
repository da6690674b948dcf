"""The printed list of phones shows the facts and hides the controls."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .dropdown import box, row


def test_list_on_paper_says_what_is_missing_and_invites_to_nothing(page: Page):  # R8
    page.emulate_media(media="print")
    expect(page.get_by_role("heading", name="User phones")).to_be_visible()
    for text in ("Front desk", "80:5E:C0:00:00:01", "100 Gold Street, New York, NY 10038"):
        expect(row(page, "Front desk")).to_contain_text(text)
    expect(box(page, "Front desk")).to_have_text("Uma Ulm")
    expect(row(page, "Warehouse").get_by_text("No E911 address")).to_be_visible()
    for invitation in ("Add address", "Add label", "Add phones", "Needs restart"):
        for shown in page.get_by_text(invitation, exact=True).all():
            expect(shown).to_be_hidden()
