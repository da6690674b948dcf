"""Pages about an account as a whole. Every view makes one call into the domain."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from phoneadmin.activity.entries import Wanted, fetch_history
from phoneadmin.preferences import Preferences
from users.access import AdministratorRequest, account_of, parse_query


class ActivityFilters(forms.Form):
    """The filters in the URL of the activity list."""

    q = forms.CharField(required=False, max_length=200)
    phone = forms.IntegerField(required=False, min_value=1, max_value=10**17)
    person = forms.IntegerField(required=False, min_value=1, max_value=10**17)
    since = forms.DateField(required=False, label=_("From"), input_formats=["%Y-%m-%d"])
    until = forms.DateField(required=False, label=_("To"), input_formats=["%Y-%m-%d"])
    before = forms.DateTimeField(required=False)


@require_GET
def activity(request: AdministratorRequest) -> HttpResponse:
    """Show who changed what and when, newest first; filter by phone, person and date (R37)."""
    asked: dict[str, Any] = parse_query(ActivityFilters(request.GET))
    context = {"asked": asked, "page": fetch_history(account_of(request), Wanted(**asked))}
    return render(request, "activity.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: AdministratorRequest) -> HttpResponse:
    """Show and store how the pages look and behave in this browser."""
    form = Preferences(request.POST or None, initial=Preferences.read_cookies(request))
    if form.is_valid():
        return form.store_cookies(redirect("preferences"))
    return render(request, "preferences.html", {"form": form}, status=422 if form.errors else 200)
