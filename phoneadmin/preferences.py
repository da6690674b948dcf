"""How the pages look and behave in this browser: kept in cookies, not in the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

KEPT = 400 * 24 * 3600  # seconds; browsers keep no cookie for longer (RFC 6265bis, 5.6.2)


class Preferences(forms.Form):
    """Light or dark theme, and whether single-key shortcuts are on (WCAG 2.2, 2.1.4)."""

    theme = forms.ChoiceField(
        label=_("Colors"),
        choices=[("", _("Same as this computer")), ("light", _("Light")), ("dark", _("Dark"))],
        required=False,
        widget=forms.RadioSelect,
    )
    shortcuts = forms.BooleanField(
        label=_("Keyboard shortcuts: / searches, ? lists them all"), required=False
    )

    @staticmethod
    def read_cookies(request: HttpRequest) -> dict[str, Any]:
        """Read the choices from the cookies; an unknown value counts as no choice."""
        theme = request.COOKIES.get("theme")
        return {
            "theme": theme if theme in ("light", "dark") else "",
            "shortcuts": request.COOKIES.get("shortcuts") != "off",
        }

    def store_cookies(self, response: HttpResponse) -> HttpResponse:
        """Store a valid form's choices in cookies of this response, and return it."""
        values = {
            "theme": self.cleaned_data["theme"],
            "shortcuts": "" if self.cleaned_data["shortcuts"] else "off",
        }
        for name, value in values.items():
            if value:
                response.set_cookie(
                    name,
                    value,
                    max_age=KEPT,
                    samesite="Lax",
                    httponly=True,
                    secure=settings.SESSION_COOKIE_SECURE,
                )
            else:
                response.delete_cookie(name, samesite="Lax")
        return response


class LocalTime:
    """Middleware: show times in the browser's time zone, which our JavaScript keeps in a cookie.

    Without the cookie, or if the IANA's list lacks the zone, times are in UTC. Pages name the zone
    beside a time.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = request.COOKIES.get("timezone", "")
        if name not in _zones():
            return self.get_response(request)
        with timezone.override(ZoneInfo(name)):
            return self.get_response(request)


@cache
def _zones() -> set[str]:
    return available_timezones()
