"""Every page and dialog before axe-core: WCAG 2.2 A and AA and its best practices, light and dark, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.scenes import SCENES, SIGNED_OUT
from tests.browser.windows import window

ALL = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}  # 24 px, new in WCAG 2.2
# The rules that another theme can break.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
PART = 15  # scenes of one test: several workers share them


def parts() -> Iterator[Any]:
    """Yield all scenes, in parts."""
    yield pytest.param(SIGNED_OUT, id="signed-out")
    names = list(SCENES)
    for first in range(0, len(names), PART):
        yield pytest.param({name: SCENES[name] for name in names[first : first + PART]}, id=f"from-{names[first]}")


def violations(page: Page, name: str, options: dict) -> Iterator[str]:
    """Yield what axe finds wrong with the page as it is, a line each. Only that comes back: the rest is large."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("(options) => axe.run(options).then((results) => results.violations)", options)
    for rule in found:
        for node in rule["nodes"]:
            yield f"{name}: {rule['id']}: {node['html'][:160]} – {node['failureSummary'][:300]}"


@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("scenes", list(parts()))
def test_pages_and_dialogs_have_no_violation(browser: Browser, site, cast, company, scenes, language):
    wrong: list[str] = []
    person = None if scenes is SIGNED_OUT else cast.alice
    with window(browser, site, person, locale=language, reduced_motion="reduce") as page:
        for name, come in scenes.items():
            come(page, company)
            assert page.locator("html").get_attribute("lang") == language
            wrong += violations(page, name, ALL)
            page.emulate_media(color_scheme="dark")
            wrong += violations(page, f"{name}, dark", COLOURS)
            page.emulate_media(color_scheme="light")
    assert not wrong, "\n".join(wrong)
