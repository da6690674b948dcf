"""The data to measure on: a separate PostgreSQL with fsync, as in production, and companies."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import connections, transaction
from psycopg import sql

from phoneadmin import demo
from phoneadmin.operations.embedded import EmbeddedPostgres
from tests.benchmarks.browser import Browser
from tests.benchmarks.measure import say
from users.models import User
from users.tenancy import scope


@contextmanager
def database() -> Iterator[EmbeddedPostgres]:
    """Run a migrated server for the time of the block, then delete its folder."""
    server = EmbeddedPostgres(settings.DATA, settings.KEYS)
    try:
        server.start()
        call_command("migrate", database="owner", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        yield server
    finally:
        connections.close_all()
        server.stop()
        shutil.rmtree(settings.DATA, ignore_errors=True)


@dataclass(frozen=True)
class Company:
    """An account to measure on, and its administrator."""

    administrator: User

    @property
    def id(self) -> int:
        return self.administrator.account_id

    @cached_property
    def browser(self) -> Browser:
        """The administrator's browser."""
        return Browser(self.administrator)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Return the rows that the owner's role finds; `account` in the query is this account."""
        with connections["owner"].cursor() as cursor:
            cursor.execute(query, {"account": self.id})
            return cursor.fetchall()

    def one(self, query: str) -> tuple[Any, ...]:
        """Return the only row that a query finds."""
        (row,) = self.ask(query)
        return row


def company(*, phones: int, users: int, missing: float = 0.02) -> Company:
    """Make an account of this size, 90 % of its phones assigned."""
    started = time.monotonic()
    (email,) = demo.make_accounts(accounts=1, phones=phones, users=users, missing=missing)
    took = time.monotonic() - started
    say(f"  {phones} phones, {users} users, {missing:.0%} without address: {took:.0f} s")
    with transaction.atomic(), scope.entered(scope="support"):
        return Company(User.objects.select_related("account").get(email=email))


def crowd(*, accounts: int, phones: int) -> None:
    """Make other accounts of this size, so that the measured ones are some among many."""
    started = time.monotonic()
    demo.make_accounts(accounts=accounts, phones=phones, users=phones)
    say(f"  {accounts} accounts of {phones} phones: {time.monotonic() - started:.0f} s")


def support_agent() -> User:
    """Make a user who may use Django admin."""
    with transaction.atomic(), scope.entered(scope="support"):
        return User.objects.create(
            email="agent@phoneadmin.example", is_staff=True, may_act=True, has_second_factor=True
        )


def statements(server: EmbeddedPostgres, do: Callable[[], object]) -> list[str]:
    """Return every statement but BEGIN and COMMIT that the application sends during `do`.

    They come from the server's own log, because Django doesn't count all of them.
    """
    role = sql.Identifier(settings.DATABASES["default"]["USER"])
    with server.connect_as_superuser() as superuser:
        superuser.execute(sql.SQL("ALTER ROLE {} SET log_statement = 'all'").format(role))
        connections["default"].close()
        do()
        before = server.log.stat().st_size
        do()
        with open(server.log, errors="replace") as log:
            log.seek(before)
            sent = re.findall(r"LOG:  (?:statement|execute [^:]*): (.*)", log.read())
        superuser.execute(sql.SQL("ALTER ROLE {} RESET log_statement").format(role))
        connections["default"].close()
    return [statement for statement in sent if statement not in ("BEGIN", "COMMIT")]
