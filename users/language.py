"""Answer in the language a person chose, or else in the one their browser asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from users.access import parse_query
from users.models import User


class BrowserLanguage(LocaleMiddleware):
    """Answer in the language chosen in this browser, or else in the one it asks for.

    Deactivate the language afterward so it doesn't leak into the thread's next request.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE):
            return super().__call__(request)  # type: ignore[return-value]  # ours is synchronous


class OwnLanguage:
    """Answer in the signed-in person's language on record. Must run after authentication."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if language := getattr(request.user, "language", ""):
            translation.activate(language)
            request.LANGUAGE_CODE = language
        return self.get_response(request)


class Choice(forms.Form):
    """A language, and the page to return to."""

    language = forms.ChoiceField(choices=settings.LANGUAGES)
    next = forms.CharField(required=False, max_length=2000)


@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Switch the language in this browser, and wherever this person signs in."""
    chosen = parse_query(Choice(request.POST))
    if request.user.is_authenticated:
        User.objects.filter(pk=request.user.pk).update(language=chosen["language"])
    back = chosen["next"]
    safe = url_has_allowed_host_and_scheme(
        back, {request.get_host()}, require_https=request.is_secure()
    )
    response = HttpResponseRedirect(back if safe else "/")
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen["language"],
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite=settings.LANGUAGE_COOKIE_SAMESITE,  # type: ignore[arg-type]  # a literal
    )
    return response


def remember_language(user: User) -> None:
    """Save this request's language for a person who has none yet, for mail to them."""
    if not user.language:
        user.language = translation.get_language() or settings.LANGUAGE_CODE
        User.objects.filter(pk=user.pk).update(language=user.language)


def in_language_of(user: User, otherwise: str = "") -> Any:
    """Return a context for texts in a person's language, or `otherwise` if none is on record."""
    return translation.override(user.language or otherwise or settings.LANGUAGE_CODE)
