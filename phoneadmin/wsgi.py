"""The application as the web server runs it."""

from __future__ import annotations

import gc
import logging
import os
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.wsgi import get_wsgi_application
from django.http import HttpResponseBase

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "phoneadmin.settings")
logger = logging.getLogger(__name__)
django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a request. No exception leaves it, because the web server would log its text.

    Treat every request as UTF-8 and drop NUL from cookies: another charset, or a NUL, could break
    Django or the session.
    """
    environ["CONTENT_TYPE"] = re.sub(
        r";\s*charset=[^;]*", "", environ.get("CONTENT_TYPE", ""), flags=re.IGNORECASE
    )
    environ["HTTP_COOKIE"] = environ.get("HTTP_COOKIE", "").replace(r"\0", "")
    try:
        response: HttpResponseBase = django_application(environ, start_response)
        if response.streaming and response.status_code < 300:
            _ = response.headers["Content-Length"]  # or a body that breaks off would look complete
    except Exception as error:
        logger.critical("A request failed outside of Django's handling", exc_info=error)
        headers = [("Content-Type", "text/plain"), ("Cache-Control", "no-store")]
        start_response("500 Internal Server Error", headers)
        return [b"Something went wrong.\n"]
    return Stream(response) if response.streaming else response


class Stream:
    """A body sent in pieces. If one fails, it ends before its announced length: clients notice."""

    def __init__(self, response: HttpResponseBase) -> None:
        self.response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self.response
        except Exception as error:
            logger.error("An answer broke off", exc_info=error)

    def close(self) -> None:
        """Close the files that are sent."""
        self.response.close()


# Everything loaded by now stays. Hidden from the garbage collector, it causes no more long pauses.
gc.collect()
gc.freeze()
