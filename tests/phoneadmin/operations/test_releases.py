"""A release runs only on data that it understands, and otherwise says what to do."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.core.management import call_command, get_commands
from django.db import connections

from phoneadmin.operations import keys, releases
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from phoneadmin.operations.logins import connect
from tests import template
from tests.sip.conftest import free_port
from tests.waiting import wait_until

from .backups.command import refusal
from .serve_command import ROOT, environment, query
from .serve_command import refusal as refusal_to_serve

NEWER = "changed by a newer release of phoneadmin (phones.9999_of_tomorrow is unknown here)"
OLDER = "The database has not been brought up to this release of phoneadmin"
APPLY = """
INSERT INTO django_migrations (app, name, applied) VALUES ('phones', '9999_of_tomorrow', now())
"""
TAKE_BACK = "DELETE FROM django_migrations WHERE name = '9999_of_tomorrow'"
TOLERATE = "INSERT INTO phoneadmin_release VALUES ('phones', '9999_of_tomorrow', %s)"
WAITING = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.fixture
def newer(owner: psycopg.Connection) -> Iterator[psycopg.Cursor]:
    """Leave the tests' database as a newer release would, visible to this cursor alone."""
    with owner.cursor() as cursor:
        cursor.execute(APPLY)
        yield cursor


def test_migrated_database_fits(django_db_setup, owner):
    with owner.cursor() as cursor:
        releases.require_fit(cursor)


def test_data_of_a_newer_release_is_refused(newer):
    with pytest.raises(releases.Unfit) as refused:
        releases.require_fit(newer)
    assert NEWER in str(refused.value) and "Run that release, or a later one." in str(refused.value)
    with pytest.raises(releases.Unfit):
        releases.require_known(newer)


@pytest.fixture
def upgraded(django_db_setup, monkeypatch) -> None:
    """Give this release a migration that the database has not applied yet."""
    known = releases.known_migrations() | {("phones", "9999_of_tomorrow")}
    monkeypatch.setattr(releases, "known_migrations", lambda: known)


@pytest.fixture
def downgraded(django_db_setup, django_db_blocker, monkeypatch) -> Iterator[None]:
    """Give the database a migration that this release does not know; the test may commit."""
    known = releases.known_migrations() - {("phones", "0009_words")}
    monkeypatch.setattr(releases, "known_migrations", lambda: known)
    with django_db_blocker.unblock():
        yield


def test_data_of_an_older_release_is_refused_but_may_be_backed_up(upgraded, owner, settings):
    with owner.cursor() as cursor:
        with pytest.raises(releases.Unfit, match=f"{OLDER}. Start phoneadmin with `make run`"):
            releases.require_fit(cursor)
        releases.require_known(cursor)
        settings.PRODUCTION = True
        with pytest.raises(releases.Unfit, match=f"{OLDER}, and that takes its owner.*_URL"):
            releases.require_fit(cursor)


def test_newer_release_may_name_an_older_one_that_runs_on_its_data(newer):
    newer.execute(TOLERATE, ["phones.0009_words"])  # known to this release
    releases.require_fit(newer)


@pytest.mark.parametrize("oldest", ["phones.9998_of_tonight", "nonsense", ""])
def test_release_that_is_older_than_the_named_one_is_refused(newer, oldest):
    newer.execute(TOLERATE, [oldest])
    with pytest.raises(releases.Unfit, match="is unknown here"):
        releases.require_fit(newer)


def test_application_may_not_say_which_releases_may_run(db):
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT has_table_privilege('phoneadmin_release', 'INSERT, UPDATE, DELETE')")
        assert cursor.fetchone() == (False,)


def test_every_command_is_refused_on_data_of_another_release(downgraded):
    """Exempt are commands that need no data, and those that check by themselves."""
    refused = set()
    for command in get_commands():
        try:
            releases.require_fit_for(command)
        except releases.Unfit:
            refused.add(command)
    assert refused == get_commands().keys() - releases.EXEMPT
    assert {"procrastinate", "registrar", "invite", "import_company", "demo", "shell"} <= refused


