"""Recognize browsers in which a person signed in before; users/throttle.py counts each separately.

A cookie makes a browser known (OWASP, "Slow Down Online Guessing Attacks with Device Cookies"), and
only for what was proved in it: a `password`, or a `code` (of an app, a recovery code or a passkey).
The cookie holds a random key for each person who signs in with that browser. The database holds the
key's SHA-256, its person, and a stamp of what that person signs in with: once their password or a
second factor changes, the browser is unknown again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection
from datetime import timedelta
from secrets import token_urlsafe

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from users.models import KnownBrowser, User

PASSWORD, CODE = "password", "code"
PROVED_BY = {"password": PASSWORD, "mfa": CODE}  # what allauth calls a step of signing in
PEOPLE = 5  # how many people's keys one browser keeps, the latest first
BROWSERS = 20  # how many one person may have; the one unused for longest goes first
KEY = re.compile(r"[\w-]{22}", re.ASCII)  # 128 random bits


def make_stamp(user: User) -> str:
    """Return a value that changes with a person's password and with each of their factors."""
    factors = Authenticator.objects.filter(user=user).order_by("pk").values_list("pk", flat=True)
    signs_in_with = f"{user.password} {list(factors)}"
    return salted_hmac("users.known_browsers", signs_in_with, algorithm="sha256").hexdigest()


def find_browser(request: HttpRequest, email: str, what: str) -> KnownBrowser | None:
    """Return a request's browser if this person has proved `what`, password or code, in it before.

    The queries are the same whether or not anyone has the email.
    """
    hashes = _hashes(request)
    if not hashes:
        return None
    proved = {f"proved_{what}": True}
    found = KnownBrowser.objects.filter(user__email=email, key_hash__in=hashes, **proved)
    rows = found.select_related("user").order_by("-last_used_at")
    return next((row for row in rows if row.stamp == make_stamp(row.user)), None)


def list_proofs(request: HttpRequest, user: User) -> set[str]:
    """Return what a person has proved in this session, as allauth recorded it."""
    methods = {record.get("method") for record in get_authentication_records(request, user)}
    return {PROVED_BY[method] for method in methods & PROVED_BY.keys()}


def remember_browser(request: HttpRequest, user: User, proved: Collection[str]) -> None:
    """Make the browser of a request known for what a person proved in it.

    It gets a new key every time, so a stolen copy of its cookie works only until the next sign-in.
    Forget the browsers whose stamp a changed password or factor has made invalid.
    """
    mine, current = KnownBrowser.objects.filter(user=user), make_stamp(user)
    mine.exclude(stamp=current).delete()
    if not proved:
        return
    browser = mine.filter(key_hash__in=_hashes(request)).first()
    if browser is None:
        browser = KnownBrowser(user=user, account_id=user.account_id, stamp=current)
    others = [key for key in _keys(request) if _hash(key) != browser.key_hash]
    key = token_urlsafe(16)
    browser.key_hash = _hash(key)
    browser.proved_password |= PASSWORD in proved
    browser.proved_code |= CODE in proved
    browser.user_agent = request.headers.get("User-Agent", "")[: KnownBrowser.USER_AGENT_LENGTH]
    browser.address = get_adapter().get_client_ip(request)
    browser.last_used_at = timezone.now()
    browser.save()
    kept = mine.order_by("-last_used_at", "-pk").values("pk")[:BROWSERS]
    mine.exclude(pk__in=kept).delete()
    request.known_keys = [key, *others][:PEOPLE]  # type: ignore[attr-defined]


def set_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Set the cookie in the response if the request made its browser known."""
    if keys := getattr(request, "known_keys", None):
        lasts = settings.RETENTION[KnownBrowser._meta.db_table].lasts
        assert isinstance(lasts, timedelta)
        response.set_cookie(
            settings.KNOWN_BROWSER_COOKIE,
            ".".join(keys),
            max_age=lasts,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def list_browsers(request: HttpRequest, user: User) -> list[KnownBrowser]:
    """Return a person's known browsers, latest first; `is_this` marks the one that asks."""
    hashes = _hashes(request)
    browsers = list(KnownBrowser.objects.filter(user=user, stamp=make_stamp(user)))
    browsers.sort(key=lambda browser: (browser.last_used_at, browser.pk), reverse=True)
    for browser in browsers:
        browser.is_this = browser.key_hash in hashes
    return browsers


def forget_others(request: HttpRequest, user: User) -> None:
    """Forget every browser of a person except the one that sends this request."""
    KnownBrowser.objects.filter(user=user).exclude(key_hash__in=_hashes(request)).delete()


def forget_all(user: User) -> None:
    """Forget every browser of a person."""
    KnownBrowser.objects.filter(user=user).delete()


def _keys(request: HttpRequest) -> list[str]:
    given = getattr(request, "known_keys", None)
    if given is None:
        given = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, "").split(".")[:PEOPLE]
    return [key for key in given if KEY.fullmatch(key)]


def _hashes(request: HttpRequest) -> list[str]:
    return [_hash(key) for key in _keys(request)]


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
