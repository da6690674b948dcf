"""The database stops answering or confirming: no request waits long, and everything recovers.

SIGSTOP of all its processes looks like a frozen machine, whose kernel still accepts data.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from statistics import median

import pytest
from django.conf import settings
from django.db import OperationalError, connection, connections
from django.test import Client

from phoneadmin import settings as product
from phoneadmin.database_backend import base, watch
from phoneadmin.operations import logins
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres
from phones.models import Phone
from tests import factories
from tests.confirming import read_question
from tests.sip.conftest import free_port
from tests.waiting import wait_until
from tests.web import serving, session_of
from users.models import User

from .freezing import frozen
from .production import environment
from .site_client import Browser, probe

AT_ONCE = 24  # three times as many requests as threads
SOAK = 20
CONFIGURATION = f"/p/{'0' * 32}/805ec0000001.cfg"
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"


class Relay:
    """Makes a server on a Unix socket reachable over TCP."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.going = threading.Event()
        self.going.set()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.open: list[socket.socket] = [self.listener]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                self.going.wait()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.path)
                self.open += [client, server]
                for way in ((client, server), (server, client)):
                    threading.Thread(target=self.pass_on, args=way, daemon=True).start()

    def pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.going.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    @contextmanager
    def frozen(self) -> Iterator[Callable[[], None]]:
        """Accept everything and pass nothing on, as a frozen machine does."""
        self.going.clear()
        try:
            yield self.going.set
        finally:
            self.going.set()

    def close(self) -> None:
        self.going.set()
        for one in self.open:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@pytest.fixture
def alice(committed) -> User:
    acme = factories.account("Acme")
    return factories.person(acme, is_administrator=True, email="alice@acme.example")


@pytest.fixture
def phone(alice) -> Phone:
    """Give alice's company a phone, because User phones redirects to a guide if there is none."""
    return factories.phone(alice.account)


@pytest.fixture
def health() -> int:
    """Return the port for probes."""
    return free_port()


@pytest.fixture(params=["socket", "TCP"])
def database(request, postgres) -> Iterator[tuple[dict[str, str], Callable]]:
    """Yield how the web server reaches its database, and what freezes it."""
    if request.param == "socket":
        yield {}, lambda: frozen(postgres.process.pid)
        return
    app = settings.DATABASES["default"]
    relay = Relay(f"{app['HOST']}/.s.PGSQL.{app['PORT']}")
    url = f"postgres://{app['USER']}:{app['PASSWORD']}@127.0.0.1:{relay.port}/{app['NAME']}"
    near = {"PHONEADMIN_URL": "http://localhost", "PHONEADMIN_TRUSTED_PROXIES": "0"}
    try:
        yield environment(DATABASE_APP_URL=url, **near), relay.frozen
    finally:
        relay.close()


def timed(answer: Callable[[], int]) -> tuple[int, float]:
    started = time.monotonic()
    return answer(), time.monotonic() - started


@pytest.mark.parametrize(
    "times", [pytest.param(1, marks=pytest.mark.ci), pytest.param(SOAK, marks=pytest.mark.soak)]
)
def test_frozen_database_is_503_in_seconds_and_all_works_when_it_is_back(
    alice,
    phone,
    database,
    health,
    times,
):
    variables, freeze = database
    figures: dict[str, list[float]] = {"503": [], "alive": [], "back": []}
    with (
        serving(2, PHONEADMIN_HEALTH=f"127.0.0.1:{health}", **variables) as site,
        ThreadPoolExecutor(AT_ONCE + 3) as pool,
    ):
        browser, form = Browser(site, session_of(alice)), Browser(site)
        fields = {"login": alice.email, "password": "x", "csrfmiddlewaretoken": form.token()}

        def page() -> int:
            answer = browser.send("GET", "/phones/")
            assert answer.status != 503 or answer.headers["Retry-After"] == "5"
            return answer.status

        def everywhere() -> list[tuple[int, float]]:
            return list(pool.map(timed, [page] * AT_ONCE))

        connections.close_all()
        for _ in range(times):
            wait_until(lambda: {status for status, _ in everywhere()} == {200})
            with freeze() as thaw:
                pages = pool.submit(everywhere)
                others = [
                    pool.submit(timed, lambda: form.send("POST", "/sign-in/", fields).status),
                    pool.submit(timed, lambda: browser.send("GET", CONFIGURATION).status),
                ]
                alive = []
                while not pages.done():
                    alive.append(timed(lambda: probe(health)))
                first = [*pages.result(), *(other.result() for other in others)]
                assert {status for status, _ in first} == {503}
                assert {status for status, _ in alive} == {200}
                later = everywhere()
                assert {status for status, _ in later} == {503}
                assert max(seconds for _, seconds in later) < 1
                assert probe(health, "/health/ready") == 503
                assert browser.send("GET", "/static/app.css").status == 200
                thaw()
                since = time.monotonic()
                wait_until(lambda: {status for status, _ in everywhere()} == {200})
                figures["back"].append(time.monotonic() - since)
            figures["503"].append(max(seconds for _, seconds in first))
            figures["alive"].append(max(seconds for _, seconds in alive))
    for what, seconds in figures.items():
        figure = f"median {median(seconds):.2f} s, longest {max(seconds):.2f} s"
        print(f"frozen {times} times, {what}: {figure}")
    assert max(figures["503"]) < 5 and max(figures["alive"]) < 1 and max(figures["back"]) < 5


