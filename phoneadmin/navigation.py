"""Provide what every page of an account shows around its own content."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from phoneadmin.preferences import Preferences
from phones.counts import count_phones


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the layout (page or htmx fragment), the preferences and, if needed, the counts."""
    layout = "_fragment.html" if getattr(request, "htmx", None) else "_page.html"
    visit = getattr(request, "visit", None)
    account_id = (
        visit.account.pk if visit else getattr(getattr(request, "user", None), "account_id", None)
    )
    return Preferences.read_cookies(request) | {
        "layout": layout,
        "counts": SimpleLazyObject(lambda: count_phones(account_id)) if account_id else None,
        "visit": visit,
    }
