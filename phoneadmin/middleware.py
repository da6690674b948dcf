"""One transaction per request, who gets in, what is logged, and what holds for every answer."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable
from contextlib import suppress
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, UnreadablePostError
from django.shortcuts import redirect
from django.urls import ResolverMatch, reverse
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from phoneadmin.operations import health, logs
from phones import fetching_view as telephone
from users import known_browsers, sessions, sign_in

logger = logging.getLogger(__name__)
Answer = Callable[[HttpRequest], HttpResponse]


class Requests:
    """Number each request and log its outcome: the route by name, never the address.

    The number goes on every line logged during the request, and back as X-Request-ID. A trusted
    proxy can supply it.
    """

    GIVEN = re.compile(r"[0-9A-Za-z-]{8,64}")
    # Every other method is refused here, for all URLs: TRACE would repeat a request's headers,
    # cookies included, in the answer (RFC 9110, section 9.3.8).
    METHODS = ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE")
    # Folders that other middleware answers by itself, before a route is found.
    FOLDERS = {
        telephone.FOLDER: "telephone",
        health.FOLDER: "health",
        settings.STATIC_URL: "static",
    }
    QUIET = {"health", "static"}

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.monotonic()
        given = request.headers.get("X-Request-ID", "") if settings.TRUSTED_PROXIES else ""
        number = given if self.GIVEN.fullmatch(given) else token_hex(16)
        with logs.log_with_facts(request=number):
            if allowed := request.method in self.METHODS:
                response = self.get_response(request)
            else:
                response = HttpResponseNotAllowed(self.METHODS)
            route = self.route(request)
            if response.status_code >= 500:
                level = logging.WARNING
            else:
                level = (
                    logging.DEBUG
                    if route in self.QUIET and response.status_code < 400
                    else logging.INFO
                )
            facts = {
                "method": request.method if allowed else "other",
                "route": route,
                "status": response.status_code,
                "ms": round((time.monotonic() - started) * 1000, 1),
            }
            logger.log(level, "request", extra={"facts": facts})
        # Django's own flag: otherwise it would log the path of every refusal.
        response._has_been_logged = True  # type: ignore[attr-defined]  # see above
        if route != "telephone":  # its refusals are identical byte for byte
            response.headers["X-Request-ID"] = number
        return response

    def route(self, request: HttpRequest) -> str:
        """Return the name of the request's route, "" if it matched none."""
        if request.resolver_match:
            return request.resolver_match.view_name
        return next(
            (name for folder, name in self.FOLDERS.items() if request.path_info.startswith(folder)),
            "",
        )


class OneTransaction:
    """Run a request and its rendering in one transaction, limited to what its sender may see.

    An exception in a view, even one that becomes a normal answer, undoes everything that the
    request did.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # A body may arrive slowly, and no transaction should be open meanwhile. The view will meet
        # the same errors.
        with suppress(RequestDataTooBig, UnreadablePostError):
            _ = request.body
        with transaction.atomic():
            sign_in.recognize_person(request)
            logs.add_facts(user=request.user.pk, account=getattr(request.user, "account_id", None))
            response = self.get_response(request)
            if response.status_code >= 500:
                transaction.set_rollback(True)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        transaction.set_rollback(True)


class RoutedRequest(HttpRequest):
    """A request with what earlier middleware and the URL's route have added."""

    user: Any  # a User or an anonymous one, with attributes that sign_in adds
    htmx: HtmxDetails
    visit: Any  # support's visit to an account, or None
    resolver_match: ResolverMatch


class AdministratorsOnly:
    """Admit only administrators to every page except sign-in, Django admin and Help (R1).

    A user who needs a second factor and has none must set it up first; until then, all other pages,
    Django admin's included, redirect there.
    """

    HELP = "/help/"  # shows no account's data, and explains the messages of sign-in
    OPEN = (sign_in.PREFIX, sign_in.ADMIN, HELP)
    # Support staff visiting an account can't see these: SIP credentials, and phones' own passwords.
    SECRET = {
        *("user_credentials", "user_credentials_change"),
        *("phone_credentials", "phone_credentials_change", "phone_password"),
    }
    # Open pages poll these by themselves, so they don't show that a person uses the session.
    BY_ITSELF = {"phones_status", "phone_progress"}

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        known_browsers.set_cookie(request, response)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_view(
        self, request: RoutedRequest, view: Any, args: Any, kwargs: Any
    ) -> HttpResponse | None:
        user = request.user
        if user.is_authenticated:
            if request.resolver_match.view_name not in self.BY_ITSELF:
                sessions.record_use(request)
            if user.lacks_second_factor and not request.path.startswith(
                (sign_in.PREFIX, self.HELP)
            ):
                return (
                    HttpResponseClientRedirect(reverse("mfa_index"))
                    if request.htmx
                    else redirect("mfa_index")
                )
        if request.path.startswith(self.OPEN):
            return None
        if not user.is_authenticated:
            # A fragment can't hold the sign-in page: the whole page goes there, and comes back.
            if request.htmx:
                try:
                    back = request.htmx.current_url_abs_path or "/"
                except ValueError:  # no URL at all, such as http://[
                    back = "/"
                return HttpResponseClientRedirect(f"{redirect_to_login(back).url}&ended=1")
            return redirect_to_login(request.get_full_path())
        if user.is_staff:
            if not request.visit:
                start = reverse("admin:index")
                return HttpResponseClientRedirect(start) if request.htmx else redirect(start)
            if (
                request.method not in ("GET", "HEAD")
                or request.resolver_match.view_name in self.SECRET
            ):
                raise PermissionDenied
            return None
        if not user.is_administrator:
            raise PermissionDenied
        return None


class ContentSecurityPolicy:
    """Set a Content-Security-Policy: only our own origin, and nothing inline.

    Also deny what our pages never need: being loaded by other origins, and the visitor's devices.
    """

    POLICY = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src"
        " 'self'; "
        "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    PERMISSIONS = (
        "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(),"
        " usb=(), serial=(), midi=()"
    )

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", self.POLICY)
        response.headers.setdefault("Permissions-Policy", self.PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
