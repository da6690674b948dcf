"""User phones and what can be done with a phone. Every view makes one call into the domain."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from phones import assignment, fetching, lifecycle, restarts, spreadsheet
from phones.answers import answer_with_phones, get_phone, get_phones, reload_list
from phones.counts import count_phones
from phones.forms import ChosenPhonesForm, DeviceForm, LabelForm, NewPhoneForm, SeenForm
from phones.models import Kind
from phones.phone_list import (
    SHOW_CHOICES,
    Listing,
    PhoneFilters,
    build_export_row,
    build_rows,
    select_rows,
)
from phones.provisioning.makes import MAKES
from phones.rows import render_rows
from users.access import AdministratorRequest, account_of, parse_query
from users.downloads import Download


@require_GET
def show_user_phones(request: AdministratorRequest) -> HttpResponse:
    """Show the table of user phones (R4, R9), or the guide to adding one if there are none (R3)."""
    of_account = count_phones(account_of(request))
    if not of_account.any:
        return redirect("add_phone")
    listing = Listing.of(account_of(request), parse_query(PhoneFilters(request.GET)))
    page = listing.page(of_account)
    context = {
        "listing": listing,
        "page": page,
        "rows": (shown_rows := build_rows(account_of(request), page.rows)),
        "rows_html": render_rows(shown_rows),
        "total": listing.count_shown(of_account),
        "counts": of_account,
        "show_choices": SHOW_CHOICES,
        "columns": [
            ("label", _("Label")),
            ("ext", _("Ext")),
            ("person", _("Assigned to")),
            ("model", _("Model")),
            ("mac", _("MAC Address")),
        ],
    }
    part = request.htmx and request.htmx.target == "listing"
    return render(request, "phones/_listing.html" if part else "phones/user_phones.html", context)


@require_GET
def show_changes(request: AdministratorRequest) -> HttpResponse:
    """Send the rows and counters of a page that the provider or another tab has changed (R8)."""
    seen = parse_query(SeenForm(request.GET))
    versions = dict(pair.split(".") for pair in seen["rows"].split(","))
    account_id = account_of(request)
    listed = build_rows(
        account_id, select_rows(account_id).filter(pk__any=[int(key) for key in versions])
    )
    changed = [row for row in listed if row.version != versions[row.id]]
    of_account = count_phones(account_id)
    if not changed and of_account.missing == seen["missing"]:
        return HttpResponse(status=204)
    context = {"rows_html": render_rows(changed, out_of_band=True), "counts": of_account}
    return render(request, "phones/_changed_regions.html", context)


@require_GET
def download_phones(request: AdministratorRequest) -> Download:
    """The list as its URL shows it, whole, as a CSV that imports again (R9)."""
    listing = Listing.of(account_of(request), parse_query(PhoneFilters(request.GET)))
    queries = listing.list_all_rows()
    rows = (build_export_row(row) for query in queries for row in query.iterator(chunk_size=2000))
    csv = {"filename": "user-phones.csv", "content_type": "text/csv; charset=utf-8"}
    return Download(request, spreadsheet.write_phones_csv(rows), **csv)


@require_http_methods(["GET", "POST"])
def add_phone(request: AdministratorRequest) -> HttpResponse:
    """The guide to adding phones, with a form for one at hand (R3)."""
    form = NewPhoneForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            phone = lifecycle.add_phone(account_id=account_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Added %(phone)s. Now connect it:") % {"phone": phone})
            return redirect("phone_setup", phone.pk)
    context = {
        "form": form,
        "makes": [(make.name, make.list_steps(fetching.build_url("…"))) for make in MAKES.values()],
        "common": lifecycle.list_common_area_phones(account_of(request)),
    }
    return render(request, "phones/add_phone.html", context, status=422 if form.errors else 200)


@require_GET
def show_actions(request: AdministratorRequest, key: int) -> HttpResponse:
    """What can be done with a phone: the row's menu."""
    return render(request, "phones/actions.html", {"phone": get_phone(request, key)})


