"""A minimal browser for measuring: it calls the application as the web server does."""

from __future__ import annotations

import io
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.core.handlers.wsgi import WSGIHandler
from django.db import transaction
from django.test import Client

from users.models import User
from users.tenancy import scope

TOKEN = "0123456789abcdefghijklmnopqrstuv"
LOADED = re.compile(r'<(?:link|script|img)[^>]* (?:href|src)="([^"]+)"')


@cache
def application() -> WSGIHandler:
    """Return the application as the web server gets it.

    Only after the static files are in place, because it reads them once.
    """
    from phoneadmin.wsgi import application

    return application


class Browser:
    """A signed-in user's browser."""

    def __init__(self, user: User) -> None:
        self.client = Client(SERVER_NAME="localhost")
        with transaction.atomic(), scope.entered(scope="support"):
            self.client.force_login(user, backend="users.sign_in.Backend")
        self.cookies = f"sessionid={self.client.cookies['sessionid'].value}; csrftoken={TOKEN}"

    def get(self, url: str, **headers: str) -> bytes:
        """Return the body of a GET; headers are named as in WSGI.

        Raises AssertionError unless it succeeds.
        """
        return self._send("GET", url, b"", headers)

    def post(self, url: str, body: bytes) -> bytes:
        """Return the body of the answer to a form that htmx posts."""
        headers = {"HTTP_HX_REQUEST": "true", "HTTP_X_CSRFTOKEN": TOKEN}
        return self._send(
            "POST", url, body, headers | {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
        )

    def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> bytes:
        parts = urlsplit(url)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": method,
            "SCRIPT_NAME": "",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "8000",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost:8000",
            "HTTP_COOKIE": self.cookies,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        } | headers
        begun: list[tuple[str, list[tuple[str, str]]]] = []
        response = application()(environ, lambda *beginning: begun.append(beginning))
        try:
            content = b"".join(response)
        finally:
            response.close()
        ((status, fields),) = begun
        assert status == "200 OK" and "HX-Redirect" not in dict(fields), (
            method,
            url,
            status,
            content,
        )
        return content

    def first_visit(self, url: str) -> dict[str, int]:
        """Return the compressed bytes of a page and of everything that it loads."""
        parts = [url, *LOADED.findall(self.get(url).decode())]
        return {part: len(self.get(part, HTTP_ACCEPT_ENCODING="gzip")) for part in parts}
