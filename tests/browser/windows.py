"""Browser windows in which a user is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from tests.web import session_of
from users.models import User

LAPTOP = {"width": 1280, "height": 800}
Opened = tuple[Page, list[str]]  # a page, and the complaints in its console so far


@contextmanager
def window(
    browser: Browser, site: str, person: User | None = None, **options: Any
) -> Iterator[Page]:
    """Open a window, sign in `person` unless it is None, and close the window after the block.

    Uncaught errors of scripts and violations of the Content-Security-Policy fail the test.
    `options` go to Playwright's `new_context`; the default is a laptop's window.
    """
    page, complaints = open_page(browser, site, **options)
    try:
        sign_in(page, site, person)
        yield page
        assert complaints == []
    finally:
        page.context.close()


@dataclass
class Windows:
    """Windows that stay open from test to test, because opening one takes longer than most tests.

    Only for tests that leave nothing behind except what `clear` removes; others use `window`.
    """

    browser: Browser
    site: str
    idle: dict[frozenset, Opened] = field(default_factory=dict)  # by the options they have

    @contextmanager
    def window(
        self,
        person: User | None = None,
        *,
        viewport: dict = LAPTOP,
        reduced_motion: Any = "null",
        **options: Any,
    ) -> Iterator[Page]:
        """Do what `window` does in a window that may have been used before; clear it afterward."""
        kind = frozenset(options.items())
        page, complaints = self.idle.pop(kind, None) or open_page(
            self.browser, self.site, **options
        )
        try:
            page.set_viewport_size(viewport)
            page.emulate_media(
                media="null",
                color_scheme="null",
                forced_colors="null",
                reduced_motion=reduced_motion,
            )
            sign_in(page, self.site, person)
            yield page
            assert complaints == []
        finally:
            clear(page)
            complaints.clear()
            self.idle[kind] = page, complaints


def open_page(browser: Browser, site: str, **options: Any) -> Opened:
    context = browser.new_context(**{"base_url": site, "viewport": LAPTOP} | options)
    page, complaints = context.new_page(), []
    page.set_default_timeout(10_000)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security" in message.text else None
        ),
    )
    return page, complaints


def sign_in(page: Page, site: str, person: User | None) -> None:
    """Sign a person in without changing the page that is shown."""
    if person:
        page.context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": site}])


def clear(page: Page) -> None:
    """Leave the page for a static one, and remove cookies, permissions, routes and other pages."""
    context = page.context
    page.unroute_all(behavior="ignoreErrors")
    context.set_offline(False)
    for other in context.pages:
        if other != page:
            other.close()
    page.mouse.move(0, 0)
    page.goto("/static/icon.svg")
    context.clear_cookies()
    context.clear_permissions()