@pytest.mark.parametrize("command", [["migrate", "--database=owner"], ["reissue_credentials"]])
def test_commands_that_check_by_themselves_refuse_a_newer_releases_data(downgraded, command):
    with pytest.raises(releases.Unfit, match=r"phones\.0009_words is unknown here"):
        call_command(*command)


def test_whoever_migrates_waits_for_another_who_does(django_db_setup, django_db_blocker, owner):
    ended = threading.Event()

    def migrate() -> None:
        try:
            call_command("migrate", database="owner", verbosity=0)
            ended.set()
        finally:
            connections["owner"].close()

    second = threading.Thread(target=migrate)
    with django_db_blocker.unblock():
        with owner.cursor() as cursor, releases.lock_migrations(cursor):
            second.start()
            wait_until(lambda: cursor.execute(WAITING).fetchone()[0] == 1)
            assert not ended.is_set()
        second.join(60)
    assert ended.is_set()


def test_role_without_rights_is_told_so(django_db_setup, settings):
    refusal = pytest.raises(releases.Unfit, match="phoneadmin_registrar has no rights")
    with connect(settings.REGISTRAR_DATABASE) as stranger, stranger.cursor() as cursor, refusal:
        releases.require_fit(cursor)


# --- every way in --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[EmbeddedPostgres]:
    data = template.copy_to(tmp_path_factory.mktemp("releases") / "data")
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as running:
        yield running


@contextmanager
def changed_by_a_newer_release(data: Path) -> Iterator[None]:
    query(data, APPLY)
    try:
        yield
    finally:
        query(data, TAKE_BACK)


ALONE = """
import multiprocessing, sys
from phoneadmin.operations.web_process import load_application
child = multiprocessing.get_context("fork").Process(target=load_application)
child.start(), child.join(), sys.exit(child.exitcode)
"""


def refusal_of_the_web_server(data: Path) -> str:
    """Return the message with which one process of the web server ends."""
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        cwd=ROOT,
        env=environment(data, 1),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.ci
def test_commands_and_web_server_refuse_a_newer_releases_data_in_words(server, tmp_path):
    data = server.data
    with changed_by_a_newer_release(data):
        for command in (
            ["procrastinate", "worker"],
            ["registrar"],
            ["backup", str(tmp_path / "backup")],
        ):
            assert NEWER in refusal(data, *command), command
        assert NEWER in refusal_of_the_web_server(data)
    assert not list(tmp_path.iterdir())


@pytest.mark.ci
def test_serve_refuses_a_newer_releases_data_and_leaves_it_alone(tmp_path):
    data = template.copy_to(tmp_path / "data")
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True):
        query(data, APPLY)
    assert NEWER in refusal_to_serve(data, free_port())
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True):
        assert query(data, "SELECT count(*) FROM users_account") == [(0,)]


@pytest.mark.ci
def test_serve_without_the_owners_login_refuses_a_database_not_yet_migrated(server, tmp_path):
    with server.connect_as_superuser() as superuser:
        server.create_database(superuser, "empty")
    app = embedded_login(server.data, server.keys, "app", "empty")
    with connect(app) as connection:  # found at every start
        connection.execute("ALTER ROLE phoneadmin_app SET row_security = off")
    user, password, folder = (quote(app[name], safe="") for name in ("USER", "PASSWORD", "HOST"))
    variables = {
        "DATABASE_APP_URL": f"postgres://{user}:{password}@{folder}:5432/empty",
        "PHONEADMIN_SECRET_KEY": "x" * 50,
        "PHONEADMIN_SIP_KEYS": "k" * 30,
        "PHONEADMIN_SIP_DOMAIN": "sip.example.com",
        "PHONEADMIN_URL": "http://localhost",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=environment(tmp_path, free_port()) | variables,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert OLDER in done.stderr and "DATABASE_URL" in done.stderr
    assert "they were reset: row_security" in done.stderr
    with connect(app) as connection:
        assert connection.execute("SHOW row_security").fetchone() == ("on",)
        assert connection.execute("SELECT to_regclass('django_migrations')").fetchone() == (None,)
