"""Wait for something that happens elsewhere, no longer than it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


def wait_until(reached: Callable[[], Any], seconds: float = 40) -> Any:
    """Return the first true answer; fail if there is none in time."""
    deadline = time.monotonic() + seconds
    while not (answer := reached()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
    return answer
