"""Start programs that end with us."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from phoneadmin.operations.postgres_errors import PostgresError


def spawn_process(
    argv: Sequence[str | Path], *, death_signal: str, privileges: Sequence[str] = (), **options: Any
) -> subprocess.Popen:
    """Start a process in its own session; it gets `death_signal` when this process dies.

    `death_signal` is a name such as INT or TERM. Call this from the main thread: Linux sends the
    signal when the *thread* that started the process ends (prctl(2)). `privileges` are further
    options of setpriv(1); `options` go to Popen. Raises PostgresError if setpriv is missing.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise PostgresError(
            "The program setpriv is missing: install util-linux (Debian: apt-get install"
            " util-linux)."
        )
    # If the parent died before the signal was set up, nothing may start.
    unless_orphaned = ["sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', str(os.getpid())]
    command = [setpriv, *privileges, f"--pdeathsig={death_signal}", "--", *unless_orphaned, *argv]
    options = {"stdin": subprocess.DEVNULL} | options
    return subprocess.Popen(command, start_new_session=True, **options)
