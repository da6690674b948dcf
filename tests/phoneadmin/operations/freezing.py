"""Freeze a database server with SIGSTOP, which looks like a machine that hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def family(pid: int) -> list[int]:
    """Return the numbers of a process and all its descendants."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in family(int(child)))]


@contextmanager
def frozen(pid: int) -> Iterator[Callable[[], None]]:
    """Freeze a server and its processes until the yielded function is called, or the block ends."""
    stopped = family(pid)

    def thaw() -> None:
        for one in stopped:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGCONT)

    for one in stopped:
        with suppress(ProcessLookupError):
            os.kill(one, signal.SIGSTOP)
    try:
        yield thaw
    finally:
        thaw()
