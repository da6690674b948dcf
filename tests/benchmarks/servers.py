"""Compare the installed production servers, with wrk (`python -m tests.benchmarks.servers`).

The application costs as much as a page of phoneadmin: about 2 ms of Python, three short queries on
a lasting connection, 60 KB of HTML. Each server runs two processes. The servers take turns in
rounds, each round in another order, and the table shows medians, with the fewest and the most
requests per second. A run counts only if the machine had little else to do just before and just
after it; others are repeated, and the last column says how many stayed noisy. If that isn't 0, or
if the ranges overlap, the table decides nothing.

It also shows how long another visitor waits while 300 clients never finish their headers, and while
16 never finish their bodies; and what remains after a kill -9 of the main process. waitress and
cheroot run in one process only; this module forks them, so that last question isn't about them.
"""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from statistics import median

import psycopg

from phoneadmin.operations import embedded as postgres
from phoneadmin.operations import keys

SECONDS = 3
ROUNDS = 3
QUIET = 0.1
ATTEMPTS = 8
CONCURRENCY = (1, 8, 32)
SLOW_HEADERS = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "
SLOW_BODY = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nlabel="
REPORT = """
done = function(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %f %f %f %f %d", summary.requests / summary.duration * 1e6,
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.timeout + e.status))
end
"""
MODULE = "tests.benchmarks.servers"
APP = f"{MODULE}:application"
GUNICORN = "gunicorn -w 2 -b 127.0.0.1:{port} --backlog 1024 --log-level error"
GRANIAN = (
    "granian --interface wsgi --workers 2 --port {port} --backlog 1024 --no-ws --http 1"
    " --log-level error"
)
SERVERS = {
    "granian, 1 thread": f"{GRANIAN} --blocking-threads 1 {APP}",
    "granian, 4 threads": f"{GRANIAN} --blocking-threads 4 {APP}",
    "gunicorn sync": f"{GUNICORN} {APP}",
    "gunicorn gthread, 4": f"{GUNICORN} -k gthread --threads 4 {APP}",
    "waitress, 4": f"{MODULE} waitress {{port}}",
    "cheroot, 4": f"{MODULE} cheroot {{port}}",
}

# --- the application ---
local = threading.local()
ROW = "<tr><td>{}</td><td>{}</td><td>0004F2{:06X}</td></tr>\n"


