"""Somebody who has only a keyboard: each key that moves the focus leaves it where it can be seen."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

# What has the focus, and whether a person sees that. Where Tab leads out of the page, the page itself has it (None).
# A heading or a page that takes the focus so that it is read out is no control and needs no outline.
SEEN = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  if (at === document.body) return null;
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    what: at.outerHTML.slice(0, 160),
    outlined: at.tabIndex < 0 || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2),
    uncovered: at.contains(top),
    inside: Boolean(at.closest('dialog[open]')) || !document.querySelector('dialog[open]'),
  };
}"""


@dataclass
class Keyboard:
    """Keys are pressed, never anything clicked; at every stop the focus is looked for."""

    page: Page

    def look(self) -> None:
        """Find the focus visible (WCAG 2.4.7), not covered (2.4.11), and in the dialog if one is open."""
        seen = self.page.evaluate(SEEN)
        assert seen is None or (seen["outlined"] and seen["uncovered"] and seen["inside"]), seen

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def on(self, target: Locator) -> Locator:
        """Wait until something has the focus, and look."""
        expect(target).to_be_focused()
        self.look()
        return target

    def to(self, target: Locator, key: str = "Tab", at_most: int = 90) -> Locator:
        """Press a key until something has the focus, and look at every stop."""
        expect(target).to_be_visible()
        for _ in range(at_most):
            self.press(key)
            self.look()
            if target.evaluate("element => element === document.activeElement"):
                return target
        raise AssertionError(f"{target} is not reached with {key}")

    def named(self, role: str, name: str | re.Pattern) -> Locator:
        """Return what has this role and this name on the page, or in its open dialog."""
        dialog = self.page.locator("dialog[open]")
        return (dialog if dialog.count() else self.page).get_by_role(
            role, name=name, exact=isinstance(name, str)
        )
