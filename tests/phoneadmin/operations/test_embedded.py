"""The embedded PostgreSQL: real servers that are killed the hard way."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from phoneadmin.operations import embedded as postgres
from phoneadmin.operations import keys
from phoneadmin.operations.embedded import EmbeddedPostgres, socket_folder
from phoneadmin.operations.postgres_errors import PostgresError
from phoneadmin.operations.supervisor import Supervisor
from tests import template
from tests.waiting import wait_until

from .conftest import connect

ROOT = Path(__file__).parents[3]


@pytest.fixture
def data(tmp_path):
    """Return a folder that does not exist yet."""
    return tmp_path / "data"


@pytest.fixture
def made(data):
    """Make a folder with a cluster in it and no server."""
    return template.copy_to(data)


# --- what it lets in ------------------------------------------------------------------------------


def test_socket_folder_and_cluster_are_closed_to_others(server):
    for folder in (socket_folder(server.data), server.cluster):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_wrong_password_is_refused_for_every_role(server):
    for user in ("postgres", "phoneadmin_owner", "phoneadmin_app"):
        for password in ("wrong", ""):
            with pytest.raises(psycopg.OperationalError, match="password"):
                connect(server.data, USER=user, PASSWORD=password)


def test_server_listens_on_no_tcp_port(server):
    links = [os.readlink(link) for link in Path(f"/proc/{server.process.pid}/fd").iterdir()]
    own = {
        link.removeprefix("socket:[").removesuffix("]")
        for link in links
        if link.startswith("socket:")
    }
    tcp = {
        line.split()[9]
        for table in ("tcp", "tcp6")
        if Path("/proc/net", table).exists()
        for line in Path("/proc/net", table).read_text().splitlines()[1:]
    }
    assert own and not own & tcp


def test_server_does_not_run_as_root(server):
    assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0


def test_application_role_owns_nothing_and_creates_nothing(server):
    with connect(server.data, "app") as connection:
        for statement in (
            "CREATE TABLE t (x int)",
            "CREATE TEMP TABLE t (x int)",
            "CREATE SCHEMA s",
            "CREATE ROLE r",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
    with connect(server.data) as connection:
        connection.execute("CREATE TABLE of_the_owner (x int); DROP TABLE of_the_owner")


def test_second_server_on_the_same_data_is_refused_and_the_first_goes_on(server, monkeypatch):
    monkeypatch.setattr(postgres, "PATIENCE", 0.1)
    with pytest.raises(PostgresError, match="still runs"):
        EmbeddedPostgres(server.data, server.keys).start()
    connect(server.data).close()


# --- what it keeps --------------------------------------------------------------------------------


def test_data_survives_stop_and_start_and_the_second_start_changes_nothing(data):
    with EmbeddedPostgres(data, keys.load_keys(data)), connect(data) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    assert not list(data.glob("postgres.new")), "initdb leaves nothing behind"
    with EmbeddedPostgres(data, keys.load_keys(data)) as again, connect(data) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    assert not again.is_running()


def test_committed_rows_survive_a_kill_of_the_postmaster(made):
    server = EmbeddedPostgres(made, keys.load_keys(made))
    try:
        server.start()
        with connect(made) as connection:
            connection.execute("CREATE TABLE kept (x int)")
            for number in range(50):
                connection.execute("INSERT INTO kept VALUES (%s)", [number])
            server.process.kill()
            server.process.wait()
        assert not server.is_running()
        server.start()
        with connect(made) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (50,)
    finally:
        server.stop()


def test_kill_of_the_starting_process_leaves_no_server_and_the_next_start_recovers(made):
    script = (
        "import pathlib, signal, sys; from phoneadmin.operations import embedded as postgres, keys;"
        " data = pathlib.Path(sys.argv[1])\n"
        "postgres.EmbeddedPostgres(data, keys.load_keys(data)).start(); print('up', flush=True);"
        " signal.pause()"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, made], cwd=ROOT, stdout=subprocess.PIPE
    )
    try:
        assert starter.stdout.readline() == b"up\n"
        with connect(made) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        postmaster = int((made / "postgres/postmaster.pid").read_text().split()[0])
    finally:
        starter.kill()
        starter.communicate()
    wait_until(lambda: not Path(f"/proc/{postmaster}").exists())
    with EmbeddedPostgres(made, keys.load_keys(made)), connect(made) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_initdb_that_was_killed_leaves_nothing_that_counts(data):
    keys.load_keys(data)
    script = (
        "import pathlib, sys; from phoneadmin.operations import embedded as postgres, keys; data ="
        " pathlib.Path(sys.argv[1])\n"
        "postgres.EmbeddedPostgres(data, keys.load_keys(data)).start()"
    )
    starter = subprocess.Popen([sys.executable, "-c", script, data], cwd=ROOT)
    try:
        wait_until((data / "postgres.new/cluster/base").exists)
    finally:
        starter.kill()
        starter.wait()
    assert not (data / "postgres").exists()
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True):
        connect(data).close()
    assert not (data / "postgres.new").exists()


def test_stale_pid_file_with_a_foreign_living_process_is_removed_and_the_process_left_alone(made):
    server = EmbeddedPostgres(made, keys.load_keys(made), fast=True)
    with server:
        lines = (made / "postgres/postmaster.pid").read_text().splitlines()
    stranger = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    try:
        for pid in (os.getpid(), stranger.pid):
            stale = "\n".join([str(pid), *lines[1:], ""])
            (made / "postgres/postmaster.pid").write_text(stale)
            (socket_folder(made) / ".s.PGSQL.5432.lock").write_text(stale)
            with server:
                connect(made).close()
                assert server.process.pid != pid
            assert stranger.poll() is None
    finally:
        stranger.communicate()
    assert stranger.returncode == 0


def test_stop_cuts_sessions_and_may_be_called_twice(made):
    server = EmbeddedPostgres(made, keys.load_keys(made), fast=True)
    server.stop()
    with server:
        session = connect(made)
        session.execute("SELECT 1")
    server.stop()
    with pytest.raises(psycopg.OperationalError):
        session.execute("SELECT 1")


# --- where it lives -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["long-" + "x" * 120, "comma, space and 'quote'"])
def test_folders_that_make_no_socket_path_work(tmp_path, name):
    data = tmp_path / name
    folder = socket_folder(data)
    try:
        assert not folder.is_relative_to(data)
        with EmbeddedPostgres(template.copy_to(data), keys.load_keys(data), fast=True):
            connect(data).close()
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        folder.rmdir()


def test_short_socket_folder_that_somebody_else_prepared_is_refused(tmp_path):
    data = tmp_path / ("long-" + "x" * 120)
    trap = tmp_path / "trap"
    trap.mkdir()
    folder = socket_folder(data)
    folder.symlink_to(trap)
    try:
        with pytest.raises(PostgresError, match="not ours"):
            EmbeddedPostgres(template.copy_to(data), keys.load_keys(data), fast=True).start()
    finally:
        folder.unlink()


def test_closed_parent_folders_work_and_stay_closed(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    parents = [closed, *closed.parents, *Path(sys.prefix).parents]
    before = [(path.stat().st_mode, path.stat().st_uid) for path in parents]
    with EmbeddedPostgres(closed / "data", keys.load_keys(closed / "data"), fast=True):
        connect(closed / "data").close()
    assert [(path.stat().st_mode, path.stat().st_uid) for path in parents] == before


def test_failing_server_says_what_its_log_says(made):
    server = EmbeddedPostgres(made, keys.load_keys(made), fast=True)
    with server:
        pass
    (made / "postgres/postgresql.conf").write_text("shared_buffers = nonsense\n")
    with pytest.raises(PostgresError, match="shared_buffers"):
        server.start()
    assert not server.is_running()


def test_large_log_is_put_aside_at_the_start(made):
    (made / "postgres.log").write_bytes(b"x" * (postgres.LARGEST_LOG + 1))
    with EmbeddedPostgres(made, keys.load_keys(made), fast=True):
        assert (made / "postgres.log").stat().st_size < 10_000
    assert (made / "postgres.log.1").stat().st_size == postgres.LARGEST_LOG + 1


def test_log_is_kept_small_while_the_server_runs(made, monkeypatch):
    monkeypatch.setattr(postgres, "LARGEST_LOG", 20_000)
    server, sizes = EmbeddedPostgres(made, keys.load_keys(made), fast=True), []
    with Supervisor() as supervisor:
        supervisor.add(server)
        with server.connect_as_superuser() as connection:
            for number in range(3000):
                connection.execute(f"DO $$ BEGIN RAISE WARNING 'line {number}'; END $$")
                supervisor.check_services()
                sizes.append((made / "postgres.log").stat().st_size)
    assert 10_000 < max(sizes) < 21_000
    assert (made / "postgres.log.1").stat().st_size < 21_000
    logs = (made / name for name in ("postgres.log.1", "postgres.log"))
    lines = [line for log in logs for line in log.read_text().splitlines()]
    told = [int(line.rpartition(" ")[2]) for line in lines if "WARNING:  line" in line]
    assert told == list(range(told[0], 3000)), "no line is missing between the two files"


def test_child_gets_its_signal_when_its_parent_dies():
    script = (
        "import signal, sys; from phoneadmin.operations.processes import spawn_process\n"
        "print(spawn_process(['sleep', '600'], death_signal='TERM').pid, flush=True);"
        " signal.pause()"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        child = Path("/proc", parent.stdout.readline().decode().strip())
        wait_until(lambda: b"sleep\x00600" in (child / "cmdline").read_bytes())
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.communicate()
    wait_until(lambda: not child.exists())
