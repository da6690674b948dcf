"""While the database is away, the page says so, stays as it is, and recovers (R20)."""

from __future__ import annotations

from django.db import connections
from playwright.sync_api import expect


def test_page_says_that_the_database_is_away_and_goes_on_when_it_is_back(page, postgres):
    menu = page.locator("tr", has_text="Front desk").locator("[data-menu]")
    connections.close_all()
    postgres.stop()
    try:
        menu.click()
        expect(page.locator("#problems")).to_contain_text("can’t use its database")
        expect(page.locator("#menu")).to_be_hidden()
        expect(page.locator("tr", has_text="Warehouse")).to_be_visible()
    finally:
        postgres.start()
    menu.click()
    expect(page.locator("#menu")).to_be_visible()
    expect(page.locator("#problems")).to_be_empty()
