"""Titles of dialogs take one line of a laptop's window, and at most two of a cell phone's."""

from __future__ import annotations

import pytest

from tests.browser.scenes import SCENES

DIALOGS = (
    "confirm-a", "confirm-b", "confirm-c", "confirm-d", "confirm-e", "remove", "replace", "correct",
    "address-new", "address-understood", "addresses-on-record",
)  # fmt: skip
LINES = """() => {
  const title = document.querySelector('dialog[open] #dialog-title');
  return Math.round(title.clientHeight / parseFloat(getComputedStyle(title).lineHeight));
}"""


@pytest.mark.ci
@pytest.mark.parametrize(("width", "most"), [(1280, 1), (390, 2)])
def test_title_is_short(windows, cast, company, width, most):  # R15
    tall = {}
    with windows.window(cast.alice, viewport={"width": width, "height": 844}) as page:
        for name in DIALOGS:
            SCENES[name](page, company)
            page.wait_for_selector("dialog[open] #dialog-title")
            if (lines := page.evaluate(LINES)) > most:
                tall[page.locator("dialog #dialog-title").inner_text()] = lines
    assert tall == {}
