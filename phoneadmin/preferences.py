"""How the pages look and behave, as somebody chose it in this browser: kept in cookies, known to no
database.
"""

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
    """Light or dark, and whether single keys do something (WCAG 2.2, 2.1.4: they can be turned
    off).
    """

    theme = forms.ChoiceField(
        label=_("Colours"),
        choices=[("", _("As this computer is set")), ("light", _("Light")), ("dark", _("Dark"))],
        required=False,
        widget=forms.RadioSelect,
    )
    shortcuts = forms.BooleanField(label=_("Keys: / searches, ? lists all keys"), required=False)

    @staticmethod
    def of(request: HttpRequest) -> dict[str, Any]:
        """Return what was chosen in this browser; whatever else its cookies say counts as nothing
        chosen.
        """
        theme = request.COOKIES.get("theme")
        return {
            "theme": theme if theme in ("light", "dark") else "",
            "shortcuts": request.COOKIES.get("shortcuts") != "off",
        }

    def keep(self, response: HttpResponse) -> HttpResponse:
        """Let the browser keep what a valid form says, with this response, which is returned."""
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
    """Middleware: dates and times are those of the browser's time zone, which static/app.js keeps
    in a cookie.

    Without one, or with one that the IANA's list does not have, they are UTC; pages name the zone
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
