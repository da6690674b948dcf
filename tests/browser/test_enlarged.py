"""Text spacing and colors of the user's own (WCAG 1.4.12); for zoom see test_accessibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from .layout import CUT_OFF, find_too_wide
from .scenes import SCENES
from .steps import address, choose, phones, row

# The spacing that WCAG 1.4.12 asks a page to bear.
SPACED = """
* {
  line-height: 1.5 !important;
  letter-spacing: .12em !important;
  word-spacing: .16em !important;
}
p { margin-bottom: 2em !important; }
"""
ADOPT_STYLES = """(css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [sheet];
}"""
OUTLINE = """(element) => {
  const { outlineStyle, outlineWidth } = getComputedStyle(element);
  return [outlineStyle, parseFloat(outlineWidth)];
}"""
BORDER = "(element) => parseFloat(getComputedStyle(element).borderTopWidth)"


@pytest.fixture
def page(windows, cast) -> Iterator[Page]:
    """Open a window that prefers reduced motion, with no page in it yet."""
    with windows.window(cast.alice, reduced_motion="reduce") as page:
        yield page


@pytest.mark.parametrize("width", [1280, 320])
def test_text_that_is_spaced_out_cuts_off_no_button_of_a_dialog(page, company, width):
    page.set_viewport_size({"width": width, "height": 640})
    wrong: list[str] = []
    for name in ("confirm-e", "address-understood", "replace-refused", "add-user", "credentials"):
        SCENES[name](page, company)
        page.evaluate(ADOPT_STYLES, SPACED)
        wrong += [f"{name}: {cut}" for cut in page.evaluate(CUT_OFF)]
        if found := find_too_wide(page):
            wrong.append(f"{name}: {found}")
    assert not wrong, "\n".join(wrong)


def test_focus_and_choice_are_outlined_in_the_users_own_colors(page, company):
    """Forced colors replace our backgrounds, so outlines and borders must show what is chosen."""
    page.set_viewport_size({"width": 1280, "height": 640})
    page.emulate_media(forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    phones(page)
    for stop in range(14):
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate(OUTLINE) == ["solid", 2], f"stop {stop}"
    row(page, company.taken).locator("[data-choose]").press("ArrowDown")
    assert page.locator("#people [aria-selected=true]").evaluate(OUTLINE) == ["solid", 2]
    assert page.locator("#people [aria-selected=false]").first.evaluate(OUTLINE)[0] == "none"
    assert page.locator(".tabs [aria-current=page]").evaluate(BORDER) >= 1
    page.keyboard.press("Escape")
    address(page, company.other)
    page.keyboard.press("Shift+Tab")
    assert page.locator("dialog :focus").evaluate(OUTLINE) == ["solid", 2]
    choose(page, company.taken, company.without)
    page.keyboard.press("Tab")
    assert page.locator("dialog :focus").evaluate(OUTLINE) == ["solid", 2]
    assert page.locator("dialog .primary").evaluate(BORDER) >= 1
