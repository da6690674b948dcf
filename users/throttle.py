"""Limit guesses at passwords and codes, per person and per IP address.

Counts are in the cache that all processes share; each expires by itself
(settings.ACCOUNT_RATE_LIMITS). They can't lock anyone out: each browser in which a person signed in
before (users/known_browsers.py) has its own count, and all of them share another, which failures of
strangers don't touch. That shared count also limits an attacker who has collected several of the
person's cookies. Choosing a new password with an emailed link makes a browser known too, but not
for codes: an attacker who can read the mail could otherwise guess codes in any number of browsers.
An email that no one has counts like any other.
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

    The counters' rows stay locked until the request's transaction ends, so simultaneous guesses
    are counted one by one. Raises ImmediateHttpResponse, with status 429, after too many.
    """
    who = (email or "").lower()
    browser = known_browsers.find_browser(request, who, what)
    if browser:
        # With a new password or factor the count restarts, because earlier cookies no longer work.
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
            # A right guess doesn't clear a count that an attacker may share, such as the address's
            # (by signing in as themselves) or the one of all browsers, or they could go on.
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
    # allauth asks of a request only that it isn't a GET; the worker has none.
    return ratelimit.consume(HttpRequest(), action=action, key=str(key), dry_run=dry_run)
