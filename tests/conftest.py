"""Shared by all tests: a real PostgreSQL, used as the application's role, as in production."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from copy import deepcopy

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from psycopg.pq import TransactionStatus

from phoneadmin.operations import kamailio
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres
from phoneadmin.operations.logins import connect
from phones import registrar_client, restarts
from users.models import Account, User
from users.tenancy.scope import enter

# tests.web, which site imports, lets sign-in by force count as a fresh proof.
from . import factories, site, template


def pytest_xdist_auto_num_workers() -> int:
    """Use one and a half times as many workers as there are processors.

    Tests that run the whole product spend most of their time waiting for it.
    """
    return (os.cpu_count() or 2) * 3 // 2


# Tests that wait for whole programs, in groups that share a product or a browser; each of three
# workers gets one group.
LONGEST = (
    ("tests/survival/", "tests/sip/"),
    (
        "tests/phoneadmin/operations/test_serve",
        "tests/phoneadmin/operations/test_registrar",
        "tests/phoneadmin/operations/backups/",
        "tests/phoneadmin/",
    ),
    ("tests/browser/",),
)


# Files that start servers, browsers or phones by the dozen, or walk everything: `.ci/run` has them,
# `make test` has the files beside them.
IN_CONTINUOUS_INTEGRATION = (
    *(
        f"tests/browser/test_{name}.py"
        for name in (
            "accessibility", "credentials", "enlarged", "print", "proving", "restart", "sign_in",
            "steadiness", "support", "swiftness", "without_scripts",
        )
    ),
    *(
        f"tests/phoneadmin/operations/{name}"
        for name in (
            "backups/", "test_database_away", "test_database_frozen", "test_embedded",
            "test_logins", "test_registrar_command", "test_releases", "test_serve",
        )
    ),
    *(
        f"tests/sip/{name}"
        for name in ("fetching/", "restarts/test_asking", "test_signing_in", "test_strangers")
    ),
    *("tests/survival/", "tests/phoneadmin/activity/test_length", "tests/phoneadmin/test_demo"),
    *("tests/e911/providers/test_faults", "tests/e911/test_address_jobs"),
    *("tests/bad_input/test_parameters", "tests/phones/test_concurrency"),
    *("tests/users/test_reissue", "tests/users/test_known_browser_limits"),
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    if item.nodeid.startswith(IN_CONTINUOUS_INTEGRATION):
        item.add_marker("ci")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Start each worker with the slowest tests, so that none runs them alone at the end.

    The workers first get equal parts of the tests; a worker that has finished takes tests from the
    end of another's part.
    """
    workers = getattr(config, "workerinput", {}).get("workercount", 1)
    heads: list[list[pytest.Item]] = [[] for _ in range(workers)]
    rest = list(items)
    for number, group in enumerate(LONGEST):
        for start in group:
            heads[number % workers] += [item for item in rest if item.nodeid.startswith(start)]
            rest = [item for item in rest if not item.nodeid.startswith(start)]
    ordered: list[pytest.Item] = []
    for worker, head in enumerate(heads):
        part = (len(items) - len(ordered)) // (workers - worker)
        fill = max(0, part - len(head))
        ordered += head + rest[:fill]
        del rest[:fill]
    items[:] = ordered + rest


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(settings.DATA, ignore_errors=True)
    # The main process chose the template's folder, and its workers have ended.
    if not hasattr(config, "workerinput"):
        shutil.rmtree(template.FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """Run a PostgreSQL just for the tests."""
    server = EmbeddedPostgres(template.copy_to(settings.DATA), settings.KEYS, fast=True)
    try:
        server.start()
        yield server
    finally:
        connections.close_all()
        server.stop()


@pytest.fixture(scope="session")
def django_db_setup(postgres: EmbeddedPostgres, django_db_blocker) -> None:
    """Let the tests run as the application's role, and the registrar's role sign in as well."""
    with django_db_blocker.unblock():
        kamailio.prepare_login()
        connections["owner"].close()


class Kept:
    """A connection that serves many tests, because opening one takes as long as a test.

    It reconnects if the server was away.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection]) -> None:
        self.connect = connect
        self.connection = connect()

    def usable(self) -> psycopg.Connection:
        try:
            self.connection.execute("")
            self.connection.rollback()
        except psycopg.OperationalError:
            self.connection = self.connect()
        return self.connection


@pytest.fixture(scope="session")
def kept_owner(django_db_setup) -> Iterator[Kept]:
    def in_transactions() -> psycopg.Connection:
        mine = connect(settings.DATABASES["owner"])
        mine.autocommit = False
        return mine

    kept = Kept(in_transactions)
    yield kept
    kept.connection.close()


@pytest.fixture
def owner(kept_owner: Kept) -> Iterator[psycopg.Connection]:
    """Connect as the owner, who bypasses row-level security, like a person with psql."""
    mine = kept_owner.usable()
    try:
        yield mine
    finally:
        mine.rollback()


# Faster than TRUNCATE, which rebuilds every table and index. Triggers and foreign keys are off
# meanwhile.
EMPTY = """
DO $$
DECLARE
    one regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        WITH RECURSIVE emptied (name) AS (
            SELECT unnest(
                '{users_account, users_user, phones_phone, django_session, auth_group,
                phoneadmin_cache, users_accountevent, users_userevent, users_sipaccountevent,
                users_callernumberevent, phones_phoneevent, e911_emergencyaddressevent,
                procrastinate_jobs}'::regclass[]
            )
            UNION SELECT conrelid::regclass
            FROM pg_constraint JOIN emptied ON confrelid = name WHERE contype = 'f'
        )
        SELECT name FROM emptied
    LOOP
        EXECUTE 'DELETE FROM ' || one;
    END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def kept_superuser(postgres: EmbeddedPostgres) -> Iterator[Kept]:
    kept = Kept(lambda: postgres.connect_as_superuser(DATABASE))
    yield kept
    kept.connection.close()


