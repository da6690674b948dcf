"""Types, checks and parts of a line that the readers of all makes share."""

from __future__ import annotations

import re
from typing import Any

Settings = dict[str, str]
Line = dict[str, Any]


def require(condition: object, what: str) -> None:
    """Raise AssertionError unless the condition holds, even if assertions are turned off."""
    if not condition:
        raise AssertionError(what)


def require_blank(settings: Settings, *names: str) -> None:
    """Raise AssertionError unless all of these are set to an empty value."""
    left = [name for name in names if settings[name] != ""]
    require(not left, f"line 1 is off and leaves {left}")


def read_label(text: str) -> dict[str, str]:
    """Split the text beside the line, "101 · +14155550100", into extension and caller ID."""
    ext, _separator, caller_id = text.partition(" · ")
    require(re.fullmatch(r"[0-9]{1,10}", ext), f"{text!r} begins with no extension")
    require(
        re.fullmatch(r"(\+[1-9][0-9]{6,14})?", caller_id), f"{text!r} ends with no number in E.164"
    )
    return {"ext": ext, "caller_id": caller_id}


def read_host_and_port(text: str) -> dict[str, Any]:
    """Return both from "host:port"."""
    host, port = text.split(":")
    return {"host": host, "port": int(port)}
