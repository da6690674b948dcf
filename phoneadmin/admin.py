"""Django admin's page of an account's Activity."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from phoneadmin.activity.entries import Wanted, fetch_history
from phoneadmin.views import ActivityFilters
from users.access import parse_query
from users.models import Account
from users.support.site import site
from users.tenancy import scope


@require_safe
def activity(request: HttpRequest, key: int) -> HttpResponse:
    """Show an account's Activity as the account sees it (R37)."""
    account = get_object_or_404(Account, pk=key)
    asked: dict[str, Any] = parse_query(ActivityFilters(request.GET))
    scope.enter(account_id=account.pk)
    context = {
        "asked": asked,
        "page": fetch_history(account.pk, Wanted(**asked)),
        "layout": "admin/base_site.html",
    }
    context |= {"title": account.name}
    return render(request, "activity.html", site.each_context(request) | context)


site.page("activity/<key:key>/", activity, "activity")
