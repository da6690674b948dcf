"""Run `manage.py serve` on a data folder, and look at its programs, answers and database."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import embedded_login
from phoneadmin.operations.logins import connect
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]


COMMAND = [sys.executable, "manage.py", "serve"]


READY = "Ctrl-C stops everything."


def environment(data: Path, port: int) -> dict[str, str]:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "PHONEADMIN"))
    }
    return inherited | {
        "DJANGO_SETTINGS_MODULE": "phoneadmin.settings",
        "PHONEADMIN_DATA": str(data),
        "PORT": str(port),
        "HOST": "127.0.0.1",
        "PHONEADMIN_PROCESSES": "1",
        "PHONEADMIN_SIP_LISTEN": f"127.0.0.2:{port}",
        "PHONEADMIN_REGISTRAR_RPC": f"127.0.0.3:{port}",
    }


def processes(data: Path) -> dict[int, str]:
    """Return the command lines of all living processes of a data folder, by process number."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            command = (process / "cmdline").read_bytes()
            belongs = (
                bytes(data) in command
                or b"PHONEADMIN_DATA=" + bytes(data) in (process / "environ").read_bytes()
            )
        except OSError:
            continue
        if belongs and state != "Z":
            found[int(process.name)] = command.replace(b"\0", b" ").decode()
    return found


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def status(port: int) -> int | None:
    """Return the status of the start page, or None if nothing answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/", headers={"Host": f"localhost:{port}"})
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@contextmanager
def serving(data: Path, port: int, **variables: str) -> Iterator[tuple[subprocess.Popen, Path]]:
    """Run the command until it is ready; yield its process and output file; stop it afterward."""
    data.mkdir(exist_ok=True)
    output = data.parent / f"output-{port}"
    with open(output, "wb") as out:
        process = subprocess.Popen(
            COMMAND,
            cwd=ROOT,
            env=environment(data, port) | variables,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    try:
        wait_until(lambda: READY in output.read_text() or process.poll() is not None, 120)
        assert process.poll() is None, output.read_text()
        yield process, output
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)
        wait_until(lambda: not processes(data))


def query(data: Path, statement: str) -> list[tuple]:
    """Run a statement as the owner of the database of a running phoneadmin."""
    with connect(embedded_login(data, keys.load_keys(data), "owner")) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def refusal(data: Path, port: int) -> str:
    """Return the message with which the command refuses to serve."""
    result = subprocess.run(
        COMMAND, cwd=ROOT, env=environment(data, port), capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 1
    return result.stderr
