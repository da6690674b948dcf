"""How long a session lives, and which of a person's sessions end (OWASP ASVS 5, V7.3 and V7.4)."""

from __future__ import annotations

import time

from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest

from users.models import User

HOUR = 3600
# Seconds without any request after which a session ends, and seconds after which it ends in any case.
LIFETIMES = {"administrator": (4 * HOUR, 7 * 24 * HOUR), "support": (HOUR, 12 * HOUR)}
PRECISION = 120  # seconds; the session is not written at every request


def begin(request: HttpRequest, user: User) -> None:
    """Start the clocks of the session in which somebody has just signed in."""
    idle, longest = LIFETIMES["support" if user.is_staff else "administrator"]
    now = int(time.time())
    request.session.update({"ends_at": now + longest, "idle": idle, "seen_at": now})


def over(session: SessionBase) -> bool:
    """Tell whether a session has lasted, or been unused, too long."""
    if "ends_at" not in session:
        return False
    now = time.time()
    return now >= session["ends_at"] or now >= session["seen_at"] + session["idle"]


def seen(request: HttpRequest) -> None:
    """Note that somebody uses this session."""
    if "seen_at" in request.session and time.time() >= request.session["seen_at"] + PRECISION:
        request.session["seen_at"] = int(time.time())


def renew(request: HttpRequest) -> None:
    """Give this session a new key, and end the person's others: what he signs in with has changed."""
    request.session.cycle_key()
    UserSession.objects.create_from_request(request)
    for session in UserSession.objects.filter(user=request.user).exclude(session_key=request.session.session_key):
        session.end()


def end_all(user: User) -> None:
    """Sign a person out everywhere."""
    for session in UserSession.objects.filter(user=user):
        session.end()
