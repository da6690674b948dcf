"""A browser as far as measuring needs one: it calls the application as the web server does, and keeps its cookies."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.test import Client

from phoneadmin.wsgi import application
from users import scope
from users.models import User

TOKEN = "0123456789abcdefghijklmnopqrstuv"
STATIC = re.compile(r'<(?:link|script)[^>]* (?:href|src)="?(/static/[^"\s>]+)')


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Browser:
    """Somebody who is signed in."""

    def __init__(self, user: User) -> None:
        client = Client()
        with transaction.atomic(), scope.entered(scope="support"):
            client.force_login(user, backend="users.sign_in.Backend")
        self.user = user
        self.cookies = f"sessionid={client.cookies['sessionid'].value}; csrftoken={TOKEN}"

    def get(self, url: str, **headers: str) -> Answer:
        """Return the answer to a GET; headers are named as in WSGI."""
        return self._send("GET", url, b"", headers)

    def post(self, url: str, body: bytes) -> Answer:
        """Return the answer to htmx's POST of a form."""
        headers = {"HTTP_HX_REQUEST": "true", "HTTP_X_CSRFTOKEN": TOKEN}
        return self._send("POST", url, body, headers | {"CONTENT_TYPE": "application/x-www-form-urlencoded"})

    def _send(self, method: str, url: str, body: bytes, headers: dict[str, str]) -> Answer:
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
        status = []
        response = application(environ, lambda line, fields: status.append(int(line[:3])))
        try:
            return Answer(status[0], b"".join(response))
        finally:
            response.close()

    def first_visit(self, url: str) -> dict[str, int]:
        """Return the compressed bytes of a page and of everything that it loads."""
        page = self.get(url)
        urls = [url, *STATIC.findall(page.text)]
        return {url: len(self.get(url, HTTP_ACCEPT_ENCODING="gzip").body) for url in urls}