def application(environ, start_response):
    """A WSGI application that costs as much as a page."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(os.environ["BENCHMARK_DSN"], autocommit=True)
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    for _ in range(3):
        local.connection.execute("SELECT g, 'phone ' || g FROM generate_series(1, 50) g").fetchall()
    body = "".join(ROW.format(n, f"Person {n}", n) for n in range(3000))[:60_000].encode()
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
    return [body]


def serve_in_two_processes(server: str, port: int) -> None:
    """Run a server that supports one process only as two processes on one port."""
    if server == "waitress":
        from waitress import serve

        listening = socket.create_server(("127.0.0.1", port), backlog=1024)
        os.fork()
        # The default limit of 100 connections would be what 300 slow clients measure.
        serve(
            application,
            sockets=[listening],
            threads=4,
            connection_limit=1000,
            asyncore_use_poll=True,
        )
    else:
        from cheroot.wsgi import Server

        os.fork()
        Server(
            ("127.0.0.1", port), application, numthreads=4, request_queue_size=1024, reuse_port=True
        ).start()


# --- the measurement ---


def answers(port: int, timeout: float = 5) -> float | None:
    """Return how many milliseconds one request took, or None if there was no answer."""
    started = time.perf_counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", "/")
        connection.getresponse().read()
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
    return (time.perf_counter() - started) * 1000


def wait_for(port: int, process: subprocess.Popen) -> None:
    """Wait for the server to answer. Raises RuntimeError if it ends or takes over 20 seconds."""
    deadline = time.monotonic() + 20
    while answers(port, 1) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} does not answer.")
        time.sleep(0.05)


def load(port: int, concurrency: int, script: Path) -> tuple[float, ...]:
    """Return requests per second, three latencies in milliseconds, and the number of errors.

    The latencies are the median, the 95th and the 99th percentile.
    """
    command = [
        "wrk",
        "-t1",
        f"-c{concurrency}",
        f"-d{SECONDS}s",
        "-s",
        script,
        f"http://127.0.0.1:{port}/",
    ]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(float(number) for number in re.search(r"RESULT (.*)", output)[1].split())


def with_slow_clients(port: int, number: int, beginning: bytes) -> str:
    """Time one request while `number` clients have sent only the beginning of theirs."""
    clients = []
    try:
        for _ in range(number):
            clients.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            clients[-1].sendall(beginning)
        time.sleep(0.3)
        waited = answers(port, 10)
        return "none in 10 s" if waited is None else f"{waited:.0f} ms"
    finally:
        for client in clients:
            client.close()


def busy_with_other_work() -> float:
    """Return the share of the processors in use while the measured server is idle."""

    def times() -> tuple[int, int]:
        fields = [
            int(field) for field in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
        ]
        return sum(fields), fields[3] + fields[4]

    total, idle = times()
    time.sleep(0.4)
    later, later_idle = times()
    return 1 - (later_idle - idle) / max(later - total, 1)


def after_kill(port: int, process: subprocess.Popen) -> str:
    """Kill the main process, and describe what remains after three seconds."""
    process.kill()
    # Don't reap it, so that its number still names the group.
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    time.sleep(3)
    group = [
        pid
        for pid in map(int, filter(str.isdigit, os.listdir("/proc")))
        if is_alive_in(process.pid, pid)
    ]
    return f"{len(group)} left, port {'held' if answers(port, 2) is not None else 'free'}"


def is_alive_in(group: int, pid: int) -> bool:
    """Tell whether a process is a living member of a process group."""
    try:
        state, _, its_group = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state != "Z"


def main() -> None:
    """Measure every installed server in turn and print the table."""
    installed = [name for name in SERVERS if importlib.util.find_spec(re.match(r"\w+", name)[0])]
    runs: dict[str, list[list[tuple[float, ...]]]] = {name: [] for name in installed}
    noisy = dict.fromkeys(installed, 0)
    behavior: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        script = data / "report.lua"
        script.write_text(REPORT)
        with postgres.EmbeddedPostgres(
            data / "data", keys.load_keys(data / "data"), fast=True
        ) as server:
            with server.connect_as_superuser() as connection:
                environment = os.environ | {
                    "BENCHMARK_DSN": f"{connection.info.dsn} password={connection.info.password}"
                }
            for turn in range(ROUNDS):
                for name in installed[turn:] + installed[:turn]:
                    with running(SERVERS[name], environment) as (port, process):
                        results = []
                        for concurrency in CONCURRENCY:
                            result, quiet = quiet_load(port, concurrency, script)
                            results.append(result)
                            noisy[name] += not quiet
                        runs[name].append(results)
                        if turn == 0:
                            behavior[name] = describe_behavior(name, port, process)
    show(runs, behavior, noisy)


def describe_behavior(name: str, port: int, process: subprocess.Popen) -> str:
    """Return the cells about slow clients and about what remains after a kill."""
    headers = with_slow_clients(port, 300, SLOW_HEADERS)
    bodies = with_slow_clients(port, 16, SLOW_BODY)
    forked_here = name.startswith(("waitress", "cheroot"))
    remains = "" if forked_here else after_kill(port, process)
    return f"{headers:>14}{bodies:>14}{remains:>22}"


def show(
    runs: dict[str, list[list[tuple[float, ...]]]], behavior: dict[str, str], noisy: dict[str, int]
) -> None:
    """Print the table, a line for each server."""
    heading = "".join(f"{f'{c} at once: req/s (range)   p50   p95   p99':>46}" for c in CONCURRENCY)
    print(
        f"{'':20}{heading}{'errors':>8}"
        f"{'slow headers':>14}{'slow bodies':>14}{'after kill -9':>22}{'noisy':>7}"
    )
    for name in runs:
        columns = ""
        for position in range(len(CONCURRENCY)):
            rate, *latencies = (
                median(run[position][field] for run in runs[name]) for field in range(4)
            )
            rates = [run[position][0] for run in runs[name]]
            columns += f"{f'{rate:.0f} ({min(rates):.0f}-{max(rates):.0f})':>28}"
            columns += "".join(f"{latency:6.1f}" for latency in latencies)
        errors = sum(result[4] for run in runs[name] for result in run)
        print(f"{name:20}{columns}{errors:>8.0f}{behavior[name]:50}{noisy[name]:>7}")


def quiet_load(port: int, concurrency: int, script: Path) -> tuple[tuple[float, ...], bool]:
    """Return `load`'s result of the first quiet run, or of the last, and whether it was quiet."""
    for _ in range(ATTEMPTS):
        before = busy_with_other_work()
        result = load(port, concurrency, script)
        if quiet := max(before, busy_with_other_work()) <= QUIET:
            break
    return result, quiet


@contextmanager
def running(command: str, environment: dict[str, str]) -> Iterator[tuple[int, subprocess.Popen]]:
    """Run a server for the time of the block; give its port and its main process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", *command.format(port=port).split()]
    process = subprocess.Popen(
        argv, env=environment, start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(port, process)
        yield port, process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        serve_in_two_processes(sys.argv[1], int(sys.argv[2]))
    else:
        main()
