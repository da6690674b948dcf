"""Logs: one line per event, with request numbers, routes and ids, and nothing a user sent."""

from __future__ import annotations

import http.client
import json
import logging
import os
import subprocess
import sys
import time
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import transaction

from phoneadmin.operations import logs
from tests import factories
from tests.web import serving, session_of
from users import jobs
from users.tenancy import scope

from .production import HOST, environment

SECRET = "Hush-hush-4711"


def send(
    site: str, method: str, target: str, body: str = "", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Send a request the way a proxy passes it on; return status, headers and body."""
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
    try:
        form = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
        given = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"} | form
        connection.request(
            method,
            target,
            body.encode(),
            given | {k.replace("_", "-"): v for k, v in headers.items()},
        )
        response = connection.getresponse()
        headers_ = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers_, response.read().decode()
    finally:
        connection.close()


def lines(text: str) -> list[dict]:
    """Parse a log: each line is one JSON object, except the worker's greeting."""
    return [
        json.loads(line)
        for line in text.splitlines()
        if line and not line.startswith("Launching a worker")
    ]


def cookie(site: str, user=None) -> tuple[str, str]:
    """Return a Cookie header that holds a secret, and the CSRF token that goes with it."""
    _, headers, _ = send(site, "GET", "/sign-in/")
    token = headers["set-cookie"].split("__Host-csrftoken=")[1].split(";")[0]
    session = f"; __Host-sessionid={session_of(user)}" if user else ""
    return f"__Host-csrftoken={token}; other={SECRET}{session}", token


def test_nothing_that_was_sent_is_in_a_line_or_on_an_error_page(committed, owner, capfd):
    """Provoke 400, 403, 404, 405 and 500 with secrets in path, query, form, cookies and headers."""
    account = factories.account("Acme")
    alice = factories.person(account, "Alice", email="alice@acme.example", is_administrator=True)
    factories.phone(account)
    with serving(**environment()) as site:
        cookies, token = cookie(site)
        form = f"login={SECRET}%40example.com&password={SECRET}&csrfmiddlewaretoken={token}"
        send_refused_requests(site, form, (cookies, token), cookie(site, alice))
        owner.execute("ALTER TABLE users_user RENAME TO users_elsewhere")
        owner.commit()
        try:
            send_failing_requests(site, form, cookies)
        finally:
            owner.execute("ALTER TABLE users_elsewhere RENAME TO users_user")
            owner.commit()
    written = capfd.readouterr().err
    assert SECRET not in written and "Alice" not in written and "alice@" not in written
    requests = [line for line in lines(written) if line["event"] == "request"]
    assert {line["status"] for line in requests} >= {200, 400, 403, 404, 405, 500}
    assert {"telephone", "account_login", "user_phones", "phone_label"} <= {
        line["route"] for line in requests
    }
    assert {(alice.pk, account.pk)} <= {
        (line.get("user"), line.get("account")) for line in requests
    }
    broken = [
        line
        for line in lines(written)
        if line["logger"] == "django.request" and line["request"] == "from-the-proxy"
    ]
    assert broken and all(
        line["level"] == "error" and "UndefinedTable 42P01" in str(line["error"]) for line in broken
    )


def send_refused_requests(
    site: str, form: str, visitor: tuple[str, str], member: tuple[str, str]
) -> None:
    """Send requests that end in 400, 403, 404 and 405, and check that no page shows the secret.

    `visitor` and `member` are cookies and CSRF tokens as `cookie` returns them.
    """
    (cookies, token), (signed_in, own_token) = visitor, member
    by_member, by_visitor = {"Cookie": signed_in}, {"Cookie": cookies}
    elsewhere = {"Origin": f"https://{SECRET}.example.com"}
    search = f"sort={SECRET}&show={SECRET}&page={SECRET}&model={SECRET}"
    tampered = form.replace(token, SECRET)
    put = {"X_CSRFToken": own_token, "Referer": f"https://{HOST}/{SECRET}"}
    for status, method, target, body, headers in (
        (404, "GET", f"/p/{SECRET}/{SECRET}.cfg", "", {}),
        (404, "GET", f"/{SECRET}/?token={SECRET}", "", by_member),
        (404, "GET", f"/phones/999/label/?q={SECRET}", "", by_member),
        (400, "GET", f"/phones/?{search}", "", by_member),
        (400, "GET", f"/sign-in/?next={SECRET}", "", {"Host": f"{SECRET}.example.com"}),
        (403, "POST", f"/sign-in/?next=/{SECRET}/", tampered, by_visitor),
        (403, "POST", "/sign-in/", form, by_visitor | elsewhere),
        (405, "PUT", f"/phones/?{SECRET}", form, by_member | put),
    ):
        got, _, page = send(site, method, target, body, **headers)
        assert (got, target) == (status, target)
        assert SECRET not in page, (status, target)


def send_failing_requests(site: str, form: str, cookies: str) -> None:
    """Send requests that end in 500, and check that pages show their number but not the secret."""
    headers = {
        "Cookie": cookies,
        "Origin": f"https://{HOST}",
        "User_Agent": SECRET,
        "X_Request_ID": "from-the-proxy",
    }
    for method, target, body in (
        ("POST", f"/sign-in/?next=/{SECRET}/", form),
        ("GET", f"/sign-in/password/1-{SECRET}/", ""),
    ):
        got, given, page = send(site, method, target, body, **headers)
        assert got == 500
        assert SECRET not in page
        assert given["x-request-id"] == "from-the-proxy" and "from-the-proxy" in page, (
            "support can look it up"
        )


def test_number_of_a_request_is_the_proxys_only_where_one_is_trusted_and_well_formed(
    client, settings, caplog
):
    def number(given: str) -> str:
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "phoneadmin.middleware"):
            return client.get("/health/alive", headers={"X-Request-ID": given}).headers[
                "X-Request-ID"
            ]

    settings.TRUSTED_PROXIES = 0
    assert number("given-by-a-stranger") != "given-by-a-stranger"
    settings.TRUSTED_PROXIES = 1
    assert number("0123-proxy") == "0123-proxy"
    for bad in ("short", "x" * 65, "a line\tapart", "<script>alert</script>", "ümläute-in-it"):
        assert len(number(bad)) == 32
    assert number("") != number("")


