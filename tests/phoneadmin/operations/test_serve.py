"""`manage.py serve` as an operator meets it: started, killed, interrupted, started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress

import pytest

from phoneadmin.operations import backup, kamailio, keys
from phoneadmin.operations.embedded import EmbeddedPostgres
from tests import template
from tests.sip.conftest import free_port
from tests.waiting import wait_until

from .serve_command import (
    COMMAND,
    ROOT,
    environment,
    parent,
    processes,
    query,
    refusal,
    serving,
    status,
)


def test_start_says_where_it_is_and_how_to_sign_in(product):
    text = product.output.read_text()
    assert f"phoneadmin is ready: http://localhost:{product.port}\n" in text
    assert "Administrator" in text and "Support staff" in text
    assert status(product.port) < 500


def test_ctrl_c_twice_ends_all_it_started(product):
    assert len(processes(product.data)) > 3
    product.process.send_signal(signal.SIGINT)
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(60) == 0
    assert not processes(product.data)
    assert "Traceback" not in product.output.read_text()
    with socket.create_server(("127.0.0.1", product.port)):
        pass


def test_second_serve_is_refused_in_one_line_and_the_first_goes_on(product, tmp_path):
    assert "already runs on this data folder" in refusal(product.data, product.port + 1)
    other = refusal(tmp_path / "other", product.port)
    assert f"Port {product.port} is in use" in other
    assert len(other.strip().splitlines()) == 1
    assert not (tmp_path / "other/postgres").exists()
    assert status(product.port) < 500


@pytest.mark.ci
def test_kill_of_everything_at_once_loses_nothing_and_the_next_start_has_it_all(product):
    data = product.data
    accounts = query(data, "SELECT count(*) FROM users_account")
    query(data, "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 42 AS answer")
    postgres = EmbeddedPostgres(data, keys.load_keys(data))
    with postgres.connect_as_superuser() as superuser:
        superuser.execute(f"CREATE DATABASE {backup.BEFORE}")  # what a killed restore leaves

    def all_killed() -> bool:
        """Kill all processes that are left: some end with others, and new ones may have started."""
        for pid in (living := processes(data)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return not living

    wait_until(all_killed)
    product.process.wait()
    product.start()
    assert query(data, "SELECT answer FROM kept") == [(42,)]
    left = f"SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{backup.BEFORE}')"
    assert query(data, left) == [(False,)]
    assert query(data, "SELECT count(*) FROM users_account") == accounts, (
        "the demo company is loaded once"
    )
    assert "Administrator" in product.output.read_text()


@pytest.mark.ci
def test_what_dies_is_started_again(product):
    said = len(product.output.read_text())
    for name, says in (
        ("postgres -D", "postgres has ended"),
        ("granian", "The web server has ended"),
    ):
        main = next(
            pid
            for pid, line in processes(product.data).items()
            if name in line and parent(pid) == product.process.pid
        )
        os.kill(main, signal.SIGKILL)
        wait_until(lambda says=says: says in product.output.read_text()[said:])
        wait_until(lambda: (status(product.port) or 500) < 500)
        wait_until(lambda main=main: main not in processes(product.data))
    query(product.data, "SELECT 1")


@pytest.mark.ci
def test_what_is_killed_before_all_is_ready_is_started_again(tmp_path):
    """Kill each program once, as soon as it appears."""
    data, port = template.copy_to(tmp_path / "data"), free_port()
    programs = {"postgres -D", "procrastinate", "granian"}
    if not kamailio.find_obstacle():
        programs.add("kamailio")
    left, pids = set(programs), []

    def kill_each_once() -> None:
        while left:
            found = processes(data)
            for pid, line in found.items():
                name = next((name for name in left if name in line and "setpriv" not in line), None)
                with suppress(OSError):
                    if name and "manage.py serve" in found.get(parent(pid), ""):
                        os.kill(pid, signal.SIGKILL)
                        left.remove(name)
                        pids.append(pid)

    killer = threading.Thread(target=kill_each_once)
    killer.start()
    try:
        with serving(data, port) as (_, output):
            assert len(pids) == len(programs)
            assert status(port) == 302
            for name in programs:
                wait_until(lambda name=name: name in str(processes(data)))
            assert "Traceback" not in output.read_text()
    finally:
        left.clear()
        killer.join()


@pytest.mark.ci
def test_web_server_that_never_starts_ends_everything_with_its_reason(tmp_path):
    """The message names the file that fails, without its text, which could hold secrets."""
    data = template.copy_to(tmp_path / "data")
    broken = {"DJANGO_SETTINGS_MODULE": "tests.phoneadmin.operations.broken", "FAIL": "web"}
    variables = {"env": environment(data, free_port()) | broken, "cwd": ROOT}
    done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=60, **variables)
    assert done.returncode == 1
    assert "could not load phoneadmin" in done.stderr and "broken.py" in done.stderr
    assert "Hush" not in done.stdout + done.stderr and "Traceback" not in done.stdout + done.stderr
    assert "The web server did not start" in done.stderr
    assert not processes(data)


@pytest.mark.ci
def test_external_postgresql_is_production_without_demo_and_with_roles_of_its_own(external):
    """phoneadmin runs on an external PostgreSQL and is told nothing but DATABASE_URL."""
    assert status(external.product.port) == 302
    assert "demo" not in external.product.output.read_text()
    with external.postgres.connect_as_superuser("company") as superuser:
        assert superuser.execute("SELECT count(*) FROM users_account").fetchone() == (0,)
        using = (
            "SELECT DISTINCT usename FROM pg_stat_activity WHERE datname = 'company' AND pid <>"
            " pg_backend_pid()"
        )
        wait_until(lambda: superuser.execute(using).fetchall() == [("boss_app",)])
        allowed = "SELECT has_table_privilege('boss_registrar', 'registrar.subscriber', 'SELECT')"
        assert superuser.execute(allowed).fetchone() == (True,)
