"""Answers to requests that cannot be understood, or not be served."""

from __future__ import annotations

import logging
import sys

from django.core.exceptions import BadRequest
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from phoneadmin import logs

logger = logging.getLogger(__name__)
RETRY_AFTER = "5"  # seconds; the embedded PostgreSQL is back in two or three after it died


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Say what was not understood, where it was one of our pages that said so."""
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    return render(request, "400.html", {"reason": reason}, status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Say that something went wrong: 503 where it was the database that could not be used, else 500.

    The page is made of nothing but its template: neither database nor session nor the request's own text is asked.
    Django calls this while it handles the exception.
    """
    error = sys.exc_info()[1]
    if not of_database(error):
        page = render_to_string("500.html", {"request_id": logs.request_id()})
        return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})
    logger.warning("The database could not be used", extra={"facts": {"error": logs.errors(error)[-1:]}})
    headers = {"Cache-Control": "no-store", "Retry-After": RETRY_AFTER}
    response = HttpResponse(render_to_string("503.html"), status=503, headers=headers)
    response._has_been_logged = True  # once is enough while every request meets it
    return response


def of_database(error: BaseException | None) -> bool:
    """Tell whether an exception comes from a database that is away, or too busy (PEP 249: not the program's fault)."""
    while error is not None:
        if isinstance(error, OperationalError | InterfaceError):
            return True
        error = error.__cause__ or error.__context__
    return False
