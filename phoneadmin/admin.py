"""Django admin's page of an account's Activity."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from phoneadmin.activity.views import build_activity
from users.models import Account
from users.support.site import site
from users.tenancy import scope


@require_safe
def activity(request: HttpRequest, key: int) -> HttpResponse:
    """Show an account's Activity as the account sees it (R37)."""
    account = get_object_or_404(Account, pk=key)
    scope.enter(account_id=account.pk)
    context = build_activity(account.pk, request.GET)
    context |= {"layout": "admin/base_site.html", "title": account.name}
    return render(request, "activity.html", site.each_context(request) | context)


site.page("activity/<key:key>/", activity, "activity")
