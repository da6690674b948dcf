"""Send requests at the same time and let them through one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from django.db import connection
from django.test import Client

from tests import factories
from tests.waiting import wait_until
from users.models import Account


def in_turn(owner, locked: str, *posts: tuple[Client, str, dict[str, str]]) -> list[int]:
    """Send requests that wait for the owner's lock, release them in order; return the statuses."""

    def send(client: Client, url: str, form: dict[str, str]) -> int:
        try:
            return client.post(url, form).status_code
        finally:
            connection.close()

    owner.execute(f"{locked} FOR UPDATE")
    with ThreadPoolExecutor() as pool:
        sent = []
        for number, post in enumerate(posts, 1):
            sent.append(pool.submit(send, *post))
            waiting = "SELECT count(*) = %s FROM pg_locks WHERE NOT granted"
            wait_until(
                lambda waiting=waiting, number=number: owner.execute(waiting, [number]).fetchone()[
                    0
                ]
            )
        owner.rollback()
        return [answer.result() for answer in sent]


def administrators(account: Account, count: int = 2) -> list[Client]:
    """Return browsers, in each of which an administrator of the account is signed in."""
    clients = []
    for _ in range(count):
        person = factories.person(account, is_administrator=True, password="secret")
        clients.append(Client(raise_request_exception=False))
        clients[-1].post("/sign-in/", {"login": person.email, "password": "secret"})
    return clients
