"""Find what is wider than the window, cut off, or moving (WCAG 1.4.10, 1.4.12, 2.3.3)."""

from __future__ import annotations

from collections.abc import Iterator

from playwright.sync_api import Page

NARROW = {"width": 320, "height": 640}  # a cell phone, or a desktop screen enlarged to 400 %
# The outermost element that is wider than the window. Visually hidden ones don't count.
TOO_WIDE = """() => {
  const page = document.scrollingElement;
  const scrolls = (part) => part.clientWidth && part.scrollWidth > part.clientWidth;
  const parts = [...document.querySelectorAll('dialog[open], #menu, #people')];
  if (page.scrollWidth <= innerWidth && !parts.some(scrolls)) return '';
  const wide = [...document.querySelectorAll('body *')].filter((part) =>
    part.getBoundingClientRect().right > innerWidth + 1
    && !part.closest('.visually-hidden, [hidden]'));
  const widest = wide[0]?.outerHTML.slice(0, 120) ?? 'within the dialog';
  return `${page.scrollWidth} of ${innerWidth}: ${widest}`;
}"""
# Buttons of a dialog that can't be scrolled into view completely, or whose text is cut off.
CUT_OFF = """() => {
  const isCutOff = (button) => {
    button.scrollIntoView({ block: 'nearest' });
    const box = button.getBoundingClientRect();
    const frame = document.querySelector('dialog').getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return box.width && (!button.contains(top)
      || box.left < frame.left || box.right > frame.right || box.bottom > frame.bottom
      || button.scrollWidth > button.clientWidth || button.scrollHeight > button.clientHeight);
  };
  return [...document.querySelectorAll('dialog[open] :is(button, .button)')]
    .filter(isCutOff).map((button) => button.outerHTML.slice(0, 120));
}"""


def find_too_wide(page: Page) -> str:
    """Describe what makes the page, a dialog or a list scroll sideways; return "" if nothing."""
    return page.evaluate(TOO_WIDE)


def violations_of_width_and_motion(page: Page) -> Iterator[str]:
    """Yield what is wider than a window of 640 and of 320 px, and what is animated."""
    before = page.viewport_size
    for width in (640, 320):
        page.set_viewport_size(NARROW | {"width": width})
        if found := find_too_wide(page):
            yield found
    page.set_viewport_size(before)
    if moving := page.evaluate("document.getAnimations().map((each) => each.animationName)"):
        yield f"moves: {moving}"
