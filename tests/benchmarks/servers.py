"""Which production server? `python -m tests.benchmarks.servers` compares those that are installed, under wrk.

The application costs what a page of phoneadmin costs: about 2 ms of Python, three short queries on a lasting connection,
60 KB of HTML. Two processes each. Beside speed: what 300 clients that never finish their headers do to another
visitor, and whether processes linger and hold the port after a kill -9 of the main process.
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
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg

from phoneadmin import keys, postgres

SECONDS = 2
CONCURRENCY = (1, 8, 32)
REPORT = """
done = function(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %f %f %f %f %d", summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3,
    latency:percentile(95) / 1e3, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.timeout + e.status))
end
"""
MODULE = "tests.benchmarks.servers"
APP = f"{MODULE}:application"
GUNICORN = "gunicorn -w 2 -b 127.0.0.1:{port} --backlog 1024 --log-level error"
GRANIAN = "granian --interface wsgi --workers 2 --port {port} --backlog 1024 --no-ws --http 1 --log-level error"
SERVERS = {
    "granian, 1 thread": f"{GRANIAN} --blocking-threads 1 {APP}",
    "granian, 4 threads": f"{GRANIAN} --blocking-threads 4 {APP}",
    "gunicorn sync": f"{GUNICORN} {APP}",
    "gunicorn gthread, 4": f"{GUNICORN} -k gthread --threads 4 {APP}",
    "waitress, 4": f"{MODULE} waitress {{port}}",
    "cheroot, 4": f"{MODULE} cheroot {{port}}",
}

# --- the application -------------------------------------------------------------------------------------------------
local = threading.local()
ROW = "<tr><td>{}</td><td>{}</td><td>0004F2{:06X}</td></tr>\n"


def application(environ, start_response):
    """A WSGI application that costs what a page costs."""
    if not hasattr(local, "connection"):
        local.connection = psycopg.connect(os.environ["BENCHMARK_DSN"], autocommit=True)
    for _ in range(3):
        local.connection.execute("SELECT g, 'phone ' || g FROM generate_series(1, 50) g").fetchall()
    body = "".join(ROW.format(n, f"Person {n}", n) for n in range(3000))[:60_000].encode()
    start_response("200 OK", [("Content-Type", "text/html"), ("Content-Length", str(len(body)))])
    return [body]


def serve_in_two_processes(server: str, port: int) -> None:
    """Run a server that knows one process only as two processes on one listening socket."""
    listening = socket.create_server(("127.0.0.1", port), backlog=1024)
    listening.set_inheritable(True)
    child = os.fork()
    if server == "waitress":
        from waitress import serve

        serve(application, sockets=[listening], threads=4)
    else:
        from cheroot.wsgi import Server

        os.environ["LISTEN_PID"] = str(os.getpid())
        main = Server(("127.0.0.1", port), application, numthreads=4, request_queue_size=1024)
        main.socket = listening
        main.bind = lambda *_: listening
        main.prepare()
        main.serve()
    if child:
        os.waitpid(child, 0)


# --- the measurement -------------------------------------------------------------------------------------------------


def answers(port: int, timeout: float = 5) -> float | None:
    """Return how many milliseconds one request took, or None where it was not answered."""
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
    """Return when the server answers; raise RuntimeError when it ends or takes longer than 20 seconds."""
    deadline = time.monotonic() + 20
    while answers(port, 1) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{process.args} does not answer.")
        time.sleep(0.05)


def load(port: int, concurrency: int, script: Path) -> tuple[float, ...]:
    """Return requests a second, median, 95th and 99th percentile in milliseconds, and the number of errors."""
    command = ["wrk", "-t1", f"-c{concurrency}", f"-d{SECONDS}s", "-s", script, f"http://127.0.0.1:{port}/"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(float(number) for number in re.search(r"RESULT (.*)", output)[1].split())


def with_slow_clients(port: int) -> float | None:
    """Return the milliseconds of one request while 300 clients have sent half a header each."""
    clients = []
    try:
        for _ in range(300):
            clients.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            clients[-1].sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        return answers(port, 10)
    finally:
        for client in clients:
            client.close()


def after_kill(port: int, process: subprocess.Popen) -> str:
    """Kill the main process and tell what is left after three seconds."""
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # unreaped, its number stays the group's
    time.sleep(3)
    group = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if is_alive_in(process.pid, pid)]
    return f"{len(group)} left, port {'held' if answers(port, 2) is not None else 'free'}"


def is_alive_in(group: int, pid: int) -> bool:
    """Tell whether a process is a living member of a process group."""
    try:
        state, _, its_group = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:3]
    except OSError:
        return False
    return int(its_group) == group and state != "Z"


def main() -> None:
    """Measure every installed server and print the table."""
    print(f"{'':22}" + "".join(f"{f'{c} at once: req/s  p50  p95  p99 ms':>40}" for c in CONCURRENCY) + "  slow, kill -9")
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        data.chmod(0o755)
        script = data / "report.lua"
        script.write_text(REPORT)
        with postgres.EmbeddedPostgres(data / "data", keys.load(data / "data"), fast=True) as server:
            with server.superuser() as connection:
                environment = os.environ | {"BENCHMARK_DSN": f"{connection.info.dsn} password={connection.info.password}"}
            for name, command in SERVERS.items():
                if importlib.util.find_spec(re.match(r"\w+", name)[0]):
                    measure(name, command, script, environment)


def measure(name: str, command: str, script: Path, environment: dict[str, str]) -> None:
    """Print the line of one server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    argv = [sys.executable, "-m", *command.format(port=port).split()]
    process = subprocess.Popen(argv, env=environment, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, process)
        results = [load(port, concurrency, script) for concurrency in CONCURRENCY]
        columns = "".join(f"{r:>22.0f}{p50:6.1f}{p95:6.1f}{p99:6.1f}" for r, p50, p95, p99, _ in results)
        errors = sum(result[-1] for result in results)
        slow = with_slow_clients(port)
        slow = "no answer" if slow is None else f"{slow:.0f} ms"
        print(f"{name:22}{columns}  {slow}, {after_kill(port, process)}, {errors:.0f} errors", flush=True)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()


if __name__ == "__main__":
    if len(sys.argv) == 3:
        serve_in_two_processes(sys.argv[1], int(sys.argv[2]))
    else:
        main()
