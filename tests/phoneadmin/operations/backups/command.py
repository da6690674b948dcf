"""Run an operator's commands on a data folder, and read what is in its database."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres

from ..serve_command import ROOT, environment, query


def manage(data: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run a command of manage.py on a data folder, and expect success if `check` is set."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=environment(data, 1), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 or not check, done.stderr
    return done


def refusal(data: Path, *command: str) -> str:
    """Return the message with which a command is refused."""
    done = manage(data, *command, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@contextmanager
def postgres(data: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as server:
        yield server


def contents(data: Path) -> dict[str, str]:
    """Return a digest of each table's rows and the last value of each sequence, by name."""
    tables = query(
        data,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'registrar') AND tablename NOT IN"
        " ('one', 'other', 'django_session', 'users_knownbrowser')",
    )
    found = {
        table: query(
            data, f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} t"
        )[0]
        for (table,) in tables
    }
    return found | dict(
        query(data, "SELECT schemaname || sequencename, last_value FROM pg_sequences")
    )


def schema(server: EmbeddedPostgres) -> str:
    """Dump everything except the rows: tables, triggers, functions, policies, owners, grants."""
    dump = server.start_client(
        "pg_dump", DATABASE, "--schema-only", "--restrict-key=x", stdout=subprocess.PIPE, text=True
    )
    # PostgreSQL writes the same cast differently after it has parsed its own output once.
    return re.sub(r"::character varying|::text|\[\]|[()]", "", dump.communicate()[0])


def databases(server: EmbeddedPostgres) -> set[str]:
    with server.connect_as_superuser() as superuser:
        names = superuser.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        return {name for (name,) in names}
