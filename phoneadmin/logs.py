"""What is logged, and how: one line an event, with the number of the request it belongs to, and nobody's secrets.

A line holds ids, names of routes and numbers, never an address of a page, a form, or an exception's own words: these
may hold what somebody typed, or a link that lets its reader in (OWASP ASVS 5, V16.2.5).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from traceback import extract_tb
from types import MappingProxyType
from typing import Any

from django.conf import settings

HERE = str(Path(__file__).resolve().parent.parent) + "/"

_facts: ContextVar[Mapping[str, Any]] = ContextVar("facts", default=MappingProxyType({}))


@contextmanager
def about(**facts: Any) -> Iterator[None]:
    """Put facts, such as the number of the request, on every line that is logged in the block."""
    token = _facts.set({**_facts.get(), **facts})
    try:
        yield
    finally:
        _facts.reset(token)


def know(**facts: Any) -> None:
    """Put further facts on every line that is logged in the rest of the innermost block of `about`."""
    _facts.set({**_facts.get(), **facts})


def request_id() -> str:
    """Return the number of the request that is being answered, "" outside of one."""
    return _facts.get().get("request", "")


class Safe(logging.Formatter):
    """Finds out what may be said of an event."""

    def facts(self, record: logging.LogRecord) -> dict[str, Any]:
        """Return what a line says: event first, then what is known of request, job and exception."""
        facts = {"event": self._event(record), **_facts.get(), **getattr(record, "facts", {})}
        if job := getattr(record, "job", None):
            facts |= {"task": job["task_name"], "job": job["id"]}
        if record.exc_info and record.exc_info[1]:
            facts["error"] = errors(record.exc_info[1])
        return {name: value for name, value in facts.items() if value is not None}

    def _event(self, record: logging.LogRecord) -> str:
        # Django writes paths and hosts into its messages, the worker its jobs' arguments: their names have to do.
        if hasattr(record, "request"):
            return record.name
        if hasattr(record, "job"):
            return str(getattr(record, "action", record.name))
        return record.getMessage()


class Json(Safe):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of an event."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        return json.dumps(line | self.facts(record), default=str, ensure_ascii=False)


class Text(Safe):
    """One line for people, and below it where an exception comes from; with settings.DEBUG all there is of it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of an event."""
        facts = self.facts(record)
        event, places = facts.pop("event"), facts.pop("error", [])
        words = [f"{name}={value}" for name, value in facts.items()]
        line = " ".join([f"{datetime.fromtimestamp(record.created):%H:%M:%S} {record.levelname:7} {event}", *words])
        if places and settings.DEBUG:
            return f"{line}\n{self.formatException(record.exc_info)}"
        return "\n  ".join([line, *places])


def errors(error: BaseException | None) -> list[str]:
    """Return type and place of an exception and of those that led to it, the last one first, without their words."""
    shown = []
    while error is not None:
        kind = type(error)
        code = getattr(error, "sqlstate", None)
        places = [
            f"{frame.filename.removeprefix(HERE)}:{frame.lineno} {frame.name}"
            for frame in extract_tb(error.__traceback__)
        ]
        shown.append(
            f"{kind.__module__}.{kind.__qualname__}{f' {code}' if code else ''}: {' < '.join(reversed(places))}"
        )
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return shown
