"""For those who space out or choose their own colours (WCAG 1.4.4, 1.4.12); who enlarges all: test_accessibility."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from .scenes import SCENES, address, choose, phones, row

# As WCAG 1.4.12 gives them.
SPACED = """* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }
p { margin-bottom: 2em !important; }"""
# What is wider than the window, outermost first; what is hidden from sight on purpose does not count.
TOO_WIDE = """() => {
  const page = document.scrollingElement;
  if (page.scrollWidth <= innerWidth && ![...document.querySelectorAll('dialog[open], #menu, #people')]
    .some((part) => part.clientWidth && part.scrollWidth > part.clientWidth)) return '';
  const wide = [...document.querySelectorAll('body *')].filter((part) =>
    part.getBoundingClientRect().right > innerWidth + 1 && !part.closest('.visually-hidden, [hidden]'));
  return `${page.scrollWidth} of ${innerWidth}: ${wide[0]?.outerHTML.slice(0, 120) ?? 'within the dialog'}`;
}"""
# Buttons that cannot be brought into sight whole, or that lose a part of their text.
CUT_OFF = """() => [...document.querySelectorAll('dialog[open] :is(button, .button)')].filter((button) => {
  button.scrollIntoView({ block: 'nearest' });
  const box = button.getBoundingClientRect(), frame = document.querySelector('dialog').getBoundingClientRect();
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return box.width && (!button.contains(top) || box.left < frame.left || box.right > frame.right
    || box.bottom > frame.bottom || button.scrollWidth > button.clientWidth || button.scrollHeight > button.clientHeight);
}).map((button) => button.outerHTML.slice(0, 120))"""


def too_wide(page: Page) -> str:
    """Return what makes the page, or its dialog or list, scroll sideways; nothing if it does not."""
    return page.evaluate(TOO_WIDE)


@pytest.fixture
def page(windows, cast) -> Iterator[Page]:
    """A page that prefers no motion, before anything is opened in it."""
    with windows.window(cast.alice, reduced_motion="reduce") as page:
        yield page


@pytest.mark.parametrize("width", [1280, 320])
def test_text_that_is_spaced_out_cuts_off_no_button_of_a_dialog(page, company, width):
    page.set_viewport_size({"width": width, "height": 640})
    wrong: list[str] = []
    for name in ("confirm-e", "address-understood", "replace-refused", "add-user", "credentials"):
        SCENES[name](page, company)
        page.evaluate(
            "css => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }",
            SPACED,
        )
        wrong += [f"{name}: {cut}" for cut in page.evaluate(CUT_OFF)]
        if found := too_wide(page):
            wrong.append(f"{name}: {found}")
    assert not wrong, "\n".join(wrong)


def test_focus_and_choice_are_outlined_in_colours_of_ones_own(page, company):
    """Where a system's own colours replace ours, only lines tell what background tells otherwise."""
    page.set_viewport_size({"width": 1280, "height": 640})
    page.emulate_media(forced_colors="active")
    assert page.evaluate("matchMedia('(forced-colors: active)').matches")
    outline = "element => { const style = getComputedStyle(element); return [style.outlineStyle, parseFloat(style.outlineWidth)] }"
    phones(page)
    for stop in range(14):
        page.keyboard.press("Tab")
        assert page.locator(":focus").evaluate(outline) == ["solid", 2], f"stop {stop}"
    row(page, company.taken).locator("[role=combobox]").press("ArrowDown")
    assert page.locator("#people [aria-selected=true]").evaluate(outline) == ["solid", 2]
    assert page.locator("#people [aria-selected=false]").first.evaluate(outline)[0] == "none"
    border = "element => parseFloat(getComputedStyle(element).borderTopWidth)"
    assert page.locator(".tabs [aria-current=page]").evaluate(border) >= 1
    page.keyboard.press("Escape")
    address(page, company.other)
    page.keyboard.press("Shift+Tab")
    assert page.locator("dialog :focus").evaluate(outline) == ["solid", 2]
    choose(page, company.taken, company.without)
    page.keyboard.press("Tab")
    assert page.locator("dialog :focus").evaluate(outline) == ["solid", 2]
    assert page.locator("dialog .primary").evaluate(border) >= 1
