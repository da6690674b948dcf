"""The pages of a phone's emergency addresses for an account's administrators."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from e911.dialog import SET
from phones.act_pages import PhonePages
from phones.answers import get_phone
from users.access import AdministratorRequest


@require_http_methods(["GET", "POST"])
def address(request: AdministratorRequest, key: int) -> HttpResponse:
    """Add or update a phone's emergency address."""
    return SET.answer(request, key, PhonePages())


@require_GET
def on_record(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show every address that a phone has had (R31)."""
    phone = get_phone(request, key)
    return render(
        request,
        "e911/on_record.html",
        {"phone": phone, "versions": phone.addresses.order_by("-id")[:100]},
    )