@pytest.fixture
def committed(kept_superuser: Kept, django_db_setup, django_db_blocker) -> Iterator[None]:
    """Let a test commit, so that other connections see its rows; delete all accounts afterward."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            let_go()
            kept_superuser.usable().execute(EMPTY)


@pytest.fixture(scope="module")
def standing(kept_superuser: Kept, django_db_setup, django_db_blocker) -> Iterator[site.World]:
    """Commit two companies that have everything, once for all tests of a module.

    No test of that module may use `committed`.
    """
    with django_db_blocker.unblock():
        try:
            with transaction.atomic():
                made = site.world()
            yield made
        finally:
            let_go()
            kept_superuser.usable().execute(EMPTY)


@pytest.fixture
def two_companies(standing: site.World, db) -> site.World:
    """Return the two companies as they were made, whatever earlier tests did to them."""
    return deepcopy(standing)


@pytest.fixture
def registrar_answers(monkeypatch) -> None:
    """Let every phone be registered, and accept to restart."""
    monkeypatch.setattr(registrar_client, "is_reachable", lambda: True)
    monkeypatch.setattr(restarts, "find_reachable", lambda phones: {phone.pk for phone in phones})
    asked = registrar_client.Answer.ASKED
    monkeypatch.setattr(registrar_client, "ask_to_restart", lambda username, event: asked)


def let_go() -> None:
    """Make sure that our connection holds no lock.

    Keep it open if possible, because opening one takes as long as a test.
    """
    ours = connection.connection
    if not (
        ours and ours.info.transaction_status == TransactionStatus.IDLE and connection.is_usable()
    ):
        connection.close()


@pytest.fixture
def acme(db) -> Account:
    """Alice's company, whose rows the test sees."""
    account = factories.account("Acme")
    enter(account_id=account.pk)
    return account


@pytest.fixture
def alice(acme: Account) -> User:
    """An administrator of acme."""
    return factories.person(
        acme, "Alice", "Archer", ext="100", is_administrator=True, password="secret"
    )


@pytest.fixture
def other(db) -> Account:
    """Another company, of which acme must see nothing."""
    return factories.account("Other")
