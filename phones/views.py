"""A phone's own page, and the acts that have pages of their own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from phones import line, preview
from phones.act_pages import LabelPages, RestartPages
from phones.acts import LABEL, RESTART
from phones.answers import get_phone
from phones.menu import list_entries
from phones.provisioning.makes import MAKES
from phones.trouble import find_trouble
from users.access import AdministratorRequest, is_visit
from users.acting import answer
from users.time_zones import ZONES


@require_GET
def show_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show all about a phone; as a fragment, only what can be done with it: the row's menu."""
    phone = get_phone(request, key)
    menu = list_entries(phone, request.user, read_only=is_visit(request))
    context: dict[str, Any] = {"phone": phone, "menu": menu}
    if request.htmx:
        return render(request, "phones/_actions.html", context)
    facts = line.load_facts([phone.pk])[phone.pk]
    state = line.load_states(phone.account_id, [phone.pk])[phone.pk]
    zone = facts.time_zone or settings.PHONE_TIME_ZONE
    context |= {
        "line": facts,
        "state": state,
        "trouble": None if state.registered else find_trouble(phone),
        "waiting": phone.addresses.filter(is_open=True).first(),
        "last": phone.fetches.order_by("-id").first(),
        "time_zone": ZONES.get(zone, zone),
        "make": MAKES[facts.make],
        # Support staff on a visit don't see SIP credentials.
        "file": preview.preview_file(facts, has_usernames=not is_visit(request)),
    }
    return render(request, "phones/phone.html", context)


@require_http_methods(["GET", "POST"])
def edit_label(request: AdministratorRequest, key: int) -> HttpResponse:
    """A phone's label, edited in place (R5, R46)."""
    return answer(request, LABEL, key, LabelPages())


@require_http_methods(["GET", "POST"])
def restart_phones(request: AdministratorRequest) -> HttpResponse:
    """Restart phones: GET says what that means, POST asks them and shows each answer (R34)."""
    return answer(request, RESTART, 0, RestartPages())
