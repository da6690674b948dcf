"""Browser's windows, before somebody's pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

from tests.web import session_of
from users.models import User

LAPTOP = {"width": 1280, "height": 800}
Opened = tuple[Page, list[str]]  # a page, and what pages in it complained of


@contextmanager
def window(
    browser: Browser, site: str, person: User | None = None, **options: Any
) -> Iterator[Page]:
    """Open a window in which a person, or nobody, is signed in; close it after the block.

    Whatever a page in it complains of in its console, scripts or the strict policy, fails the test. `options` are those
    of Playwright's contexts; without any it is the window of a laptop.
    """
    page, complaints = opened(browser, site, **options)
    try:
        sign_in(page, site, person)
        yield page
        assert complaints == []
    finally:
        page.context.close()


@dataclass
class Windows:
    """Windows that stay open from test to test: to open one, with a process of its own, takes longer than most tests do.

    For tests that leave nothing in it but what `cleared` knows of; others open their own `window`.
    """

    browser: Browser
    site: str
    idle: dict[frozenset, Opened] = field(default_factory=dict)  # by their options

    @contextmanager
    def window(
        self,
        person: User | None = None,
        *,
        viewport: dict = LAPTOP,
        reduced_motion: Any = "null",
        **options: Any,
    ) -> Iterator[Page]:
        """Do as `window` does, in a window that may have been before other pages; clear it after the block."""
        kind = frozenset(options.items())
        page, complaints = self.idle.pop(kind, None) or opened(self.browser, self.site, **options)
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
            cleared(page)
            complaints.clear()
            self.idle[kind] = page, complaints


def opened(browser: Browser, site: str, **options: Any) -> Opened:
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
    """Sign a person in, whatever page is shown."""
    if person:
        page.context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": site}])


def cleared(page: Page) -> None:
    """Leave the page for one that asks nothing of the server, without cookies, permissions, routes or other pages."""
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
