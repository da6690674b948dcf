"""Requests to a running web server with a person's cookies, and those of a probe without any."""

from __future__ import annotations

import http.client
from urllib.parse import urlencode, urlsplit

from tests.confirming import HIDDEN


class Browser:
    """Sends requests with the cookies of one person's browser."""

    def __init__(self, site: str, session: str = "") -> None:
        self.place = urlsplit(site).netloc
        self.cookies = f"sessionid={session}" if session else ""

    def send(self, method: str, target: str, body: dict[str, str] | None = None, **headers: str):
        connection = http.client.HTTPConnection(self.place, timeout=30)
        try:
            given = {
                "Cookie": self.cookies,
                **{name.replace("_", "-"): value for name, value in headers.items()},
            }
            if body is not None:
                given["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request(method, target, urlencode(body or {}), given)
            response = connection.getresponse()
            response.text = response.read().decode()
            return response
        finally:
            connection.close()

    def change(self, target: str, token: str, **answers: str) -> int:
        """Read an act's page and confirm it; return the status, of the page if it wasn't shown."""
        shown = self.send("GET", target)
        if shown.status != 200:
            return shown.status
        asked = dict(HIDDEN.findall(shown.text))
        return self.send("POST", target, asked | answers | {"csrfmiddlewaretoken": token}).status

    def token(self) -> str:
        """Fetch the sign-in page without a session, keep its CSRF cookie, and return the token."""
        given = (
            Browser(f"http://{self.place}").send("GET", "/sign-in/").headers.get_all("Set-Cookie")
        )
        token = next(cookie.split(";")[0] for cookie in given if cookie.startswith("csrftoken="))
        self.cookies = "; ".join(filter(None, [self.cookies, token]))
        return token.partition("=")[2]


def probe(port: int, path: str = "/health/alive", method: str = "GET") -> int:
    """Return the status with which a path is answered to a client that sends no cookies."""
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        client.request(method, path)
        response = client.getresponse()
        response.read()
        return response.status
    finally:
        client.close()
