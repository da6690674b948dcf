"""A phone can use the token it was given even if the database dies right after the answer (R32).

PostgreSQL runs as in production, with fsync. What it acknowledged must be on disk by then: kill -9
of all its processes loses what they only had in memory.
"""

from __future__ import annotations

import os
import secrets
import signal
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlsplit

import psycopg
import pytest

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from phoneadmin.operations.logins import connect
from phones import fetching
from tests import template
from tests.waiting import wait_until
from tests.web import serving

from .product import children

FILE = "805ec0123456.cfg"
PHONE = """
WITH account AS (INSERT INTO users_account (name, created_at) VALUES ('Acme', now()) RETURNING id)
INSERT INTO phones_phone (account_id, mac, model_id, kind, label, created_at)
SELECT account.id, '805ec0123456', model.id, 'user', '', now()
FROM account, phones_phonemodel AS model WHERE model.name = 'Yealink SIP-T54W'
RETURNING id, account_id
"""
CODE = """
UPDATE phones_provisioning SET code_hash = %s, code_until = now() + interval '1 hour'
WHERE phone_id = %s
"""
IN_A_HURRY = """
SELECT proname FROM pg_proc WHERE concat(prosrc, proconfig) ~ 'synchronous_commit'
UNION ALL SELECT 'setting' FROM pg_db_role_setting WHERE setconfig::text ~ 'synchronous_commit'
"""
EARLIER = """
UPDATE phones_fetch SET last_at = now() - interval '1 day' WHERE phone_id = %s RETURNING times
"""


@dataclass
class Site:
    """One phone, the web server it fetches from, and the database behind that."""

    server: EmbeddedPostgres
    port: int
    phone: int
    account: int

    def owner(self) -> psycopg.Connection:
        return connect(embedded_login(self.server.data, self.server.keys, "owner"))

    def new_code(self) -> str:
        """Return a code that is valid for the phone."""
        code = f"{secrets.randbelow(10**10):010}"
        with self.owner() as owner:
            owner.execute(CODE, [fetching._code_hash(code), self.phone])
        return code

    def fetch(self, secret: str) -> tuple[int, str]:
        """Return the answer to a phone that presents a code or a token."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", f"/p/{secret}/{FILE}", headers={"Host": "localhost"})
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def is_known(self, token: str) -> bool:
        """Return whether a token is accepted, once the database is back."""
        status, _ = wait_until(lambda: (answer := self.fetch(token))[0] != 503 and answer)
        return status == 200

    def processes(self) -> list[int]:
        """Return all processes of PostgreSQL, the postmaster first."""
        postmaster = self.server.process.pid
        return [postmaster, *children(postmaster)]

    def die(self, processes: list[int]) -> None:
        """Kill PostgreSQL with all its processes, and start it again."""
        for pid in processes:
            with suppress(ProcessLookupError):  # the session had ended already
                os.kill(pid, signal.SIGKILL)
        self.server.process.wait()
        self.server.start()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    data = template.copy_to(tmp_path_factory.mktemp("tokens") / "data")
    with EmbeddedPostgres(data, keys.load_keys(data)) as server:
        with connect(embedded_login(data, server.keys, "owner")) as owner:
            assert owner.execute("SHOW fsync").fetchone() == ("on",)
            phone, account = owner.execute(PHONE).fetchone()
        with serving(PHONEADMIN_DATA=str(data)) as address:
            yield Site(server, urlsplit(address).port, phone, account)


@pytest.mark.parametrize(
    "times", [pytest.param(3, marks=pytest.mark.ci), pytest.param(200, marks=pytest.mark.soak)]
)
def test_token_is_kept_when_the_database_dies_right_after_the_answer(site, times):
    lost = 0
    for _ in range(times):
        code, processes = site.new_code(), site.processes()
        status, text = site.fetch(code)
        site.die(processes)
        assert status == 200
        lost += not site.is_known(text.split("/p/")[1][:32])
    print(f"{lost} of {times} tokens lost")
    assert lost == 0


def test_nothing_else_commits_without_waiting_for_the_disk(site):
    """Before adding to this list, make sure that the function changes only a time or a counter."""
    with site.owner() as owner:
        hurried = {name for (name,) in owner.execute(IN_A_HURRY)}
    # Of the registrar's two, one notes refused sign-ins, the other when a line last called 911: no
    # phone has to wait for the disk for either, least of all that one.
    assert hurried == {"phones_delivered", "refused", "emergency_call"}


def test_plain_repeated_fetch_does_not_wait_for_the_disk(site):
    """The lost time and counter show that the commit did not wait."""
    _, text = site.fetch(site.new_code())
    token = text.split("/p/")[1][:32]
    assert site.is_known(token)  # the first fetch ends the code
    with site.owner() as owner:
        before = owner.execute(EARLIER, [site.phone]).fetchone()
    processes = site.processes()
    assert site.fetch(token)[0] == 200
    site.die(processes)
    with site.owner() as owner:
        kept = owner.execute("SELECT times FROM phones_fetch WHERE phone_id = %s", [site.phone])
        assert kept.fetchone() == before
    assert site.is_known(token)
