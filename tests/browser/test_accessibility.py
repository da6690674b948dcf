"""Every page and dialog before axe-core: WCAG 2.2 A and AA and its best practices, light and dark, in both languages.

Also in narrow windows (WCAG 1.4.10), and for those who cannot bear motion (2.3.3).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.scenes import SCENES, SIGNED_OUT
from tests.browser.windows import LAPTOP

from .test_enlarged import too_wide

# The rules that another theme can break.
COLOURS = ["color-contrast", "link-in-text-block"]
# Styles are fetched for no rule of these: only one that is experimental reads them.
ALWAYS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
RULES = {"target-size": {"enabled": True}} | {
    rule: {"enabled": False} for rule in COLOURS
}  # 24 px, new in WCAG 2.2
BUT_COLOURS = ALWAYS | {"rules": RULES}
ONLY_COLOURS = ALWAYS | {"runOnly": COLOURS}
# What is behind a dialog has been looked at in a scene of its own; rules about the whole page see it again.
RUN = """([options, onlyWhatOpened]) => {
  const where = onlyWhatOpened && document.querySelector('dialog[open]') || document;
  return axe.run(where, options).then((results) => results.violations);
}"""
NARROW = {"width": 320, "height": 640}  # a phone, or a desk's screen at 400 %
PART = 15  # scenes of one test: several workers share them


def parts() -> Iterator[Any]:
    """Yield all scenes, in parts."""
    yield pytest.param(SIGNED_OUT, id="signed-out")
    names = list(SCENES)
    for first in range(0, len(names), PART):
        yield pytest.param(
            {name: SCENES[name] for name in names[first : first + PART]}, id=f"from-{names[first]}"
        )


def violations(page: Page, options: dict) -> Iterator[str]:
    """Yield what axe finds wrong with the page as it is, a line each. Only that comes back: the rest is large."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    for rule in page.evaluate(RUN, [options, options is ONLY_COLOURS]):
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]} – {node['failureSummary'][:300]}"


def violations_in_colours(page: Page) -> Iterator[str]:
    """Yield what axe finds wrong with the colours of both themes."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        yield from (f"{theme}: {found}" for found in violations(page, ONLY_COLOURS))
    page.emulate_media(color_scheme="light")


def violations_of_width_and_motion(page: Page) -> Iterator[str]:
    """Yield what is wider than the window at 640 and at 320 px, and what moves."""
    before = page.viewport_size
    for width in (640, 320):
        page.set_viewport_size(NARROW | {"width": width})
        if found := too_wide(page):
            yield found
    page.set_viewport_size(before)
    if moving := page.evaluate("document.getAnimations().map((each) => each.animationName)"):
        yield f"moves: {moving}"


@pytest.mark.parametrize("language", ["en", pytest.param("es", marks=pytest.mark.ci)])
@pytest.mark.parametrize("scenes", list(parts()))
def test_pages_and_dialogs_have_no_violation_however_narrow(
    windows, cast, company, scenes, language
):
    """In English in a window whose width changes, in Spanish in a narrow one."""
    wrong: list[str] = []
    person = None if scenes is SIGNED_OUT else cast.alice
    viewport = LAPTOP if language == "en" else NARROW
    with windows.window(
        person, locale=language, viewport=viewport, reduced_motion="reduce"
    ) as page:
        for name, come in scenes.items():
            come(page, company)
            assert page.locator("html").get_attribute("lang") == language
            found = [*violations(page, BUT_COLOURS), *violations_in_colours(page)]
            found += violations_of_width_and_motion(page)
            wrong += [f"{name}: {each}" for each in found]
    assert not wrong, "\n".join(wrong)
