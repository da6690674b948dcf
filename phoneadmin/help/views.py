"""The page of Help (R10, R40) and its search."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from phoneadmin.help.search import Found, search
from phoneadmin.help.topics import current_language, list_sections
from users.access import parse_query


class Question(forms.Form):
    """What the URL of Help may say."""

    q = forms.CharField(required=False, max_length=200)


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show all of Help, or what answers a question. Anyone may read it: no account is in it."""
    q = parse_query(Question(request.GET))["q"]
    found = search(q, current_language()) if q.strip() else Found()
    hours = settings.SUPPORT.hours
    context = {
        "q": q,
        "found": found,
        "sections": list_sections(),
        "support": settings.SUPPORT,
        "open_now": hours and hours.open_at(timezone.now()),
    }
    htmx = getattr(request, "htmx", None)
    part = htmx and htmx.target == "topics"
    return render(request, "_help_topics.html" if part else "help.html", context)
