"""The pages that show a person's SIP credentials and change them (R22)."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from users import sip
from users.access import AdministratorRequest, user_of
from users.models import CredentialsRecord, User
from users.sip import What

SHOWN = 5  # entries of the record on the page


@require_http_methods(["GET", "POST"])
def credentials(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show what this person's device signs in with, the password only for a POST.

    Every view goes on record.
    """
    user = user_of(request, key)
    if request.method == "GET":
        return _shown(request, user)
    try:
        password = sip.password_of(user.sip) if sip.username_of(user) else ""
    except sip.UnknownKey:
        return _shown(request, user, key_missing=True, status=409)
    return _shown(request, user, password=password)


@require_http_methods(["GET", "POST"])
def change(request: AdministratorRequest, key: int) -> HttpResponse:
    """Ask whether to change the credentials, and (POST) change them and show the new ones."""
    user = user_of(request, key)
    changed = False
    if request.method == "POST":
        try:
            sip.change_on_request(user, by=request.user, seen=request.POST.get("seen", ""))
        except sip.CredentialsChanged:
            changed = True
        else:
            return _shown(request, user_of(request, key), done=True)
    context = {"person": user, "seen": sip.username_of(user), "changed": changed}
    return render(request, "users/credentials_change.html", context, status=409 if changed else 200)


def _shown(
    request: AdministratorRequest,
    user: User,
    *,
    password: str = "",
    key_missing: bool = False,
    done: bool = False,
    status: int = 200,
) -> HttpResponse:
    username = sip.username_of(user)
    if username:
        sip.record_access(user, What.PASSWORD if password else What.LOOKED, request.user)
    context = {
        "person": user,
        "values": [
            ("domain", _("Domain"), settings.SIP_DOMAIN),
            ("username", _("Username"), username),
            ("authentication", _("Authentication name"), username),
            (
                "registrar",
                _("Registrar or outbound proxy"),
                f"{settings.SIP_HOST}:{settings.SIP_PORT}",
            ),
            ("transport", _("Transport"), settings.SIP_TRANSPORT.upper()),
        ]
        if username
        else [],
        "password": password,
        "key_missing": key_missing,
        "done": done,
        "record": CredentialsRecord.objects.filter(user=user).order_by("-id")[:SHOWN],
    }
    return render(request, "users/credentials.html", context, status=status)
