"""Limit how long sessions last, and end a person's sessions (OWASP ASVS 5, V7.3 and V7.4)."""

from __future__ import annotations

import time
from typing import Any

from allauth.core import context
from allauth.usersessions.models import UserSession
from allauth.usersessions.views import ListUserSessionsView
from django import forms
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from users import known_browsers
from users.models import KnownBrowser, User
from users.user_agents import name_browser

HOUR = 3600
# Seconds without a request after which a session ends, and seconds after which it ends anyway.
LIFETIMES = {"administrator": (4 * HOUR, 7 * 24 * HOUR), "support": (HOUR, 12 * HOUR)}
PRECISION = 120  # seconds between writes, so that not every request writes the session


def start_session(request: HttpRequest, user: User) -> None:
    """Start the clocks of a session when a person signs in."""
    idle, longest = LIFETIMES["support" if user.is_staff else "administrator"]
    now = int(time.time())
    request.session.update({"ends_at": now + longest, "idle": idle, "seen_at": now})


def has_expired(session: SessionBase) -> bool:
    """Tell whether a session has lasted too long, or been idle too long."""
    if "ends_at" not in session:
        return False
    now = time.time()
    return now >= session["ends_at"] or now >= session["seen_at"] + session["idle"]


def record_use(request: HttpRequest) -> None:
    """Record that this session is in use."""
    if "seen_at" in request.session and time.time() >= request.session["seen_at"] + PRECISION:
        request.session["seen_at"] = int(time.time())


def end_all(user: User) -> None:
    """Sign a person out everywhere: no earlier session or mailed link works again.

    Forget their browsers. If they ask for it themselves, their session goes on under a new key,
    unless they may no longer sign in.
    """
    user.signed_out_at = timezone.now()
    user.save(update_fields=["signed_out_at"])
    for session in UserSession.objects.filter(user=user):
        session.end()
    known_browsers.forget_all(user)
    request = context.request
    if request is None or request.user.pk != user.pk:
        return
    if user.may_sign_in:
        update_session_auth_hash(request, user)
        UserSession.objects.create_from_request(request)
        known_browsers.remember_browser(request, user, known_browsers.list_proofs(request, user))
    else:
        request.session.flush()


# --- the page ---


class Sessions(ListUserSessionsView):
    """Shows where a person is signed in, and which browsers are known as theirs."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        for session in context["sessions"]:
            session.browser = name_browser(session.user_agent)
        return context | {"browsers": known_browsers.list_browsers(self.request, self.request.user)}

    def form_valid(self, form: forms.Form) -> HttpResponse:
        known_browsers.forget_others(self.request, self.request.user)
        return super().form_valid(form)


@require_POST
@login_required
def forget_browser(request: HttpRequest, key: int) -> HttpResponse:
    """Forget one of a person's own browsers."""
    browser = get_object_or_404(KnownBrowser, user=request.user, pk=key)
    browser.delete()
    messages.success(request, _("Forgot %(browser)s.") % {"browser": browser})
    return redirect("usersessions_list")
