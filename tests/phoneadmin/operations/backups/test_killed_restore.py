"""A restore that is killed changes nothing, and the next command clears away what it left."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from phoneadmin.operations import backup
from phoneadmin.operations.embedded import DATABASE
from tests.waiting import wait_until

from ..serve_command import ROOT, environment, query
from .command import contents, databases, manage

# Restores, and dies before one statement: the n-th, or the first that begins with given words.
DYING = """
import os, signal, sys
from pathlib import Path
import django, psycopg
django.setup()
from phoneadmin.operations import backup
file, point = sys.argv[1:]
execute, statements = psycopg.Connection.execute, 0
def executed(self, query, *arguments, **options):
    global statements
    statements += 1
    text = query if isinstance(query, str) else query.as_string(self)
    if point == str(statements) or text.startswith(point):
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(self, query, *arguments, **options)
psycopg.Connection.execute = executed
backup.restore_backup(Path(file), replace=True)
"""


HALFWAY = f'ALTER DATABASE "{backup.ASIDE}" RENAME'


SWAPPED = f'DROP DATABASE "{backup.BEFORE}"'


def restore_that_dies(data: Path, file: Path, point: str) -> bool:
    """Run a restore that dies at a point; return False if it never reached that point."""
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(file), point],
        cwd=ROOT,
        env=environment(data, 1),
        timeout=120,
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


def test_next_backup_clears_away_what_a_killed_restore_left(
    company,
    here,
    file,
    restored,
    tmp_path,
):
    for point in (HALFWAY, SWAPPED):
        query(company.data, "CREATE TABLE since (n int)")
        assert restore_that_dies(company.data, file, point)
        assert len(databases(company)) == 3, "the killed restore left its copy"
        backup.make_backup(tmp_path / f"after {len(point)}")
        assert databases(company) == {"postgres", DATABASE}
        old = query(company.data, "SELECT to_regclass('since') IS NOT NULL") == [(True,)]
        assert old is (point == HALFWAY)
        query(company.data, "DROP TABLE IF EXISTS since")
        assert contents(company.data) == restored


@pytest.mark.soak
def test_restore_may_be_killed_at_any_statement(company, here, file, restored, tmp_path):
    point = 1
    while restore_that_dies(company.data, file, str(point)):
        backup.make_backup(tmp_path / str(point))
        assert databases(company) == {"postgres", DATABASE}
        assert contents(company.data) == restored
        point += 1
    print(f"killed before each of {point - 1} statements")
    assert point > 10


def test_copies_of_a_living_restore_are_left_alone(company, here):
    with company.connect_as_superuser() as living:
        assert living.execute(backup.LOCK).fetchone() == (True,)
        company.create_database(living, backup.ASIDE)
        backup.clear_leftovers(company)
        assert backup.ASIDE in databases(company)
    backup.clear_leftovers(company)
    assert databases(company) == {"postgres", DATABASE}


def test_restore_over_data_is_refused_unless_told_and_a_dead_restore_changes_nothing(
    company, here, file
):
    before = contents(company.data)
    query(company.data, "CREATE TABLE since (n int)")
    with pytest.raises(backup.Refused, match="--replace"):
        backup.restore_backup(file, replace=False)
    command = [sys.executable, "manage.py", "restore", str(file), "--replace"]
    dying = subprocess.Popen(
        command, cwd=ROOT, env=environment(company.data, 1), stdout=subprocess.DEVNULL
    )
    try:
        with company.connect_as_superuser() as superuser:
            loading = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND"
                " application_name = 'pg_restore'"
            )
            wait_until(lambda: superuser.execute(loading, [backup.ASIDE]).fetchone()[0])
    finally:
        dying.send_signal(signal.SIGKILL)
        dying.wait()
    assert query(company.data, "SELECT count(*) FROM since") == [(0,)]
    manage(company.data, "restore", str(file), "--replace")
    assert query(company.data, "SELECT to_regclass('since')") == [(None,)]
    assert contents(company.data) == before
    assert databases(company) == {"postgres", DATABASE}
