"""A message about what was done covers nothing that is needed, and nothing covers it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .steps import choose

pytestmark = pytest.mark.ci

SMALL = {"width": 390, "height": 844}
BOX = "element => element.getBoundingClientRect().toJSON()"


def test_message_lies_neither_over_the_end_of_the_page_nor_under_the_strip(windows, cast):
    with windows.window(cast.alice, viewport=SMALL, reduced_motion="reduce") as page:
        page.goto("/phones/")
        choose(page, "Front desk", "")
        page.locator("dialog button.primary").click()
        said = page.locator("#messages .message")
        expect(said).to_be_visible()
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        end = page.locator(".pager").evaluate(BOX)["bottom"]
        assert end <= said.evaluate(BOX)["top"]
        page.context.set_offline(True)
        strip = page.locator("#strip.strip")
        expect(strip).to_be_visible()
        assert said.evaluate(BOX)["bottom"] <= strip.evaluate(BOX)["top"]
