"""The pages that show and change SIP credentials, of a person or a common-area phone (R22)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from users import sip
from users.access import AdministratorRequest, user_of
from users.models import CredentialsRecord
from users.sip import What

SHOWN = 5  # entries of the record on the page


@dataclass(frozen=True)
class CredentialsPages:
    """The pages about the line of a person, or about that of a common-area phone."""

    # Returns whose line it is, locked for a POST; raises Http404.
    find: Callable[[AdministratorRequest, int], sip.Owner]
    owner: str  # what the templates call them
    shown: str
    asked: str
    prefix: str  # of the names of the URLs

    def list_urls(self) -> list[URLPattern]:
        """Return the URLs of both pages, after the key of whose line it is."""

        @require_http_methods(["GET", "POST"])
        def show(request: AdministratorRequest, key: int) -> HttpResponse:
            return self.show(request, key)

        @require_http_methods(["GET", "POST"])
        def change(request: AdministratorRequest, key: int) -> HttpResponse:
            return self.change(request, key)

        name = f"{self.prefix}_credentials"
        return [
            path("<key:key>/credentials/", show, name=name),
            path("<key:key>/credentials/change/", change, name=f"{name}_change"),
        ]

    def show(self, request: AdministratorRequest, key: int) -> HttpResponse:
        """Show what a device on this line signs in with, the password only for a POST.

        Every view goes on record.
        """
        owner = self.find(request, key)
        if request.method == "GET":
            return self._render(request, owner)
        try:
            password = sip.password_of(owner.sip) if sip.username_of(owner) else ""
        except sip.UnknownKey:
            return self._render(request, owner, key_missing=True, status=409)
        return self._render(request, owner, password=password)

    def change(self, request: AdministratorRequest, key: int) -> HttpResponse:
        """Ask whether to change the credentials, and (POST) change them and show the new ones."""
        owner = self.find(request, key)
        changed = False
        if request.method == "POST":
            try:
                sip.change_on_request(owner, by=request.user, seen=request.POST.get("seen", ""))
            except sip.CredentialsChanged:
                changed = True
            else:
                return self._render(request, self.find(request, key), done=True)
        context = {self.owner: owner, "seen": sip.username_of(owner), "changed": changed}
        return render(request, self.asked, context, status=409 if changed else 200)

    def _render(
        self,
        request: AdministratorRequest,
        owner: sip.Owner,
        *,
        password: str = "",
        key_missing: bool = False,
        done: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        username = sip.username_of(owner)
        if username:
            sip.record_access(owner, What.PASSWORD if password else What.LOOKED, request.user)
        record = CredentialsRecord.objects.filter(**sip.refer_to(owner), what__in=sip.OF_LINES)
        context: dict[str, Any] = {
            self.owner: owner,
            "values": list_values(username),
            "password": password,
            "key_missing": key_missing,
            "done": done,
            "record": record.order_by("-id")[:SHOWN],
        }
        return render(request, self.shown, context, status=status)


def list_values(username: str) -> list[tuple[str, str, str]]:
    """Return name, label and value of all that a device asks for but the password."""
    if not username:
        return []
    return [
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


PERSON_PAGES = CredentialsPages(
    find=user_of,
    owner="person",
    shown="users/credentials.html",
    asked="users/credentials_change.html",
    prefix="user",
)
