"""What we log and how: one line per event, with its request's number and no one's secrets.

A line holds ids, route names and numbers, never a page's address, a form or an exception's text:
these may hold what someone typed, or a link that signs its reader in (OWASP ASVS 5, V16.2.5).
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import StackSummary, walk_tb
from types import MappingProxyType
from typing import Any, TextIO

from django.conf import settings

logger = logging.getLogger(__name__)
HERE = str(Path(__file__).resolve().parents[2]) + "/"
OURS = ("phoneadmin", "users", "phones", "e911")  # the loggers whose messages we write ourselves

_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))


@contextmanager
def log_with_facts(**facts: Any) -> Iterator[None]:
    """Add facts, such as the request's number, to every line logged in the block."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def add_facts(**facts: Any) -> None:
    """Add facts to every further line in the innermost `log_with_facts` block."""
    _facts.set({**_facts.get(), **facts})


def request_id() -> str:
    """Return the current request's number, "" outside a request."""
    return _facts.get().get("request", "")


def log_uncaught_errors() -> None:
    """Log uncaught errors and warnings instead of letting Python print exceptions' text.

    This covers exceptions in any thread or while an object is deleted, and all warnings.
    """
    if not logging.root.handlers:  # until Django's settings are loaded
        handler = Stderr()
        handler.setFormatter(Json())
        logging.root.addHandler(handler)

    def tell(event: str, *failed: Any) -> None:
        kind, error, trace = failed
        if not issubclass(kind, KeyboardInterrupt):
            logger.critical(event, exc_info=(kind, error, trace))

    def warn(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        kind = f"{category.__module__}.{category.__qualname__}"
        place = f"{kind}: {filename.removeprefix(HERE)}:{lineno}"
        logger.warning("A warning", extra={"facts": {"error": [place]}})

    sys.excepthook = lambda *failed: tell("The program failed", *failed)
    threading.excepthook = lambda failed: tell("A thread failed", *failed[:3])
    sys.unraisablehook = lambda failed: tell(
        "Clearing something away failed", failed.exc_type, failed.exc_value, failed.exc_traceback
    )
    warnings.showwarning = warn


class Stderr(logging.StreamHandler):
    """Writes to stderr, and prints no traceback for an event that can't be formatted."""

    def handleError(self, record: logging.LogRecord) -> None:
        """Log the origin of an event that couldn't be formatted."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # an OSError means that stderr is gone
            place = f"{record.pathname.removeprefix(HERE)}:{record.lineno}"
            facts = {"error": describe_errors(error), "at": place}
            said = {"msg": "An event could not be logged", "levelname": "ERROR", "name": __name__}
            super().emit(logging.makeLogRecord(said | {"facts": facts}))


class Safe(logging.Formatter):
    """Find the facts of an event that are safe to log."""

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return a line's facts: the event, then what is known of request, job and exception."""
        facts = {"event": self._event(record), **_facts.get(), **getattr(record, "facts", {})}
        if job := getattr(record, "job", None):
            facts |= {"task": job["task_name"], "job": job["id"]}
        if record.exc_info and record.exc_info[1]:
            facts["error"] = describe_errors(record.exc_info[1])
        return {name: value for name, value in facts.items() if value is not None}

    def _event(self, record: logging.LogRecord) -> str:
        # Django's messages hold paths and hosts, and the worker's hold its jobs' arguments, so log
        # only names.
        if hasattr(record, "request"):
            return record.name
        if hasattr(record, "job") or hasattr(record, "action"):
            return str(getattr(record, "action", record.name))
        if record.name.split(".")[0] in OURS:
            return record.getMessage()
        # A library's message may hold anything: input, an address, an exception's text. And asyncio
        # and granian add tracebacks below the first line.
        event = str(record.msg).partition("\n")[0]
        words = str(record.exc_info[1]).partition("\n")[0] if record.exc_info else ""
        return record.name if words and words in event else event


class Json(Safe):
    """One JSON object per line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        return json.dumps(line | self.facts(record), default=str, ensure_ascii=False)


class Text(Safe):
    """One line for people, with an exception's places in the code below; DEBUG adds a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of an event."""
        facts = self.facts(record)
        event, places = facts.pop("event"), facts.pop("error", [])
        words = [f"{name}={value}" for name, value in facts.items()]
        line = " ".join(
            [
                f"{datetime.fromtimestamp(record.created):%H:%M:%S} {record.levelname:7} {event}",
                *words,
            ]
        )
        if places and settings.DEBUG and record.exc_info:
            return f"{line}\n{self.formatException(record.exc_info)}"
        return "\n  ".join([line, *places])


def describe_errors(error: BaseException | None) -> list[str]:
    """Describe an exception and its causes by type and place, newest first, without their text."""
    shown = []
    while error is not None:
        kind = type(error)
        code = getattr(error, "sqlstate", None)
        # Without lookup_lines=False it reads each line of code from disk, which takes longest.
        frames = StackSummary.extract(walk_tb(error.__traceback__), lookup_lines=False)
        places = [f"{one.filename.removeprefix(HERE)}:{one.lineno} {one.name}" for one in frames]
        shown.append(
            f"{kind.__module__}.{kind.__qualname__}{f' {code}' if code else ''}:"
            f" {' < '.join(reversed(places))}"
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return shown
