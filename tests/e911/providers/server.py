"""A real HTTP server on loopback that plays a provider, with every fault on demand."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answer:
    status: int
    body: Any = b""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def bytes(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Fault = Callable[["Handler", Request], None]


class Play(ThreadingHTTPServer):
    """A simulated provider.

    `answer` decides how it answers a request, `seen` collects requests, `on` makes it fail.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock, self.over = threading.RLock(), threading.Event()
        self.clients: list[socket.socket] = []
        self.seen: list[Request] = []
        self.faults: list[tuple[str, str, Fault]] = []
        self.made = 0
        self.thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def stop(self) -> None:
        if not self.over.is_set():
            self.over.set()
            self.shutdown()
            self.server_close()
            for client in self.clients:
                with contextlib.suppress(OSError):  # closed by the client
                    client.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.clients.append(request)
        super().process_request(request, client_address)

    def on(self, method: str, path: str, fault: Fault) -> None:
        """Let the next request of this method and path prefix meet a fault."""
        self.faults.append((method, path, fault))

    def fault_of(self, request: Request) -> Fault | None:
        for entry in self.faults:
            method, path, fault = entry
            if request.method == method and request.path.startswith(path):
                self.faults.remove(entry)
                return fault
        return None

    def id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made}"

    def asked(self, *methods: str) -> list[str]:
        """Return the requests that the API received, each as "METHOD /path"."""
        return [f"{r.method} {r.path}" for r in self.seen if not methods or r.method in methods]

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore clients that hang up: tests make them do so."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # headers and body go separately: 40 ms a request
    server: Play

    def play(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(self.command, url.path, query, dict(self.headers), body)
        with self.server.lock:
            self.server.seen.append(request)
            fault = self.server.fault_of(request)
        if fault:
            fault(self, request)
        else:
            self.say(self.act(request))

    do_GET = do_POST = do_PATCH = do_DELETE = play

    def act(self, request: Request) -> Answer:
        with self.server.lock:
            return self.server.answer(request)

    def say(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in ({"Content-Type": "application/json"} | answer.headers).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.bytes)))
        self.end_headers()
        self.wfile.write(answer.bytes)

    def log_message(self, *args: Any) -> None:
        """Print nothing: tests read `seen`."""


# --- faults ---


def says(status: int, body: Any = b"", **headers: str) -> Fault:
    return lambda handler, request: handler.say(
        Answer(status, body, {k.replace("_", "-"): v for k, v in headers.items()})
    )


def hangs(handler: Handler, request: Request) -> None:
    handler.server.over.wait()


def obeys_and_hangs(handler: Handler, request: Request) -> None:
    handler.act(request)
    handler.server.over.wait()


def obeys_and_hangs_up(handler: Handler, request: Request) -> None:
    handler.act(request)
    handler.close_connection = True


class Held:
    """Obeys a request, and holds back the answer until it is released."""

    def __init__(self) -> None:
        self.obeyed, self.released = threading.Event(), threading.Event()

    def __call__(self, handler: Handler, request: Request) -> None:
        answer = handler.act(request)
        self.obeyed.set()
        self.released.wait()
        handler.say(answer)


def drips(handler: Handler, request: Request) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.wait(0.05):
        handler.wfile.write(b" ")


def floods(handler: Handler, request: Request) -> None:
    size = 50_000_000
    handler.send_response(200)
    handler.send_header("Content-Length", str(size))
    handler.end_headers()
    for _ in range(size // 50_000):
        handler.wfile.write(b" " * 50_000)


def echoes_credentials(status: int) -> Fault:
    def echo(handler: Handler, request: Request) -> None:
        said = request.headers["Authorization"]
        handler.say(
            Answer(status, {"errors": [{"title": said, "detail": said, "description": said}]})
        )

    return echo