def test_probes_and_static_files_are_quiet_unless_they_fail(client, caplog):
    with caplog.at_level(logging.INFO):
        client.get("/health/alive")
        assert not caplog.records
        client.get("/health/nonsense")
    (record,) = [record for record in caplog.records if record.getMessage() == "request"]
    assert (record.facts["route"], record.facts["status"]) == ("health", 404)


def test_line_of_an_exception_holds_its_kind_and_place_and_not_its_words():
    def fail() -> None:
        try:
            int(SECRET)
        except ValueError as error:
            raise RuntimeError(SECRET) from error

    record = logging.makeLogRecord(
        {"name": "x", "levelno": logging.ERROR, "levelname": "ERROR", "msg": "It failed"}
    )
    try:
        fail()
    except RuntimeError:
        record.exc_info = sys.exc_info()
    for made in (logs.Json().format(record), logs.Text().format(record)):
        assert SECRET not in made
        assert (
            "builtins.RuntimeError: tests/phoneadmin/operations/test_logs.py:" in made
            and "builtins.ValueError: " in made
        )


def broken(**variables: str) -> dict[str, str]:
    return environment(DJANGO_SETTINGS_MODULE="tests.phoneadmin.operations.broken", **variables)


def test_exception_shows_kind_and_place_and_no_words_wherever_it_is_raised(committed, capfd):
    """Raise before Django, in middleware, on the error page, in the body and in a thread."""
    expected = {
        "middleware": (500, "django.request"),
        "page-for-errors": (500, "A request failed outside of Django's handling"),
        "thread": (200, "A thread failed"),
        "deletion": (200, "Clearing something away failed"),
        "task": (200, "Task exception was never retrieved"),
        "warning": (200, "A warning"),
        "library": (200, "It failed."),
        "line": (200, "An event could not be logged"),
        "end": (200, None),
        "next-start": (200, None),
        "thread?x": (500, "A request failed outside of Django's handling"),
        "sending-without-length": (500, "A request failed outside of Django's handling"),
    }
    with serving(**broken()) as site:
        for path, (status, event) in expected.items():
            assert send(site, "GET", f"/fail/{path}")[0] == status, path
            written = without_words(capfd.readouterr())
            told = [line for line in lines(written) if line["event"] == event]
            assert bool(told) == bool(event), (path, written)
            for line in told:
                assert "tests/phoneadmin/operations/broken.py:" in str(line) or path.endswith(
                    "length"
                ), path
        with pytest.raises((http.client.HTTPException, ConnectionError)):  # a visible end
            send(site, "GET", "/fail/sending")
    written = without_words(capfd.readouterr())
    assert "An answer broke off" in {line["event"] for line in lines(written)}


