"""A browser's window, before somebody's pages."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page

from tests.web import session_of
from users.models import User


@contextmanager
def window(browser: Browser, site: str, person: User | None = None, **options: Any) -> Iterator[Page]:
    """Open a window in which a person, or nobody, is signed in; close it after the block.

    Whatever a page in it complains of in its console, scripts or the strict policy, fails the test. `options` are those
    of Playwright's contexts; without any it is the window of a laptop.
    """
    context = browser.new_context(**{"base_url": site, "viewport": {"width": 1280, "height": 800}} | options)
    complaints: list[str] = []
    try:
        if person:
            context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": site}])
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda message: complaints.append(message.text) if "Content Security" in message.text else None
        )
        yield page
        assert complaints == []
    finally:
        context.close()
