"""Limit guesses at passwords and codes: per person, and per address that guesses come from.

Counts live in the shared cache and hold for all processes; each ends by itself
(settings.ACCOUNT_RATE_LIMITS). They can't lock anyone out: a browser in which a person signed in
before (users/known_browsers.py) has a count of its own, and all such browsers of a person have one
together, which no stranger's failures touch. However many of a person's cookies somebody collected,
they have the guesses of that one count. Choosing a new password by an emailed link makes a browser
known too, though not for codes: whoever merely reads somebody's mail could otherwise guess codes in
any number of browsers. An email that nobody has counts like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from django.http import HttpRequest

from users import known_browsers


@dataclass
class Guess:
    """One guess; wrong until someone sets `right`."""

    right: bool = False


@contextmanager
def limit_guesses(request: HttpRequest, what: str, email: str | None) -> Iterator[Guess]:
    """Let a block try a person's `password` or `code`, and count it unless it was right.

    The counters' rows stay locked until the request's transaction ends, so that guesses sent at
    once come one by one. Raises ImmediateHttpResponse, with status 429, after too many.
    """
    who = (email or "").lower()
    browser = known_browsers.find_browser(request, who, what)
    if browser:
        # With another password or factor the count begins anew, as no earlier cookie is good then.
        everyone = f"{browser.user_id} {browser.stamp}"
        counters = {f"{what}_browser": str(browser.pk), f"{what}_known": everyone}
    else:
        counters = {f"{what}_address": "", f"{what}_elsewhere": who}
    for action, key in counters.items():
        if not ratelimit.consume(request, action=action, key=key, dry_run=True):
            raise ImmediateHttpResponse(ratelimit.respond_429(request))
    this = Guess()
    try:
        yield this
    finally:
        for action, key in counters.items():
            if not this.right:
                ratelimit.consume(request, action=action, key=key)
            # One who is right clears no count that a guesser shares, who could then go on: that of
            # an address (they would sign in as themselves), that of all of a person's browsers.
            elif action.endswith(("_browser", "_elsewhere")):
                ratelimit.clear(request, action=action, key=key)


def count_if_allowed(**counted: str | int) -> bool:
    """Count something that isn't a guess, such as a mail, once under each action=key.

    Return whether all of them are within their limits; if one isn't, nothing is counted.
    """
    return is_within_limits(**counted) and count_use(**counted)


def is_within_limits(**counted: str | int) -> bool:
    """Return whether one more of these is within all limits; count nothing."""
    return all([_consume(action, key, dry_run=True) for action, key in counted.items()])


def count_use(**counted: str | int) -> bool:
    """Count one under each action=key; return whether all of them were within their limits."""
    return all([_consume(action, key) for action, key in counted.items()])


def _consume(action: str, key: str | int, *, dry_run: bool = False) -> bool:
    # allauth asks of a request only that it isn't a GET; in the worker there is none.
    return ratelimit.consume(HttpRequest(), action=action, key=str(key), dry_run=dry_run)
