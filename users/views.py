"""The Users pages. Every view makes one call into the domain."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from users import people, second_factor
from users.access import (
    AdministratorRequest,
    account_of,
    is_visit,
    lock_account_for_write,
    parse_query,
)
from users.act_pages import UserPages
from users.acting import tell
from users.acts import ACTS
from users.acts.sign_in import invite_if_new
from users.forms import CompanyForm, NewPersonForm
from users.models import Account, User
from users.request_keys import Answer, submit_once
from users.user_list import Listing, UserFilters


@require_GET
def users(request: AdministratorRequest) -> HttpResponse:
    """Show the table of users (R21)."""
    listing = Listing.of(account_of(request), parse_query(UserFilters(request.GET)))
    context = {
        "listing": listing,
        "page": listing.page(),
        "acts": ACTS,
        "columns": [("name", _("Name")), ("ext", _("Extension")), ("email", _("Email"))],
    }
    part = request.htmx and request.htmx.target == "listing"
    return render(request, "users/_listing.html" if part else "users/users.html", context)


@require_http_methods(["GET", "POST"])
def add(request: AdministratorRequest) -> HttpResponse:
    """Add a person (R25)."""
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        added = submit_once(
            request,
            form,
            account_id=account_of(request),
            do=lambda: _add(request, form.cleaned_data),
        )
        if added:
            return UserPages().respond(request, 0, added)
    return render(request, "users/add.html", {"form": form}, status=422 if form.errors else 200)


def _add(request: AdministratorRequest, fields: dict[str, Any]) -> Answer:
    user = people.add(account_id=account_of(request), **fields)
    return tell(invite_if_new(user, request.user, _("Added %(name)s.")))


@require_http_methods(["GET", "POST"])
def company(request: AdministratorRequest) -> HttpResponse:
    """Edit what an account decides for all of its administrators."""
    lock_account_for_write(request)
    account = Account.objects.get(pk=account_of(request))
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=vars(account))
    if request.method == "POST" and form.is_valid():
        second_factor.set_requirement(account, form.cleaned_data["second_factor_required"])
        messages.success(request, _("Saved the company settings."))
        return redirect("company")
    administrators = User.objects.filter(account=account, is_administrator=True, is_active=True)
    if is_visit(request):
        form.fields["second_factor_required"].disabled = True
    context = {
        "form": form,
        "without": administrators.filter(has_second_factor=False).order_by("name_key", "pk"),
    }
    return render(request, "users/company.html", context, status=422 if form.errors else 200)
