"""While the database is away pages say so; they recover by themselves, without a single 500."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connections, transaction

from phoneadmin.operations.embedded import EmbeddedPostgres
from tests import factories
from tests.waiting import wait_until
from tests.web import serving, session_of
from users.tenancy import scope

from .freezing import frozen
from .serve_command import parent, processes, query
from .site_client import Browser

SENTENCE = "phoneadmin can’t use its database."


@pytest.fixture
def away(postgres: EmbeddedPostgres, committed) -> Iterator:
    """Return a function that stops the database, which is started again after the test."""

    def stop() -> None:
        connections.close_all()
        postgres.stop()

    try:
        yield stop
    finally:
        if not postgres.is_running():
            postgres.start()


def test_pages_say_so_with_503_during_sign_in_too_and_recover_by_themselves(away, postgres):
    account = factories.account("Acme")
    alice = factories.person(account, "Alice", email="alice@acme.example", is_administrator=True)
    alice.password = make_password("secret", hasher="argon2")
    with transaction.atomic(), scope.entered(scope="support"):
        alice.save(update_fields=["password"])
    factories.phone(account)
    with serving() as site:
        browser, stranger = Browser(site, session_of(alice)), Browser(site)
        form = {
            "login": "alice@acme.example",
            "password": "secret",
            "csrfmiddlewaretoken": stranger.token(),
        }
        assert browser.send("GET", "/phones/").status == 200
        away()
        requests = [
            (browser, "GET", "/phones/", None, {}),
            (browser, "GET", "/phones/?q=x", None, {"HX_Request": "true"}),
            (browser, "GET", "/nowhere/", None, {}),
            (browser, "GET", "/admin/", None, {}),
            (stranger, "GET", "/sign-in/", None, {}),
            (stranger, "POST", "/sign-in/", form, {}),
            (stranger, "GET", "/", None, {}),
        ]
        for who, method, target, body, headers in requests:
            started = time.monotonic()
            answer = who.send(method, target, body, **headers)
            assert (answer.status, target) == (503, target)
            assert answer.headers["Retry-After"] == "5"
            assert (
                answer.headers["Set-Cookie"] is None
                and answer.headers["Cache-Control"] == "no-store"
            )
            assert answer.headers["Content-Security-Policy"]
            assert SENTENCE in answer.text
            assert time.monotonic() - started < 5
        telephone = browser.send("GET", f"/p/{'0' * 32}/805ec0000001.cfg")
        assert (telephone.status, telephone.headers["Retry-After"]) == (503, "60")
        assert browser.send("GET", "/health/alive").status == 200
        wait_until(lambda: '"database": "failed"' in browser.send("GET", "/health/ready").text)
        assert browser.send("GET", "/static/app.css").status == 200
        postgres.start()
        # Each thread of each process holds a dead connection.
        assert {browser.send("GET", "/phones/").status for _ in range(40)} == {200}
        assert stranger.send("POST", "/sign-in/", form).status == 302


@pytest.mark.ci
def test_cut_connections_under_load_are_503_at_most_and_what_was_answered_is_kept(committed, owner):
    account = factories.account("Acme")
    alice = factories.person(account, "Alice", is_administrator=True)
    desks = [factories.phone(account).pk for _ in range(4)]
    session = session_of(alice)
    statuses, kept, done = Counter(), {}, threading.Event()

    def rename(desk: int, browser: Browser, token: str) -> None:
        for n in range(10**9):
            status = browser.change(f"/phones/{desk}/label/", token, label=f"{desk} {n}")
            statuses[status] += 1
            if status == 302:
                kept[desk] = n
            if done.is_set():
                return

    with serving() as site:
        browsers = {desk: Browser(site, session) for desk in desks}
        threads = [
            threading.Thread(target=rename, args=[desk, it, it.token()])
            for desk, it in browsers.items()
        ]
        for thread in threads:
            thread.start()
        try:
            wait_until(lambda: len(kept) == len(desks))
            cut = 0
            while cut < 30:
                owner.execute("SELECT 1")
                cut += connections_cut(owner)
                owner.commit()
                seen = statuses[302]
                wait_until(lambda seen=seen: statuses[302] > seen)
        finally:
            done.set()
            for thread in threads:
                thread.join()
        assert set(statuses) <= {302, 503}, statuses
        assert Browser(site, session).send("GET", "/phones/").status == 200
    for desk, label in owner.execute("SELECT id, label FROM phones_phone"):
        assert int(label.split()[1]) >= kept[desk], "every acknowledged change is kept"


def connections_cut(owner: psycopg.Connection) -> int:
    """End every session of the application's role, as a superuser could; return how many."""
    app = settings.DATABASES["default"]["USER"]
    with EmbeddedPostgres(settings.DATA, settings.KEYS).connect_as_superuser() as superuser:
        ended = superuser.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = %s",
            [app],
        )
        return ended.fetchone()[0]


@pytest.mark.ci
def test_worker_and_registrar_are_back_when_the_database_thaws_and_after_it_died(product):
    data = product.data

    def state() -> str:
        return Browser(f"http://127.0.0.1:{product.port}").send("GET", "/health/ready").text

    def work_is_done() -> None:
        arguments = """'{"account_id": 1, "address_id": 1}'"""
        job = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES"
        ((number,),) = query(data, f"{job} ('default', 'e911.register', {arguments}) RETURNING id")
        status = f"SELECT status FROM procrastinate_jobs WHERE id = {number}"
        wait_until(lambda: not query(data, status), 60)  # jobs that succeeded are deleted

    wait_until(lambda: "failed" not in state())
    main = next(
        pid
        for pid, line in processes(data).items()
        if "postgres -D" in line and parent(pid) == product.process.pid
    )
    with frozen(main):
        wait_until(lambda: '"database": "failed"' in state(), 5)
    wait_until(lambda: "failed" not in state(), 5)
    work_is_done()
    os.kill(main, signal.SIGKILL)
    wait_until(lambda: main not in processes(data))
    wait_until(lambda: answers(data) and "failed" not in state(), 60)
    work_is_done()


def answers(data: Path) -> bool:
    try:
        return bool(query(data, "SELECT 1"))
    except psycopg.OperationalError:
        return False
