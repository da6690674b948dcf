"""Signing in and out, in the browser (R1)."""

from __future__ import annotations

from playwright.sync_api import expect

from .conftest import PASSWORD


def test_administrator_signs_in_and_out(browser, site, cast):  # R1
    context = browser.new_context(base_url=site)
    try:
        page = context.new_page()
        page.goto("/phones/?show=free")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.get_by_label("Email").fill("ALICE@acme.example")
        page.get_by_label("Password").fill("wrong")
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("alert").filter(has_text="email")).to_be_visible()
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/phones/?show=free")
        expect(page.get_by_text("Acme", exact=True)).to_be_visible()
        page.get_by_text("Alice Archer").click()
        page.get_by_role("button", name="Sign out").click()
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        page.goto("/phones/")
        expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    finally:
        context.close()
