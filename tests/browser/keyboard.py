"""Use a page with the keyboard alone, and check that the focus stays visible after each key."""

from __future__ import annotations

import re
from dataclasses import dataclass

from playwright.sync_api import Locator, Page, expect

# The focused element, and whether a person can see that it is focused. When Tab leaves the page,
# the body has the focus (null). A heading takes the focus only to be read out, so it needs no
# outline.
SEEN = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  if (at === document.body) return null;
  const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    what: at.outerHTML.slice(0, 160),
    outlined: at.tabIndex < 0 || (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2),
    uncovered: at.contains(top),
    inside: Boolean(at.closest('dialog[open]')) || !document.querySelector('dialog[open]'),
  };
}"""


@dataclass
class Keyboard:
    """Presses keys and never clicks; checks the focus wherever it stops."""

    page: Page

    def look(self) -> None:
        """Check that the focus is visible (WCAG 2.4.7), not covered (2.4.11), in any dialog."""
        seen = self.page.evaluate(SEEN)
        assert seen is None or (seen["outlined"] and seen["uncovered"] and seen["inside"]), seen

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        self.page.keyboard.type(text)

    def on(self, target: Locator) -> Locator:
        """Wait until `target` has the focus, and check the focus."""
        expect(target).to_be_focused()
        self.look()
        return target

    def to(self, target: Locator, key: str = "Tab", at_most: int = 90) -> Locator:
        """Press `key` until `target` has the focus, and check the focus at every stop."""
        expect(target).to_be_visible()
        for _ in range(at_most):
            self.press(key)
            self.look()
            if target.evaluate("element => element === document.activeElement"):
                return target
        raise AssertionError(f"{target} is not reached with {key}")

    def named(self, role: str, name: str | re.Pattern) -> Locator:
        """Return the element with this role and name on the page, or in its open dialog."""
        dialog = self.page.locator("dialog[open]")
        return (dialog if dialog.count() else self.page).get_by_role(
            role, name=name, exact=isinstance(name, str)
        )
