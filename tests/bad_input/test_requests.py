"""Headers, methods and requests that no browser sends break nothing."""

from __future__ import annotations

from wsgiref.util import setup_testing_defaults

import pytest
from django.test import Client

from phoneadmin.wsgi import application
from tests import factories
from tests.bad_input.pages import FORMS, HTMX, PAGES, address, form, post
from tests.digests import digests_of_all_tables


@pytest.mark.parametrize(
    "headers",
    [
        {"Accept-Language": "x" * 5000}, {"Accept-Language": "\0"}, {"HX-Current-URL": "http://["},
        {"HX-Target": "%ED%A0%80", "HX-Target-URI-AutoEncoded": "true"},
        {"Cookie": "sessionid=" + "x" * 5000}, {"Cookie": r'csrftoken="\000"'},
        {"Cookie": r'messages="\000"'},
        {"Cookie": r'django_language="\000"'},
    ],
)  # fmt: skip
def test_header_that_no_browser_sends_breaks_nothing(browser, world, headers):
    for _ in ("signed in", "signed out"):
        for name in ("user_phones", "users", "phone_people"):
            response = browser.get(address(name, world), headers=HTMX | headers)
            assert response.status_code in (200, 302, 400), name
        browser.logout()


@pytest.mark.parametrize(
    "asked",
    [
        *(
            {"CONTENT_TYPE": f"text/plain; charset={name}"}
            for name in ("unicode_escape", "utf-16", "utf-7", "hex", "no-such")
        ),
        {"HTTP_COOKIE": r'sessionid="abcdefgh\000"'},
    ],
    ids=str,
)
def test_request_that_no_browser_sends_breaks_nothing(committed, client, asked):
    """Call the WSGI application: some of these break Django before its first middleware."""
    alice = factories.person(factories.account(), is_administrator=True, password="secret")
    client.post("/sign-in/", {"login": alice.email, "password": "secret"})
    signed_in = {"HTTP_COOKIE": f"sessionid={client.cookies['sessionid'].value}"}
    environ = {"PATH_INFO": "/users/", "QUERY_STRING": r"q=%5Cud800"} | signed_in | asked
    setup_testing_defaults(environ)
    answered = []
    b"".join(application(environ, lambda status, headers: answered.append(status)))
    assert answered in (["200 OK"], ["302 Found"], ["400 Bad Request"])


def test_method_that_a_url_does_not_know_is_refused(browser, world):
    before = digests_of_all_tables()
    asked = [
        (method, name)
        for name in PAGES
        for method in ("PUT", "PATCH", "DELETE", "TRACE", "NONSENSE", "POST")
        if method != "POST" or name not in FORMS
    ]
    answers = {
        (method, name): browser.generic(method, address(name, world)).status_code
        for method, name in asked
    }
    assert {asked: status for asked, status in answers.items() if status != 405} == {}
    assert digests_of_all_tables() == before


@pytest.mark.parametrize("name", FORMS)
def test_form_without_its_csrf_token_is_refused(world, alice, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = digests_of_all_tables()
    for headers in (HTMX, {}):
        for token in ("", "x", "x" * 64):
            response = post(
                client,
                address(name, world),
                form(name, world) | {"csrfmiddlewaretoken": token},
                headers,
            )
            assert response.status_code == 403
            assert "nothing was done" in response.content.decode()
    assert digests_of_all_tables() == before
