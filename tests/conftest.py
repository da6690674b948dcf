"""What all tests share: a real PostgreSQL, used with the application's role like in production."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from phoneadmin import kamailio
from phoneadmin.postgres import DATABASE, EmbeddedPostgres
from users.models import Account, User
from users.scope import enter

from . import factories, template


def pytest_xdist_auto_num_workers() -> int:
    """Half as many again as there are processors: tests that run the whole product wait for it most of the time."""
    return (os.cpu_count() or 2) * 3 // 2


# What waits for whole programs, in groups that share a product or a browser: one for each of three workers.
LONGEST = (
    ("tests/survival/", "tests/sip/"),
    (
        "tests/phoneadmin/test_serve",
        "tests/phoneadmin/test_registrar",
        "tests/phoneadmin/test_backup",
        "tests/phoneadmin/",
    ),
    ("tests/browser/",),
)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let each worker begin with what takes longest, so that none is left alone with it at the end.

    The workers get the tests in equal parts at first, and those that have nothing left steal the ends of others.
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
    if not hasattr(config, "workerinput"):  # it chose the template's folder, and its workers have ended
        shutil.rmtree(template.FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """The tests' own PostgreSQL."""
    server = EmbeddedPostgres(template.copy_to(settings.DATA), settings.KEYS, fast=True)
    try:
        server.start()
        yield server
    finally:
        connections.close_all()
        server.stop()


@pytest.fixture(scope="session")
def django_db_setup(postgres: EmbeddedPostgres, django_db_blocker) -> None:
    """The tests run as the application's role; the registrar's may sign in as well."""
    with django_db_blocker.unblock():
        kamailio.prepare_login()
        connections["owner"].close()


@pytest.fixture
def owner(django_db_setup) -> Iterator[psycopg.Connection]:
    """The owner's own connection: what somebody with psql could do, past row-level security."""
    login = settings.DATABASES["owner"]
    with psycopg.connect(
        host=login["HOST"], port=login["PORT"], dbname=login["NAME"], user=login["USER"], password=login["PASSWORD"]
    ) as mine:
        yield mine
        mine.rollback()


# Quicker than TRUNCATE, which makes every table and index anew; triggers and foreign keys are for others.
EMPTY = """
DO $$
DECLARE
    one regclass;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN
        WITH RECURSIVE emptied (name) AS (
            SELECT unnest(
                '{users_account, users_user, phones_phone, django_session, phoneadmin_cache, users_accountevent,
                users_userevent, users_sipcredentialsevent, phones_phoneevent, e911_emergencyaddressevent,
                procrastinate_jobs}'::regclass[]
            )
            UNION SELECT conrelid::regclass FROM pg_constraint JOIN emptied ON confrelid = name WHERE contype = 'f'
        )
        SELECT name FROM emptied
    LOOP
        EXECUTE 'DELETE FROM ' || one;
    END LOOP;
END $$
"""


@pytest.fixture
def committed(postgres: EmbeddedPostgres, django_db_setup, django_db_blocker) -> Iterator[None]:
    """Let a test commit, for what only other connections can see; everything of all accounts is removed afterwards."""
    with django_db_blocker.unblock():
        try:
            yield
        finally:
            connection.close()
            with postgres.superuser(DATABASE) as superuser:
                superuser.execute(EMPTY)


@pytest.fixture
def acme(db) -> Account:
    """The company of alice, whose rows the test sees."""
    account = factories.account("Acme")
    enter(account_id=account.pk)
    return account


@pytest.fixture
def alice(acme: Account) -> User:
    """An administrator of acme."""
    return factories.person(acme, "Alice", "Archer", ext="100", is_administrator=True, password="secret")


@pytest.fixture
def other(db) -> Account:
    """Another company, of which nothing may show at acme."""
    return factories.account("Other")
