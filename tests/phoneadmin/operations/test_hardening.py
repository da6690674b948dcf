"""What production sends besides the page itself, and which headers it does not believe."""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from tests import factories
from tests.web import serving

from .production import HOST, environment


@pytest.fixture(scope="module")
def site(django_db_setup):
    """Run the web server in production behind one proxy."""
    with serving(**environment()) as address:
        yield address


def get(
    site: str, target: str, method: str = "GET", body: str | None = None, **headers: str
) -> http.client.HTTPResponse:
    """Send a request as the proxy passes it on; `headers` replace its own, "" removes one."""
    given = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    connection = http.client.HTTPConnection(urlsplit(site).netloc, timeout=30)
    try:
        connection.request(
            method, target, body, {name: value for name, value in given.items() if value}
        )
        response = connection.getresponse()
        response.text = response.read().decode()
        return response
    finally:
        connection.close()


def test_check_deploy_has_nothing_to_say_about_production_not_even_with_an_attempt_at_debug():
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "PHONEADMIN"))
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy", "--fail-level=INFO"],
        cwd=settings.BASE_DIR,
        env=kept
        | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings"}
        | environment(PHONEADMIN_DEBUG="1"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "target", ["/sign-in/", "/nowhere/", "/static/app.css", "/static/nowhere.css"]
)
def test_every_answer_carries_what_browsers_are_to_obey(site, target):
    headers = get(site, target).headers
    assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Access-Control-Allow-Origin"] is None
    assert len(headers["X-Request-ID"]) == 32
    if not target.startswith("/static/"):
        assert headers["X-Frame-Options"] == "DENY"


def test_cookies_are_of_this_host_over_https_only_and_closed_to_scripts(site):
    cookies = get(site, "/sign-in/").headers.get_all("Set-Cookie")
    assert cookies
    for cookie in cookies:
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(re.split(r"; ", cookie))
        assert "SameSite=Lax" in cookie and "Domain" not in cookie


def test_http_is_led_to_https_and_telephones_and_probes_are_not(site):
    answer = get(site, "/phones/?page=2", X_Forwarded_Proto="http")
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{HOST}/phones/?page=2")
    assert get(site, "/p/secret/file.cfg", X_Forwarded_Proto="http").status == 404
    assert get(site, "/p/secret/file.cfg", X_Forwarded_Proto="", Host="10.0.0.7").status == 404
    assert get(site, "/health/alive", X_Forwarded_Proto="", Host="10.0.0.7").status == 200


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "NONSENSE"])
def test_method_that_nobody_needs_is_refused_by_the_server_as_it_runs(site, method):
    for target in ("/sign-in/", "/admin/", "/static/app.css", "/health/alive", "/p/x/y.cfg"):
        answer = get(site, target, method, Cookie="secret=1")
        assert answer.status == 405
        assert "secret" not in answer.text


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"{HOST}.evil.example", f"{HOST}@evil.example", "localhost", "127.0.0.1"],
)
def test_another_host_than_ours_is_refused(site, host):
    answer = get(site, "/sign-in/", Host=host)
    assert answer.status == 400
    assert "evil" not in answer.text


def test_host_named_by_a_proxy_header_is_not_believed(site):
    answer = get(
        site,
        "/",
        X_Forwarded_Host="evil.example",
        Forwarded="host=evil.example;proto=http",
        X_Forwarded_Port="1",
    )
    assert (answer.status, answer.headers["Location"]) == (302, "/sign-in/?next=/")
    answer = get(site, "/", X_Forwarded_Proto="http", X_Forwarded_Host="evil.example")
    assert answer.headers["Location"] == f"https://{HOST}/"


def test_without_a_trusted_proxy_nobody_can_claim_https(django_db_setup):
    """A stranger reaches the web server directly."""
    variables = {"PHONEADMIN_TRUSTED_PROXIES": "0", "PHONEADMIN_URL": f"http://{HOST}"}
    with serving(**environment(**variables)) as site:
        answer = get(
            site, "/sign-in/", X_Forwarded_Proto="https", X_Request_ID="made-by-a-stranger"
        )
        assert answer.status == 200
        assert answer.headers["Strict-Transport-Security"] is None
        assert answer.headers["X-Request-ID"] != "made-by-a-stranger"
        assert (
            get(site, "/sign-in/", X_Forwarded_Host="evil.example", Host="evil.example").status
            == 400
        )


def test_signed_in_page_is_kept_by_nobody(client, acme, alice):
    factories.phone(acme)
    client.force_login(alice)
    assert client.get("/phones/").headers["Cache-Control"] == "no-store, private"
