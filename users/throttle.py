"""How often somebody may guess at a password or a code: per person, and per address that the guesses come from.

Counts live in the shared cache and hold for all processes; each ends by itself (settings.ACCOUNT_RATE_LIMITS). They
cannot be used to lock somebody out: a browser in which a person signed in before is known by a cookie and has counts of
its own, which failures from elsewhere do not touch (OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
Choosing a new password by an emailed link makes a browser known too, though not for codes: who merely reads somebody's
mail could otherwise have any number of counts to guess codes with. An email that nobody has counts like any other.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse
from django.conf import settings
from django.core.signing import BadSignature, dumps, loads
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

SALT = "users.throttle"
A_YEAR = 365 * 24 * 3600


@dataclass
class Guess:
    """One guess; wrong until it is said to be right."""

    right: bool = False


@contextmanager
def guess(request: HttpRequest, what: str, email: str | None) -> Iterator[Guess]:
    """Let a block try a person's secret, a `password` or a `code`, and count it unless it says that it was right.

    The counters' rows stay locked until the request's transaction ends, so that guesses sent at once come one by one.
    Raises ImmediateHttpResponse, with status 429, where there were too many.
    """
    who = (email or "").lower()
    cookie = _cookie(request, who)
    browser = cookie["browser"] if what in cookie["for"] else ""
    counters = {f"{what}_known": f"{who} {browser}"} if browser else {f"{what}_address": "", f"{what}_elsewhere": who}
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
            elif not action.endswith("_address"):  # else a guesser would sign in himself now and then, to go on
                ratelimit.clear(request, action=action, key=key)


def allow(request: HttpRequest, action: str, key: str) -> bool:
    """Count something that is not a secret to guess, such as a mail, and return whether it is within its limit."""
    return ratelimit.consume(request, action=action, key=key)


def know(request: HttpRequest, email: str | None, *proved: str) -> None:
    """Have the answer make this browser known as one of this person's, for what he proved: a `password`, a `code`."""
    cookie = _cookie(request, (email or "").lower())
    cookie["for"] = sorted({*cookie["for"], *proved})
    request.known_browser = dumps(cookie, salt=SALT)  # type: ignore[attr-defined]


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Put the cookie on an answer where the browser was just made known."""
    value = getattr(request, "known_browser", "")
    if value:
        response.set_cookie(
            settings.KNOWN_BROWSER_COOKIE,
            value,
            max_age=A_YEAR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def _cookie(request: HttpRequest, who: str) -> dict[str, Any]:
    """Return what a browser's cookie says where it is this person's, else one that says that it is not known yet."""
    whose = salted_hmac(SALT, who, algorithm="sha256").hexdigest()
    try:
        cookie = loads(request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, ""), salt=SALT, max_age=A_YEAR)
    except BadSignature:
        cookie = {}
    return cookie if cookie.get("who") == whose else {"who": whose, "browser": token_hex(16), "for": []}
