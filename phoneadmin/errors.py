"""Answer requests that can't be understood or can't be served."""

from __future__ import annotations

import logging
import sys

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from phoneadmin.operations import logs
from users import outages

logger = logging.getLogger(__name__)
WAIT = "300"  # seconds
RETRY_AFTER = "5"  # seconds; the embedded PostgreSQL is back in two or three after it died


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400; explain it if one of our pages raised it."""
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    return render(request, "400.html", {"reason": reason}, status=400)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer 429 (RFC 6585, section 4). All short limits in the settings span five minutes."""
    headers = {"Retry-After": WAIT}
    return HttpResponse(render_to_string("429.html", request=request), status=429, headers=headers)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 503 if the database is in trouble that passes, and 500 for anything else.

    The page comes from its template alone and uses neither the database nor the session nor the
    request's text. Django calls this while it handles the exception.
    """
    error = sys.exc_info()[1]
    trouble = outages.find_outage(error)
    code = getattr(trouble, "sqlstate", None)
    # When support staff visit an account, the transaction is read-only on purpose: a page that
    # writes is our mistake.
    if trouble is None or (code == outages.READ_ONLY and getattr(request, "visit", None)):
        page = render_to_string("500.html", {"request_id": logs.request_id()})
        return HttpResponse(page, status=500, headers={"Cache-Control": "no-store"})
    facts = {"error": logs.describe_errors(error)[:3]}
    logger.warning("The database could not be used", extra={"facts": facts})
    context = {"conflict": code in outages.CONFLICTS, "read_only": code == outages.READ_ONLY}
    page = render_to_string("503.html", context)
    headers = {"Cache-Control": "no-store", "Retry-After": RETRY_AFTER}
    response = HttpResponse(page, status=503, headers=headers)
    # Django's own flag: logging once is enough while every request meets it.
    response._has_been_logged = True  # type: ignore[attr-defined]  # see above
    return response
