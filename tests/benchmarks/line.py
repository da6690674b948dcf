"""Measure what a phone's configuration costs (`python -m tests.benchmarks.line`).

Each line of the table is one request to the real web server, on a connection that stays open. The
requests take turns, so the ratios hold on any machine; the milliseconds depend on it.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
from itertools import cycle
from urllib.parse import urlsplit

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.settings"
django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from phones.models import Phone, Provisioning  # noqa: E402
from tests.benchmarks import hello  # noqa: E402
from tests.benchmarks.data import company, database  # noqa: E402
from tests.benchmarks.measure import Variant, in_turns, say  # noqa: E402
from tests.web import serving, session_of  # noqa: E402
from users.tenancy import scope  # noqa: E402

ROUNDS = int(os.environ.get("ROUNDS") or 2000)
AT_MOST = 4  # times the bare hello
WHOLE = re.compile(rb"(?is).*?\r\ncontent-length: ([0-9]+)\r\n(?:.*?\r\n)?\r\n")


def main() -> None:
    """Make the data, measure, print the table."""
    say("Starting PostgreSQL and making a company …")
    with database():
        acme = company(phones=1000, users=1000)
        files, unknown = tokens(acme.id), f"/p/{secrets.token_hex(16)}/000000000000.cfg"
        with (
            serving(settings.PROCESSES, DJANGO_SETTINGS_MODULE=hello.__name__) as address,
            socket.create_connection(
                ("127.0.0.1", urlsplit(address).port), timeout=10
            ) as connection,
        ):
            session = f"Cookie: sessionid={session_of(acme.administrator)}\r\n"
            measure(
                {
                    "A bare hello, where telephones are answered": asking(connection, hello.DOOR),
                    "Configurations of many telephones, by their tokens": asking(
                        connection, *files
                    ),
                    "A refusal of a wrong token, beyond the limit": asking(
                        connection, unknown, status=404
                    ),
                    "A hello through everything, of nobody": asking(connection, hello.INSIDE),
                    "A hello through everything, signed in": asking(
                        connection, hello.INSIDE, headers=session
                    ),
                }
            )


def measure(variants: dict[str, Variant]) -> None:
    for variant in variants.values():
        # Every thread of the server has its own connection to the database, and plans on it.
        for _ in range(200):
            variant.run()
    in_turns(list(variants.values()), rounds=ROUNDS)
    bare, file = list(variants.values())[:2]
    print(f"{'milliseconds':52}{'median':>8}{'p95':>8}{'ratio':>8} limit")
    for name, variant in variants.items():
        ratio = variant.median / bare.median
        verdict = "ok" if ratio <= AT_MOST else "MISSED"
        limit = f"≤ {AT_MOST}  {verdict}" if variant is file else ""
        print(f"{name:52}{variant.median:8.2f}{variant.p95:8.2f}{ratio:8.2f} {limit}".rstrip())


def tokens(account_id: int) -> list[str]:
    """Let all Yealink phones of an account fetch their files; return the path of each file."""
    with transaction.atomic(), scope.entered(account_id=account_id):
        phones = Phone.objects.filter(model__family="yealink", assigned_to__isnull=False)
        found = {secrets.token_hex(16): phone for phone in phones}
        Provisioning.objects.bulk_create(
            [
                Provisioning(
                    phone=phone,
                    account_id=account_id,
                    token_hash=hashlib.sha256(token.encode()).hexdigest(),
                )
                for token, phone in found.items()
            ],
            update_conflicts=True,
            unique_fields=["phone"],
            update_fields=["token_hash"],
        )
    return [f"/p/{token}/{phone.mac}.cfg" for token, phone in found.items()]


def asking(connection: socket.socket, *paths: str, status: int = 200, headers: str = "") -> Variant:
    """Return the variant of one request and its whole answer.

    It reads the socket itself, because an ordinary client would take longer than the server.
    """
    requests = cycle(
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n".encode() for path in paths
    )
    expected = f"HTTP/1.1 {status} ".encode()

    def run() -> None:
        connection.sendall(next(requests))
        answer = b""
        while not (found := WHOLE.match(answer)) or len(answer) < found.end() + int(found[1]):
            received = connection.recv(65536)
            assert received, f"the server hung up after {answer}"
            answer += received
        assert answer.startswith(expected), answer

    return Variant(run)


if __name__ == "__main__":
    main()