@contextmanager
def no_standby(postgres: EmbeddedPostgres) -> Iterator[Callable[[], None]]:
    """Make commits wait for a standby that isn't there, until the yielded function is called."""
    app = settings.DATABASES["default"]["USER"]

    def run(*statements: str) -> None:
        with postgres.connect_as_superuser(DATABASE) as superuser:
            for statement in statements:
                superuser.execute(statement)

    def give_up() -> None:
        run("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")

    try:
        run(f"ALTER ROLE {app} SET synchronous_commit = on")  # off on the tests' fast server
        run("ALTER SYSTEM SET synchronous_standby_names = 'gone'", "SELECT pg_reload_conf()")
        yield give_up
    finally:
        give_up()
        run(f"ALTER ROLE {app} RESET synchronous_commit")


def test_change_that_no_standby_confirms_is_503_and_reading_goes_on(alice, phone, postgres, health):
    with ExitStack() as stack:
        session = session_of(alice)
        connections.close_all()
        superuser = stack.enter_context(postgres.connect_as_superuser(DATABASE))
        has_standby = stack.enter_context(no_standby(postgres))
        site = stack.enter_context(serving(1, PHONEADMIN_HEALTH=f"127.0.0.1:{health}"))
        browser = Browser(site, session)
        token = browser.token()

        def change(label: str) -> int:
            return browser.change(f"/phones/{phone.pk}/label/", token, label=label)

        def waiting() -> int:
            return superuser.execute(WAITING).fetchone()[0]

        assert browser.send("GET", "/phones/").status == 200
        status, seconds = timed(lambda: change("first"))
        assert (status, waiting()) == (503, 1) and seconds < 5
        for number in range(20):
            status, seconds = timed(lambda number=number: change(f"later {number}"))
            assert status == 503 and seconds < 1
        assert waiting() == 1, "later requests hold no session of the server"
        assert browser.send("GET", "/phones/").status == 200
        assert probe(health) == 200
        assert '"database": "read-only"' in browser.send("GET", "/health/ready").text
        has_standby()
        wait_until(lambda: change("last") == 302, 5)
        assert waiting() == 0


def test_slow_statement_is_waited_for_while_the_server_answers(db, monkeypatch):
    monkeypatch.setattr(watch.server, "_probed_at", float("-inf"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(1.5), 42")
        assert cursor.fetchone()[1] == 42
    wait_until(lambda: watch.server._probed_at > float("-inf"))


def test_no_answer_is_waited_for_without_end(django_db_setup, django_db_blocker, monkeypatch):
    """Freeze one process of the server while all others answer."""
    monkeypatch.setattr(watch, "LONGEST", 1.1)
    lost = pytest.raises(OperationalError)
    with django_db_blocker.unblock(), connection.cursor() as cursor, lost:
        cursor.execute("SELECT pg_sleep(20)")
    assert connection.connection.closed
    connection.close()


def test_long_statement_goes_on_after_a_server_that_was_slow_to_read_it(
    django_db_blocker, django_db_setup, postgres, monkeypatch
):
    """The statement fills the socket, so waiting to send the rest starts over several times."""
    waits = []
    monkeypatch.setattr(base, "PATIENCE", 0.05)
    monkeypatch.setattr(base, "TICK", 0.05)
    monkeypatch.setattr(watch.server, "start_probe", lambda: waits.append(len(waits)))
    text = "x" * 20_000_000
    with django_db_blocker.unblock(), connection.cursor() as cursor, ThreadPoolExecutor() as aside:
        cursor.execute("SELECT 1")
        with frozen(postgres.process.pid) as thaw:
            thawed = aside.submit(lambda: (wait_until(lambda: len(waits) > 3), thaw()))
            cursor.execute("SELECT length(%s)", [text])
            thawed.result()
        assert cursor.fetchone() == (len(text),)
    connection.close()


def test_change_that_waits_for_another_one_says_so_after_three_seconds(alice, phone, owner):
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = session_of(alice)
    asked = read_question(client, f"/phones/{phone.pk}/label/")
    owner.execute("SELECT FROM users_account WHERE id = %s FOR UPDATE", [alice.account_id])
    answer = client.post(f"/phones/{phone.pk}/label/", asked | {"label": "x"})
    assert answer.status_code == 503 and answer.headers["Retry-After"] == "5"
    assert "Someone else is changing the same data" in answer.text


def test_what_is_sent_slowly_keeps_no_transaction_open(alice, postgres):
    with serving() as site, postgres.connect_as_superuser(DATABASE) as superuser:
        browser = Browser(site, session_of(alice))
        body = f"csrfmiddlewaretoken={browser.token()}"
        head = (
            "POST /phones/add/ HTTP/1.1",
            f"Host: {browser.place}",
            f"Cookie: {browser.cookies}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(body) + 10}",
        )
        connections.close_all()
        host, _, port = browser.place.partition(":")
        with socket.create_connection((host, int(port))) as sender:
            sender.sendall("\r\n".join([*head, "", body]).encode())
            busy = "SELECT count(*) FROM pg_stat_activity WHERE state LIKE 'idle in transaction%'"
            until = time.monotonic() + 0.5
            while time.monotonic() < until:
                assert superuser.execute(busy).fetchone() == (0,)
            sender.sendall(b"&mac=12345")
            assert b" 422 " in sender.recv(100)


def test_server_ends_the_sessions_of_a_web_server_that_has_vanished(django_db_setup):
    """Without this, locks were held for ten seconds when a cluster was rehearsed."""
    names = {
        "idle_in_transaction_session_timeout": "5s",
        "client_connection_check_interval": "2s",
        "lock_timeout": "3s",
    }
    with logins.connect(product.DATABASES["default"]) as connection:
        for name, value in names.items():
            shown = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
            assert shown == (value,)
