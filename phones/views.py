"""User phones and what can be done with a phone. Every view makes one call into the domain."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from phones import fetching, lifecycle, line, media_relay, preview, spreadsheet
from phones.act_pages import LabelPages, RestartPages
from phones.acts import ACTS, LABEL, RESTART
from phones.answers import get_phone, list_context
from phones.counts import count_phones
from phones.forms import NewPhoneForm, SeenForm
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
from phones.trouble import find_trouble
from users.access import AdministratorRequest, account_of, is_visit, parse_query
from users.acting import answer
from users.downloads import Download
from users.request_keys import Answer, submit_once
from users.time_zones import ZONES


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
        "rows_html": render_rows(shown_rows, read_only=is_visit(request)),
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
    rows_html = render_rows(changed, out_of_band=True, read_only=is_visit(request))
    context = {"rows_html": rows_html, "counts": of_account}
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
        added = submit_once(
            request,
            form,
            account_id=account_of(request),
            do=lambda: _add(account_of(request), form.cleaned_data),
        )
        if added:
            messages.success(request, added.message, extra_tags="safe")
            return redirect(added.url)
    context = {
        "form": form,
        "makes": [(make.name, make.list_steps(fetching.build_url("…"))) for make in MAKES.values()],
        "common": lifecycle.list_common_area_phones(account_of(request)),
    }
    return render(request, "phones/add_phone.html", context, status=422 if form.errors else 200)


def _add(account_id: int, device: dict[str, Any]) -> Answer:
    phone = lifecycle.add_phone(account_id=account_id, **device)
    return Answer(
        format_html("<p>{}</p>", _("Added %(phone)s. Now connect it:") % {"phone": phone}),
        url=reverse("phone_setup", args=[phone.pk]),
    )


@require_GET
def show_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show all about a phone; as a fragment, only what can be done with it: the row's menu."""
    phone = get_phone(request, key)
    context: dict[str, Any] = {"phone": phone, "acts": ACTS}
    if request.htmx:
        return render(request, "phones/_actions.html", context)
    facts = line.load_facts([phone.pk])[phone.pk]
    state = line.load_states(phone.account_id, [phone.pk])[phone.pk]
    zone = facts.time_zone or settings.PHONE_TIME_ZONE
    context |= {
        "line": facts,
        "state": state,
        "trouble": None if state.registered else find_trouble(phone),
        "last": phone.fetches.order_by("-id").first(),
        "time_zone": ZONES.get(zone, zone),
        "make": MAKES[facts.make],
        # Support staff on a visit don't see SIP credentials.
        "file": preview.preview_file(facts, has_usernames=not is_visit(request)),
    }
    return render(request, "phones/phone.html", context)


@require_http_methods(["GET", "POST"])
def edit_label(request: AdministratorRequest, key: int) -> HttpResponse:
    """A phone's label, edited in place (R5)."""
    if request.htmx and "cancel" in request.GET:
        context = list_context(request, [get_phone(request, key).pk])
        return render(request, "phones/_changed.html", context)
    return answer(request, LABEL, key, LabelPages())


@require_http_methods(["GET", "POST"])
def restart_phones(request: AdministratorRequest) -> HttpResponse:
    """Restart phones: GET says what that means, POST asks them and shows each answer (R34)."""
    return answer(request, RESTART, 0, RestartPages())


@require_http_methods(["GET", "POST"])
def show_setup(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show how to connect a phone; POST creates the address it fetches from first (R32)."""
    phone = get_phone(request, key, changes=False)
    make = MAKES[phone.model.family]
    url = fetching.build_url(fetching.create_code(phone) if request.method == "POST" else "…")
    context = {
        "phone": phone,
        "line": line.load_facts([phone.pk])[phone.pk],
        "address": make.build_address(url) if request.method == "POST" else "",
        "steps": make.list_steps(url),
        "last": phone.fetches.order_by("-id").first(),
        "relaying": media_relay.is_relaying(),
    }
    return render(request, "phones/setup.html", context)
