"""The Users pages. Every view makes one call into the domain."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from users import people, phone_settings, second_factor
from users.access import (
    AdministratorRequest,
    account_of,
    is_visit,
    lock_account_for_write,
    parse_query,
)
from users.act_pages import UserPages
from users.acting import make_seen, tell
from users.acts import ACTS
from users.acts.sign_in import invite_if_new
from users.csv_file import write_csv
from users.downloads import Download
from users.forms import CompanyForm, NewPersonForm, PhoneSettingsForm
from users.models import Account, Plan, User
from users.request_keys import Answer, submit_once
from users.user_list import COLUMNS, SHOW_CHOICES, Listing, UserFilters


@require_GET
def users(request: AdministratorRequest) -> HttpResponse:
    """Show the table of users (R21)."""
    listing = Listing.of(account_of(request), parse_query(UserFilters(request.GET)))
    context = {
        "listing": listing,
        "page": listing.page(),
        "total": listing.count_shown(),
        "acts": ACTS,
        "show_choices": SHOW_CHOICES,
        "plans": Plan.choices,
        "columns": [
            ("name", _("Name")),
            ("ext", _("Extension")),
            ("email", _("Email")),
            ("plan", _("Plan")),
            ("phone", _("Phone")),
        ],
    }
    part = request.htmx and request.htmx.target == "listing"
    return render(request, "users/_listing.html" if part else "users/users.html", context)


@require_GET
def download_users(request: AdministratorRequest) -> Download:
    """The list as its URL shows it, whole, as a CSV that imports again (R57)."""
    listing = Listing.of(account_of(request), parse_query(UserFilters(request.GET)))
    lines = write_csv(COLUMNS, listing.build_export_rows())
    csv = {"filename": "users.csv", "content_type": "text/csv; charset=utf-8"}
    return Download(request, lines, **csv)


@require_http_methods(["GET", "POST"])
def add(request: AdministratorRequest) -> HttpResponse:
    """Add a person (R25)."""
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    form.offer_numbers(account_of(request))
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
    return _show_company(request, account, form)


@require_http_methods(["GET", "POST"])
def company_phones(request: AdministratorRequest) -> HttpResponse:
    """Edit what all phones of an account are set to (R47)."""
    if request.method != "POST":
        return redirect("company")
    lock_account_for_write(request)
    account = Account.objects.get(pk=account_of(request))
    now = phone_settings.get_phone_settings(account)
    form = PhoneSettingsForm(request.POST, initial=now)
    form.prepare(account)
    is_done = form.is_valid() and form.cleaned_data == now
    if not request.POST.get("seen"):
        raise BadRequest(_("seen: this form is incomplete. Open Company settings again."))
    if request.POST["seen"] != make_seen(now) and not is_done:  # R42
        return _show_company(request, account, CompanyForm(initial=vars(account)), changed=True)
    if form.is_valid():
        count = phone_settings.set_phone_settings(account, **form.cleaned_data)
        said = (_("Saved the phone settings."), phone_settings.tell_phones(count))
        messages.success(request, " ".join(said))
        return redirect("company")
    return _show_company(request, account, CompanyForm(initial=vars(account)), form)


def _show_company(
    request: AdministratorRequest,
    account: Account,
    rules: CompanyForm,
    phones: PhoneSettingsForm | None = None,
    *,
    changed: bool = False,
) -> HttpResponse:
    """Show both forms; `changed` says that others have changed the phone settings meanwhile."""
    now = phone_settings.get_phone_settings(account)
    if phones is None:
        phones = PhoneSettingsForm(initial=now)
        phones.prepare(account)
    if is_visit(request):
        for field in (*rules.fields.values(), *phones.fields.values()):
            field.disabled = True
    administrators = User.objects.filter(account=account, is_administrator=True, is_active=True)
    context = {
        "rules": rules,
        "phones": phones,
        "seen": make_seen(now),
        "changed": changed,
        "without": administrators.filter(has_second_factor=False).order_by("name_key", "pk"),
    }
    status = 409 if changed else 422 if rules.errors or phones.errors else 200
    return render(request, "users/company.html", context, status=status)
