"""Read settings from environment variables; exit with the reason if one is missing or malformed."""

from __future__ import annotations

import os
from contextlib import suppress
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured


def require_variable(name: str, why: str) -> str:
    """Return a variable that production requires, or exit with the reason."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is required with DATABASE_URL: {why}")
    return value


def read_host_and_port(name: str) -> tuple[str, int] | None:
    """Read an address such as [::1]:8001 from a variable; return None if unset, exit if wrong."""
    value = os.environ.get(name, "")
    if not value:
        return None
    with suppress(ValueError):
        parts = urlsplit(f"//{value}")
        if parts.hostname and parts.port and parts.netloc == value:
            return parts.hostname, parts.port
    raise ImproperlyConfigured(f"{name} must look like 127.0.0.1:8001 or [::1]:8001.")


def read_sip_keys(given: str) -> list[str]:
    """Return the keys for deriving SIP passwords, newest first, or exit if one is invalid."""
    listed = [key.strip() for key in given.split(",")] if given else []
    if any(len(key) < 20 for key in listed):
        raise ImproperlyConfigured(
            "PHONEADMIN_SIP_KEYS is a list of keys of 20 random characters or more, newest first,"
            " separated by commas."
            " At least one of them is empty or too short."
        )
    return listed
