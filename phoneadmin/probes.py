"""/health/ on a port of its own, which a thread of each web process answers (PHONEADMIN_HEALTH).

So `alive` never waits behind requests that wait for the database. It says that the process runs Python, no more. The
kernel spreads connections over the web processes as it does for pages, so one that hangs fails its share of the probes,
and while none lives nobody listens. The same URLs on the port of the pages need one of the threads that answer those.
"""

from __future__ import annotations

import json
import logging
import socket
import socketserver
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from django.db import connections

from phoneadmin import health

logger = logging.getLogger(__name__)


class Answer(BaseHTTPRequestHandler):
    """Answers one probe."""

    timeout = 2  # seconds that it has for sending its request
    server_version, sys_version = "phoneadmin", ""

    def do_GET(self) -> None:
        """Answer as phoneadmin.health does on the port of the pages."""
        path = urlsplit(self.path).path
        look = (
            health.STATES.get(path.removeprefix(health.FOLDER).rstrip("/")) if path.startswith(health.FOLDER) else None
        )
        try:
            state = look() if look else None
        finally:
            connections.close_all()  # this thread ends
        if state is None:
            return self._send(404, "Not Found\n", {"Content-Type": "text/plain"})
        self._send(health.status(state), json.dumps(state), {"Content-Type": "application/json"})

    do_HEAD = do_GET

    def refuse(self) -> None:
        """Answer a method that changes something, or shows what was sent."""
        self._send(405, "", {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = refuse

    def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
        body = text.encode()
        self.send_response(status)
        for name, value in {**headers, "Cache-Control": "no-store", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Say nothing: probes come every few seconds."""


class Listener(ThreadingHTTPServer):
    """Listens beside those of the other web processes."""

    allow_reuse_port = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Answer)

    def server_bind(self) -> None:
        """Bind, without looking up the host's name as HTTPServer does."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what went wrong with a probe."""
        logger.warning("A probe could not be answered", exc_info=True)


def listen(host: str, port: int) -> None:
    """Answer probes from now on, for as long as the process lives. Pages don't depend on it."""
    try:
        listener = Listener(host, port)
    except OSError as error:
        logger.error("Nobody can ask for /health/ at PHONEADMIN_HEALTH", exc_info=error)
        return
    threading.Thread(target=listener.serve_forever, name="answers probes", daemon=True).start()
