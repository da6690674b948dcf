"""Answer /health/ on a port of its own (PHONEADMIN_HEALTH), in a thread of each web process.

So `alive` never waits behind requests that wait for the database. It means that the process runs
Python, and nothing else. The kernel spreads connections over the web processes as it does for
pages: a process that hangs fails its share of the probes, and without a process nothing listens. On
the port of the pages, the same URLs need one of the threads that answer pages.
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

from phoneadmin.operations import health

logger = logging.getLogger(__name__)


class Answer(BaseHTTPRequestHandler):
    """Answers one probe."""

    timeout = 2  # seconds a client has to send its request
    server_version, sys_version = "phoneadmin", ""

    def do_GET(self) -> None:
        """Answer like phoneadmin.operations.health does on the port of the pages."""
        folder, _, name = urlsplit(self.path).path.strip("/").partition("/")
        look = health.STATES.get(name) if folder == health.FOLDER.strip("/") else None
        if look is None:
            return self._send(404, "Not Found\n", "text/plain")
        try:
            state = look()
        finally:
            connections.close_all()  # this thread ends
        self._send(health.choose_status(state), json.dumps(state), "application/json")

    do_HEAD = do_GET

    def refuse(self) -> None:
        """Refuse methods that could change something, or would show what was sent."""
        self._send(405, "Method Not Allowed\n", "text/plain", Allow="GET, HEAD")

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = refuse

    def _send(self, status: int, text: str, content_type: str, **headers: str) -> None:
        headers |= {"Content-Type": content_type, "Cache-Control": "no-store"}
        self.send_response(status)
        for name, value in (headers | {"Content-Length": str(len(text))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text.encode("ascii"))

    def log_message(self, *args: object) -> None:
        """Log nothing, because probes come every few seconds."""


class Listener(ThreadingHTTPServer):
    """Listens on the same port as the other web processes' listeners."""

    allow_reuse_port = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Answer)

    def server_bind(self) -> None:
        """Bind without looking up the host's name, as HTTPServer would."""
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: object, client_address: object) -> None:
        """Log what went wrong, which the base class would print."""
        logger.warning("A probe could not be answered", exc_info=True)


def listen_for_probes(host: str, port: int) -> None:
    """Answer probes for as long as the process lives. Pages don't depend on it."""
    try:
        listener = Listener(host, port)
    except OSError as error:
        logger.error("Cannot listen on PHONEADMIN_HEALTH", exc_info=error)
        return
    threading.Thread(target=listener.serve_forever, name="answers probes", daemon=True).start()