def without_words(written: Any) -> str:
    """Return what was written to stderr; assert that no exception's text is in it or in stdout."""
    for text in (written.out, written.err):
        assert "Hush" not in text and "Traceback" not in text
    return written.err


@pytest.mark.parametrize("where", ["worker", "side task"])
def test_worker_that_fails_says_where_and_not_in_which_words(django_db_setup, capfd, where):
    command = [sys.executable, "manage.py", "procrastinate", "--verbosity=0", "worker"]
    variables = child_environment() | broken(FAIL=where)
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=variables, timeout=60)
    written = without_words(capfd.readouterr())
    assert done.returncode == (1 if where == "worker" else 0)
    event = {"worker": "The program failed", "side task": "side_task_failed"}[where]
    (told,) = (line for line in lines(written) if line["event"] == event)
    assert "broken.py" in str(told["error"])


def test_line_cannot_be_forged():
    record = logging.makeLogRecord({"name": "x", "msg": 'one\n{"event": "two"}'})
    assert len(logs.Json().format(record).splitlines()) == 1


def test_worker_logs_tasks_and_numbers_of_jobs_and_not_what_they_are_about(committed):
    with transaction.atomic(), scope.entered(scope="support"):
        jobs.defer("e911.register", account_id=471147114711, address_id=815)
    done = subprocess.run(
        [sys.executable, "manage.py", "procrastinate", "--verbosity=0", "worker", "--one-shot"],
        cwd=settings.BASE_DIR, env=child_environment(), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    about_it = [line for line in lines(done.stderr) if line.get("task") == "e911.register"]
    assert {"start_job", "job_success"} <= {line["event"] for line in about_it}
    assert "471147114711" not in str(about_it)
    assert len({line["job"] for line in about_it}) == 1


def child_environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "PHONEADMIN"))
    }
    return (
        kept
        | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", "PHONEADMIN_DATA": str(settings.DATA)}
        | environment()
    )


def test_logging_costs_a_request_next_to_nothing(client):
    started = time.process_time()
    for _ in range(200):
        client.get("/health/alive")
    assert (time.process_time() - started) / 200 < 0.005


@pytest.mark.parametrize("production", [True, False])
def test_production_has_json_and_a_readable_line_is_for_everybody_else(production):
    code = (
        "from logging import config, getLogger; from django.conf import settings;"
        " config.dictConfig(settings.LOGGING)\n"
        "getLogger('phones').error('Words\\nand more')"
    )
    variables = (
        child_environment()
        if production
        else {k: v for k, v in child_environment().items() if k not in environment()}
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    if production:
        assert lines(done.stderr)[0]["event"] == "Words\nand more"
    else:
        assert done.stderr.splitlines()[0].endswith("ERROR   Words")
