"""Pages about an account as a whole. Every view makes one call into the domain."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from phoneadmin.preferences import Preferences
from users.access import AdministratorRequest


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: AdministratorRequest) -> HttpResponse:
    """Show and store how the pages look and behave in this browser."""
    form = Preferences(request.POST or None, initial=Preferences.read_cookies(request))
    if form.is_valid():
        return form.store_cookies(redirect("preferences"))
    return render(request, "preferences.html", {"form": form}, status=422 if form.errors else 200)
