"""Fetch configurations byte by byte from the real web server, as phones and attackers do."""

from __future__ import annotations

import hashlib
import re
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from django.db import transaction

from phones import fetching
from phones.models import Phone, Provisioning
from users.tenancy import scope

HERE = "127.0.0.1"
OFFICE = "127.0.0.7"  # many phones behind one address, and an attacker among them
MAC = "805ec0123456"
ANOTHERS = "805ec0ffffff"
UNKNOWN = "805ec0000000"


@dataclass(frozen=True)
class Site:
    """The web server, and the file with its output."""

    port: int
    output: Path

    def exchange(self, request: bytes, sender: str = HERE) -> bytes:
        """Send bytes on a new connection; return the whole answer without its Date header."""
        with socket.create_connection(
            (HERE, self.port), timeout=10, source_address=(sender, 0)
        ) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return re.sub(rb"(?m)^date: .*\r\n", b"", answer)

    def get(
        self, target: bytes | str, sender: str = HERE, *, method: str = "GET", headers: str = ""
    ) -> bytes:
        """Request a target exactly as it is given, without any escaping."""
        target = target.encode() if isinstance(target, str) else target
        request = b"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
        return self.exchange(request % (method.encode(), target, headers.encode()), sender)

    @contextmanager
    def connection(self, sender: str) -> Iterator[HTTPConnection]:
        """Open a connection for many requests."""
        connection = HTTPConnection(HERE, self.port, timeout=10, source_address=(sender, 0))
        try:
            yield connection
        finally:
            connection.close()


@dataclass(frozen=True)
class Desk:
    """Uma's phone, which has fetched its configuration before."""

    phone: Phone
    password: str
    token: str

    @property
    def path(self) -> str:
        return f"/p/{self.token}/{MAC}.cfg"


def token_for(phone: Phone) -> str:
    """Give a phone the token of an earlier fetch, of which the database keeps only the SHA-256."""
    token = secrets.token_hex(16)
    with transaction.atomic(), scope.entered(scope="support"):
        Provisioning.objects.filter(phone=phone).update(
            token_hash=hashlib.sha256(token.encode()).hexdigest()
        )
    return token


def code_for(phone: Phone) -> str:
    with transaction.atomic(), scope.entered(scope="support"):
        return fetching.create_code(phone)


def body_of(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"200", answer
    assert f"content-length: {len(body)}".encode() in head
    return body


def guess(site: Site, times: int, sender: str) -> list[bytes]:
    """Guess tokens and codes in turn; return the whole answers without their Date headers."""
    answers = []
    with site.connection(sender) as connection:
        for n in range(times):
            connection.request(
                "GET", f"/p/{secrets.token_hex(16) if n % 2 else f'{n:010}'}/{MAC}.cfg"
            )
            response = connection.getresponse()
            headers = [
                f"{name}: {value}\r\n" for name, value in response.getheaders() if name != "date"
            ]
            answers.append(
                f"HTTP/1.1 {response.status} {response.reason}\r\n{''.join(headers)}\r\n".encode()
                + response.read()
            )
    return answers
