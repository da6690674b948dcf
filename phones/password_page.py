"""The page that shows the password of a phone's own web page and menu (R47)."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from phones import lock
from phones.answers import get_phone
from phones.models import Phone
from users import sip
from users.access import AdministratorRequest
from users.models import CredentialsRecord

SHOWN = 5  # entries of the record on the page


@require_http_methods(["GET", "POST"])
def show_password(request: AdministratorRequest, key: int) -> HttpResponse:
    """Say which password a phone has; only a POST shows it, and goes on record.

    A removed phone still has one: without it, no one could set it up again.
    """
    phone = get_phone(request, key, removed=True)
    context: dict[str, Any] = {"phone": phone, "provisioning": phone.provisioning}
    status = 200
    if request.method == "POST":
        try:
            context |= _list_passwords(phone)
            if context["passwords"]:
                lock.record_access(phone, lock.What.LOCK, request.user)
        except sip.UnknownKey:
            context["key_missing"] = True
            status = 409
    record = CredentialsRecord.objects.filter(phone=phone, what__in=lock.OF_PHONES)
    context["record"] = record.order_by("-id")[:SHOWN]
    return render(request, "phones/password.html", context, status=status)


def _list_passwords(phone: Phone) -> dict[str, Any]:
    """Return name, label and value of each password that someone at the phone may need.

    If the key of the former one is missing, the new one is shown alone. Raises UnknownKey.
    """
    provisioning = phone.provisioning
    if phone.retired_at:
        delivered = lock.delivered_password(provisioning)
        return {"passwords": [("former", _("Password"), delivered)] if delivered else []}
    wanted = lock.wanted_password(provisioning)
    try:
        former = lock.former_password(provisioning)
    except sip.UnknownKey:
        passwords = [("wanted", _("Once it has restarted"), wanted)]
        return {"passwords": passwords, "former_missing": True}
    if not former:
        return {"passwords": [("wanted", _("Password"), wanted)]}
    return {
        "passwords": [
            ("former", _("Until it restarts"), former),
            ("wanted", _("Once it has restarted"), wanted),
        ]
    }
