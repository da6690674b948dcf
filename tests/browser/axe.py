"""Find what axe-core reports about a page: WCAG 2.2 A and AA, and its best practices."""

from __future__ import annotations

from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# The rules whose result depends on the theme.
COLORS = ["color-contrast", "link-in-text-block"]
# None of these rules needs axe to fetch the style sheets; only an experimental one reads them.
ALWAYS = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
ALL_BUT_COLORS = ALWAYS | {
    "rules": {
        "target-size": {"enabled": True},  # 24 px, new in WCAG 2.2, off by default
        **{rule: {"enabled": False} for rule in COLORS},
    }
}
ONLY_COLORS = ALWAYS | {"runOnly": COLORS}
# The page behind a dialog has a scene of its own. Rules about the whole page see it again.
RUN = """([options, onlyWhatOpened]) => {
  const where = onlyWhatOpened && document.querySelector('dialog[open]') || document;
  return axe.run(where, options).then((results) => results.violations);
}"""


def violations(page: Page, options: dict) -> Iterator[str]:
    """Yield one line per violation that axe finds in the page as it is now.

    Only the violations leave the browser: axe's full result is large.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    for rule in page.evaluate(RUN, [options, options is ONLY_COLORS]):
        for node in rule["nodes"]:
            yield f"{rule['id']}: {node['html'][:160]} – {node['failureSummary'][:300]}"


def violations_in_colors(page: Page) -> Iterator[str]:
    """Yield one line per violation in the colors of the light and the dark theme."""
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)
        yield from (f"{theme}: {found}" for found in violations(page, ONLY_COLORS))
    page.emulate_media(color_scheme="light")
