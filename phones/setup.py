"""Connecting a phone: the address to enter on it, and how far it is (R32, R34, R68)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from phones import fetching, line, media_relay
from phones.answers import get_phone
from phones.models import Phone
from phones.progress import load_progress
from phones.provisioning.makes import MAKES
from users.access import AdministratorRequest, parse_query


class ProgressQuery(forms.Form):
    """For whom a phone was added who had one already, and what the page shows."""

    to = forms.IntegerField(required=False, min_value=1, max_value=10**18 - 1)
    version = forms.RegexField(r"^[0-9a-f]{1,8}$", required=False)


@require_http_methods(["GET", "POST"])
def show_setup(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show how to connect a phone; POST creates the address it fetches from first (R32)."""
    phone = get_phone(request, key, changes=False)
    make = MAKES[phone.model.family]
    is_made = request.method == "POST"
    url = fetching.build_url(fetching.create_code(phone) if is_made else "…")
    if is_made:
        phone.provisioning.refresh_from_db()
    context = _describe(request, phone) | {
        "line": line.load_facts([phone.pk])[phone.pk],
        "address": make.build_address(url) if is_made else "",
        "steps": make.list_steps(url),
        "relaying": media_relay.is_relaying(),
    }
    return render(request, "phones/setup.html", context)


@require_GET
def show_progress(request: AdministratorRequest, key: int) -> HttpResponse:
    """Send how far a phone is, if that isn't what the page shows already."""
    context = _describe(request, get_phone(request, key))
    if request.GET.get("version") == context["progress"].version:
        return HttpResponse(status=204)
    return render(request, "phones/_progressed.html", context)


def _describe(request: AdministratorRequest, phone: Phone) -> dict[str, Any]:
    to = parse_query(ProgressQuery(request.GET))["to"]
    progress = load_progress(phone, to=None if phone.assigned_to_id else to)
    return {"phone": phone, "to": to, "progress": progress}
