"""The whole product as `manage.py serve` runs it: programs to kill, and a database to inspect."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import embedded_login
from phoneadmin.operations.logins import connect
from tests.phoneadmin.operations.serve_command import ROOT, environment, processes, serving

# What can be killed: words of its command line, and whether it is a child of that
# program's main process.
TARGETS = {
    "job worker": ("procrastinate", False),
    "registrar": ("kamailio", False),
    "PostgreSQL": ("postgres -D", False),
    "web worker": ("granian", True),
    "registrar's child": ("kamailio", True),
    "web server": ("granian", False),
}


@dataclass
class Product:
    """One running phoneadmin; `process` is its supervisor, `output` the file it prints to."""

    data: Path
    port: int
    process: subprocess.Popen
    output: Path

    @property
    def registrar(self) -> tuple[str, int]:
        """Return the address at which telephones register."""
        return "127.0.0.2", self.port

    def program(self, target: str) -> list[int]:
        """Return the process numbers of a target's program, main process first, if it is alive."""
        words, _ = TARGETS[target]
        main = [pid for pid in children(self.process.pid) if words in command(pid)]
        return main + [child for pid in main for child in children(pid) if words in command(child)]

    def kill(self, target: str) -> Callable[[], bool]:
        """Kill a target with SIGKILL; return a check for whether its program is complete again."""
        before = self.program(target)
        _, child = TARGETS[target]
        victim = before[-1] if child else before[0]
        os.kill(victim, signal.SIGKILL)

        def complete() -> bool:
            now = self.program(target)
            return len(now) == len(before) and victim not in now

        return complete

    def processes(self) -> dict[int, str]:
        """Return the command lines of all living processes of the product, by process number."""
        return processes(self.data)


def children(pid: int) -> list[int]:
    """Return the numbers of a process's children; empty if it is gone."""
    with suppress(OSError):
        return [
            int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        ]
    return []


def command(pid: int) -> str:
    """Return the command line of a process, or "" if it is gone or dead."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


@contextmanager
def running(data: Path, port: int, **variables: str) -> Iterator[Product]:
    """Run phoneadmin on a data folder for a block, with further environment variables."""
    with serving(data, port, PHONEADMIN_PROCESSES="2", **variables) as (process, output):
        yield Product(data, port, process, output)


def seeded(product: Product) -> dict[str, Any]:
    """Make the company of seed.py, and return what it prints."""
    env = environment(product.data, product.port)
    module = [sys.executable, "-m", "tests.survival.seed"]
    return json.loads(
        subprocess.run(module, cwd=ROOT, env=env, check=True, capture_output=True).stdout
    )


def owner(data: Path) -> psycopg.Connection:
    """Connect as the owner, who bypasses row-level security, and see one snapshot.

    Raises OperationalError if the database is away.
    """
    connection = connect(embedded_login(data, keys.load_keys(data), "owner"))
    connection.autocommit = False
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    return connection
