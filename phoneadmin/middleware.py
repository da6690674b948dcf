"""One transaction per request, who gets in, and what holds for every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from users import sign_in

Answer = Callable[[HttpRequest], HttpResponse]


class OneTransaction:
    """Runs a request, rendering included, in one transaction that sees only what its sender may see.

    An exception in a view, even one that becomes a clear answer, undoes everything that the request did.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            sign_in.recognise(request)
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        transaction.set_rollback(True)


class AdministratorsOnly:
    """Lets only administrators into the configure pages: every page that is neither sign-in nor Django admin (R1)."""

    OPEN = (sign_in.PREFIX, "/admin/")

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        user = request.user
        if request.path.startswith(self.OPEN):
            return None
        if not user.is_authenticated:
            if request.htmx:  # a fragment cannot hold the sign-in page: the whole page goes there, and comes back
                try:
                    back = request.htmx.current_url_abs_path or "/"
                except ValueError:  # no URL at all, such as http://[
                    back = "/"
                return HttpResponseClientRedirect(redirect_to_login(back).url)
            return redirect_to_login(request.get_full_path())
        if user.is_staff:
            return redirect("admin:index")
        if not user.is_administrator:
            raise PermissionDenied
        return None


class ContentSecurityPolicy:
    """Forbids every page to load, run or send to anything that is not ours, and any inline script or style."""

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.POLICY)
        return response