@require_http_methods(["GET", "POST"])
def edit_label(request: AdministratorRequest, key: int) -> HttpResponse:
    """A phone's label, edited in place (R5)."""
    phone = get_phone(request, key)
    form = LabelForm(
        request.POST if request.method == "POST" else None, initial={"label": phone.label}
    )
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.relabel_phone(phone, form.cleaned_data["label"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return answer_with_phones(request, [phone.pk], _("Label saved."), quiet=True)
    if request.htmx and "cancel" in request.GET:
        return answer_with_phones(request, [phone.pk], "")
    return render(
        request,
        "phones/label.html",
        {"form": form, "phone": phone},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def correct_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Putting right a model or MAC address that was entered wrongly (R38)."""
    phone = get_phone(request, key)
    form = DeviceForm(
        request.POST if request.method == "POST" else None,
        initial={"mac": phone.mac_shown, "model": phone.model_id},
    )
    if request.method == "POST" and form.is_valid():
        try:
            lifecycle.correct_phone(phone, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return answer_with_phones(
                request, [phone.pk], _("Corrected %(phone)s.") % {"phone": phone}
            )
    return render(
        request,
        "phones/correct.html",
        {"form": form, "phone": phone},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def replace_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Another device in a broken one's place (R38)."""
    phone = get_phone(request, key)
    form = DeviceForm(
        request.POST if request.method == "POST" else None, initial={"model": phone.model_id}
    )
    if request.method == "POST" and form.is_valid():
        try:
            new = lifecycle.replace_phone(phone, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        except assignment.AssignmentRefused as refusal:
            form.add_error(None, ValidationError(str(refusal), code=refusal.code))
        else:
            messages.success(
                request,
                _("Replaced. Restart the new phone, %(phone)s, to bring its line up.")
                % {"phone": new},
            )
            return reload_list(request)
    return render(
        request,
        "phones/replace.html",
        {"form": form, "phone": phone},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def remove_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Taking a phone out of the account (R38)."""
    phone = get_phone(request, key)
    changed = False
    if request.method == "POST":
        try:
            lifecycle.remove_phone(phone, seen=request.POST.get("seen", ""))
        except assignment.AssignmentChanged:
            changed = True
        else:
            messages.success(request, _("Removed %(phone)s.") % {"phone": phone})
            return reload_list(request)
    plan = None
    if phone.kind == Kind.USER:
        plan = assignment.plan(account_id=phone.account_id, moves=[assignment.Move(phone.pk, None)])
    context = {"phone": phone, "plan": plan, "changed": changed}
    return render(request, "phones/remove.html", context, status=409 if changed else 200)


@require_http_methods(["GET", "POST"])
def restart_phones(request: AdministratorRequest) -> HttpResponse:
    """Restart phones: GET says what that means, POST asks them and shows each answer (R34)."""
    data = request.POST if request.method == "POST" else request.GET
    phones = get_phones(request, cast(list[int], parse_query(ChosenPhonesForm(data))["phones"]))
    if request.method == "GET":
        return render(request, "phones/restart.html", {"phones": phones})
    message = render_to_string(
        "phones/_restarts.html", {"outcomes": restarts.request_restarts(phones, by=request.user)}
    )
    return answer_with_phones(request, [phone.pk for phone in phones], mark_safe(message))


@require_http_methods(["GET", "POST"])
def show_setup(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show how to connect a phone; POST creates the address it fetches from first (R32)."""
    phone = get_phone(request, key, changes=False)
    make = MAKES[phone.model.family]
    url = fetching.build_url(fetching.create_code(phone) if request.method == "POST" else "…")
    context = {
        "phone": phone,
        "address": make.build_address(url) if request.method == "POST" else "",
        "steps": make.list_steps(url),
        "last": phone.fetches.order_by("-id").first(),
    }
    return render(request, "phones/setup.html", context)
