"""Tell load balancers and monitoring whether phoneadmin is alive and ready.

Anyone may ask, and the answer comes before sessions, accounts and host names are checked, because a
probe sends none of these. It holds only the names of parts with "ok", "failed", "read-only" or
"off". The parts are checked at most once a second, however often a probe asks.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

from phoneadmin.database_backend.watch import server
from phoneadmin.operations import kamailio, releases
from phones import registrar_client as registrar

FOLDER = "/health/"
WORKING = (
    "SELECT EXISTS (SELECT FROM procrastinate_workers WHERE last_heartbeat > now() - %s *"
    " interval '1 s')"
)
FRESH = 1.0  # seconds for which a result is reused
STALE = 15.0  # seconds after which a result no longer counts, in case the next check hangs
WORKER_SILENCE = 30  # seconds; the worker sends a heartbeat every three

OK, FAILED, OFF = "ok", "failed", "off"
READ_ONLY = "read-only"  # a database that takes no changes, as during a switchover
PARTS = ("database", "migrations", "worker", "registrar")

_looking = threading.Lock()
_seen: tuple[float, dict[str, str]] = (float("-inf"), {})


class Health:
    """Middleware that answers everything under /health/ itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(FOLDER):
            return self.get_response(request)
        return answer(request, request.path_info.removeprefix(FOLDER).rstrip("/"))


def answer(request: HttpRequest, name: str) -> HttpResponse:
    """Answer `alive` with 200, and `ready` with 200 or 503 and each part's state."""
    if name not in STATES:
        return HttpResponse("Not Found\n", status=404, content_type="text/plain")
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(("GET", "HEAD"))
    state = STATES[name]()
    return JsonResponse(state, status=choose_status(state), headers={"Cache-Control": "no-store"})


def choose_status(state: dict[str, str]) -> int:
    """Choose the HTTP status: 503 if any part is neither ok nor off."""
    return 200 if {OK, OFF}.issuperset(state.values()) else 503


def check_alive() -> dict[str, str]:
    """Report that this process runs; ask nothing else."""
    return {"alive": OK}


def check_ready() -> dict[str, str]:
    """Report for each part "ok", "failed", or "off" if this installation lacks it.

    The database can be "read-only" as well.

    While one request checks the parts, all others get the previous result.
    """
    global _seen
    if time.monotonic() - _seen[0] > FRESH and _looking.acquire(blocking=False):
        try:
            _seen = time.monotonic(), check_parts()
        finally:
            _looking.release()
    at, state = _seen
    return state if time.monotonic() - at < STALE else dict.fromkeys(PARTS, FAILED)


def check_parts() -> dict[str, str]:
    """Check every part. Whatever needs the database has failed while that is away."""
    state = dict.fromkeys(PARTS, FAILED)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('transaction_read_only')")
            read_only = cursor.fetchone() == ("on",) or server.takes_no_changes
            state["database"] = READ_ONLY if read_only else OK
            with suppress(releases.Unfit):
                releases.require_fit(cursor)
                state["migrations"] = OK
            cursor.execute(WORKING, [WORKER_SILENCE])
            state["worker"] = OK if cursor.fetchone()[0] else FAILED
    except Error:
        connection.close()
    state["registrar"] = (
        OK if registrar.is_reachable() else FAILED if is_registrar_expected() else OFF
    )
    return state


@cache
def is_registrar_expected() -> bool:
    """Tell whether this installation has a SIP registrar, here or elsewhere by its settings."""
    if settings.REGISTRAR_ELSEWHERE:
        return True
    try:
        return bool(kamailio.find_program())
    except kamailio.Unavailable:
        return False


STATES = {"alive": check_alive, "ready": check_ready}
