"""Serve a phone its configuration (R32): the one view that no person opens.

It comes before all middleware that is meant for browsers: phones send no cookies, and some speak
HTTP/1.0 and name no host. Every refusal is the same answer, byte for byte, whatever was wrong.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from ipaddress import ip_address

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse

from phones import fetching

logger = logging.getLogger(__name__)
FOLDER = "/p/"
LONGEST = 200  # characters of secret and file name
NOBODY = "0.0.0.0"  # stands for an unknown address, such as behind a socket


class TelephoneMiddleware:
    """Answer everything below /p/ itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(FOLDER):
            return self.get_response(request)
        return serve_configuration(request, request.path_info.removeprefix(FOLDER))


def serve_configuration(request: HttpRequest, path: str) -> HttpResponse:
    """Answer with the file that `path`, <secret>/<file>, names, or with the one 404.

    Ranges are not served: the answer is the whole file, as RFC 9110 §14.2 lets a server decide.
    """
    secret, _, file = path.partition("/")
    found = None
    try:
        if request.method in ("GET", "HEAD") and len(path) <= LONGEST:
            found = fetching.serve_file(
                secret=secret,
                file=file,
                sender=_sender(request),
                agent=request.headers.get("User-Agent", ""),
                record=request.method == "GET",
            )
    except Exception as error:  # whatever it is, the phone keeps what it has and tries again
        logger.error("A phone could not be provisioned: %s", type(error).__name__, exc_info=error)
        response = HttpResponse(status=503, headers={"Retry-After": "60"})
    else:
        if found:
            response = HttpResponse(found.text, content_type=found.content_type)
        else:
            response = HttpResponse("Not Found\n", status=404, content_type="text/plain")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Length"] = str(len(response.content))
    # Otherwise Django would log the path of every refusal, and with it the secret.
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django's own mark
    return response


def _sender(request: HttpRequest) -> str:
    try:
        given = (
            get_adapter().get_client_ip(request)
            if settings.TRUSTED_PROXIES
            else request.META["REMOTE_ADDR"]
        )
        return str(ip_address(given))
    except (ImproperlyConfigured, PermissionDenied, ValueError):
        return NOBODY
