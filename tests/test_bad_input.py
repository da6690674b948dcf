"""Send anything to any URL: a clear answer with the right status, never a 500; nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import cycle
from urllib.parse import quote
from wsgiref.util import setup_testing_defaults

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from phoneadmin.wsgi import application
from phones.models import PhoneModel
from tests import factories
from users.tenancy import scope

HTMX = {"HX-Request": "true"}


def routes(patterns=None) -> Iterator[tuple[str, bool]]:
    """The names of all our URLs, Django admin's left out, and whether they take a key."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name, bool(pattern.pattern.converters)
        elif isinstance(pattern, URLResolver) and pattern.namespace != "admin":
            yield from routes(pattern.url_patterns)


OF_SIGN_IN = ("account_", "mfa_", "usersessions_")
SIGN_IN = {name: key for name, key in routes() if name.startswith(OF_SIGN_IN)}
PAGES = {name: key for name, key in routes() if not name.startswith(OF_SIGN_IN)}
OF_ACCOUNT = [name for name in PAGES if name != "help"]  # which anybody may read

PERSON = {
    "first_name": "New", "last_name": "Person", "email": "new@example.com", "ext": "77",
    "caller_id": "+14155550100",
}  # fmt: skip
# What each form sends when all is well; every URL that is not here takes no POST.
FORMS = {
    "add_phone": {"mac": "805ec0aa0009", "model": "", "label": "New", "kind": "user"},
    "phone_label": {"label": "New"},
    "phone_assigned": {"to": "", "seen": ""},
    "phone_moves": {"moves": "", "seen": ""},
    "phone_correct": {"mac": "805ec0aa0009", "model": ""},
    "phone_replace": {"mac": "805ec0aa0009", "model": ""},
    "phone_remove": {"seen": ""},
    "phone_setup": {},
    "phones_restart": {"phones": ""},
    "phone_address": {
        "country": "US", "street": "100 Gold St", "unit_type": "", "unit": "", "floor": "2",
        "room": "", "building": "",
        "city": "New York", "state": "NY", "postal_code": "10038",
    },
    "add_user": PERSON | {"plan": "pro"},
    "user_edit": PERSON,
    "user_credentials": {},
    "user_credentials_change": {"seen": ""},
    "user_plan": {"plan": "plus"},
    "user_activation": {},
    "user_invitation": {},
    "user_second_factor": {},
    "user_sign_in_block": {},
    "user_delete": {},
    "company": {},
    "preferences": {"theme": "no colour"},
}  # fmt: skip
# Percent-encoded, as they travel.
BAD = {
    "1 MB": "x" * 1_000_000,
    "NUL": "a%00b",
    "a lone surrogate": "%ED%A0%80",
    "a byte that is no UTF-8": "%FF",
    "a line break": "a%0Ab",
    "text that turns round": "%E2%80%AEtxt",
}
BAD_NUMBERS = {"text": "seven", "20 digits": "9" * 20, "negative": "-1", "a fraction": "1.5"}
NUMBERS = {"model", "to", "ext"}


@pytest.fixture
def world(acme, alice, other) -> dict[str, int]:
    """Alice, signed in; Uma with a phone; Wyn without; and someone with a phone elsewhere."""
    uma, wyn, eve = (
        factories.person(acme, "Uma", ext="11"),
        factories.person(acme, "Wyn"),
        factories.person(other, "Eve"),
    )
    return {
        "phone": factories.phone(acme, uma, label="Ours").pk,
        "user": wyn.pk,
        "their phone": factories.phone(other, eve, label="Theirs").pk,
        "their user": eve.pk,
    }


@pytest.fixture
def browser(client, alice) -> Client:
    client.force_login(alice)
    client.raise_request_exception = False
    return client


def address(name: str, world: dict[str, int], *, whose: str = "", key: int | None = None) -> str:
    takes_key = PAGES[name]
    return reverse(name, args=[key or world[whose + name.split("_")[0]]] if takes_key else [])


def form(name: str, world: dict[str, int]) -> dict[str, str]:
    """What the form would send, percent-encoded."""
    ours = {"model": str(PhoneModel.objects.get(name="Snom D785").pk), "to": str(world["user"])}
    ours |= {"phones": str(world["phone"]), "moves": f"{world['phone']}-{world['user']}"}
    return {field: quote(ours.get(field) or value) for field, value in FORMS[name].items()}


def post(client: Client, url: str, encoded: dict[str, str], headers: dict[str, str]):
    body = "&".join(f"{field}={value}" for field, value in encoded.items())
    return client.post(url, body, content_type="application/x-www-form-urlencoded", headers=headers)


def sign_in_urls() -> Iterator[str]:
    for name, takes_key in SIGN_IN.items():
        if name != "account_reset_password_from_key":
            yield reverse(name, args=[1] if takes_key else [])


@cache
def digests() -> str:
    """The statement for a digest of every table; sessions and the cache are the machinery's own."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {
            "django_session",
            "phoneadmin_cache",
            "phones_wrongsecret",
            "pghistory_context",  # not used, and not ours to read
        }
    return " UNION ALL ".join(
        f"SELECT '{table}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} AS t"
        for table in tables
    )


def everything() -> dict[str, str]:
    """A digest of every table."""
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(digests())
        return dict(cursor.fetchall())


def read(response) -> bytes:
    """The whole answer; a download fails, if at all, only while it is read."""
    return b"".join(response.streaming_content) if response.streaming else response.content


# --- keys ---


KEYED = [name for name, takes_key in PAGES.items() if takes_key]


@pytest.mark.parametrize("name", KEYED)
def test_another_accounts_key_is_answered_like_one_that_nobody_has(browser, world, name):
    before = everything()
    theirs, unknown = address(name, world, whose="their "), address(name, world, key=10**17)
    sent = form(name, world) | {"seen": "0" * 32} if name in FORMS else {}
    for headers in (HTMX, {}):
        for query in ("", "?to=nobody", f"?to={world['user']}"):
            answers = [browser.get(url + query, headers=headers) for url in (theirs, unknown)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content
        answers = [post(browser, url, sent, headers) for url in (theirs, unknown)]
        assert [answer.status_code for answer in answers] == [404 if name in FORMS else 405] * 2
        assert answers[0].content == answers[1].content
    assert everything() == before


def test_person_of_another_account_is_answered_like_one_that_nobody_is(browser, world):
    before, url = everything(), address("phone_assigned", world)
    for headers in (HTMX, {}):
        for to in (world["their user"], 10**17):
            assert browser.get(url, {"to": to}, headers=headers).status_code == 404
            assert (
                browser.post(url, {"to": to, "seen": "0" * 32}, headers=headers).status_code == 404
            )
    assert everything() == before


def test_key_that_is_no_number_of_ours_is_not_found(browser, world):
    wrong = [
        "0",
        "-1",
        "07",
        "seven",
        "7.0",
        "%D9%A3",
        "9" * 20,
        "%00",
        "7%00",
        "%ED%A0%80",
        "%FF",
        "x" * 5000,
        "..",
        "7'",
    ]
    urls = [
        address(name, world, key=7).replace("/7/", f"/{key}/") for name in KEYED for key in wrong
    ]
    assert [url for url in urls if browser.get(url).status_code != 404] == []


# --- what stands after the question mark ---


PARAMETERS = {
    "help": ["q"],
    "users": ["q", "sort", "after", "before", "last"],
    "user_phones": ["q", "show", "model", "sort", "after", "before", "last"],
    "phones_csv": ["q", "show", "model", "sort"],
    "phones_status": ["rows", "missing"],
    "phone_people": ["q", "after", "before", "last"],
    "phone_assigned": ["q", "after", "before", "last", "to"],
}
TEXTS = {"q", "model"}
BAD_CURSORS = [
    quote(cursor)
    for cursor in (
        "{}",
        "[]",
        "[9]",
        "[-1,1,1]",
        '[0,"\\ud800"]',
        '[0,1,"\\u0000"]',
        "[0,1e999]",
        "[" * 499,
    )
]


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter_that_is_not_understood_is_told(browser, world, name):
    before = everything()
    for parameter in PARAMETERS[name]:
        values = BAD | BAD_NUMBERS | dict.fromkeys(BAD_CURSORS)
        for value in [encoded or shown for shown, encoded in values.items()]:
            response = browser.get(f"{address(name, world)}?{parameter}={value}")
            found = parameter in TEXTS and "%00" not in value and len(value) < 10_000
            allowed = {200} if found and len(value) < 60 else {200, 400} if found else {400}
            if parameter == "to" and value == "9" * 20:
                allowed = {400}
            assert response.status_code in allowed, (parameter, value[:50])
            assert read(response)
    assert everything() == before


def test_page_that_knows_no_such_parameter_is_not_broken_by_it(browser, world):
    names = sorted(
        {parameter for known in PARAMETERS.values() for parameter in known}
        | {"cancel", "next", "key", "seen"}
    )
    headers = cycle((HTMX, {}))
    for value in BAD.values():
        query = "&".join(f"{parameter}={value[:1000]}" for parameter in names)
        for name in PAGES:
            response = browser.get(f"{address(name, world)}?{query}", headers=next(headers))
            assert response.status_code in (200, 302, 400), (name, value[:50])
            read(response)


# --- forms ---


@pytest.mark.parametrize("name", [name for name, fields in FORMS.items() if fields])
def test_field_with_what_cannot_be_meant_is_refused(browser, world, name):
    before, url, good = everything(), address(name, world), form(name, world)
    wish = {"to": world["user"], "moves": f"{world['phone']}-{world['user']}"}
    seen = (
        {"seen": browser.get(url, wish, headers=HTMX).context["plan"].seen}
        if {*good} > {"seen"}
        else {}
    )
    for field in good:
        fitting = {"seen": {409}, "to": {400, 404}, "phones": {400}, "moves": {400}}.get(
            field, {422}
        )
        values = BAD | (BAD_NUMBERS if field in NUMBERS else {})
        for (what, value), headers in zip(values.items(), cycle((HTMX, {})), strict=False):
            response = post(browser, url, good | seen | {field: value}, headers)
            # In a pasted address a line break is a space: the result is shown, not stored.
            shown = {200} if name == "phone_address" and what == "a line break" else set()
            assert response.status_code in fitting | shown, (field, what)
            assert response.content
    assert everything() == before


@pytest.mark.parametrize(
    ("name", "needed", "status"),
    [
        ("add_phone", ["mac", "model", "kind"], 422), ("phone_correct", ["mac", "model"], 422),
        ("phone_replace", ["mac", "model"], 422), ("add_user", ["plan"], 422),
        ("user_plan", ["plan"], 422),
        ("phone_assigned", ["to", "seen"], 400), ("phone_remove", ["seen"], 409),
        ("user_credentials_change", ["seen"], 409),
    ],
)  # fmt: skip
def test_form_without_a_field_that_it_needs_is_refused(browser, world, name, needed, status):
    before, url, good = everything(), address(name, world), form(name, world)
    for headers in (HTMX, {}):
        for left_out in needed:
            sent = {field: value for field, value in good.items() if field != left_out}
            assert post(browser, url, sent, headers).status_code == status, left_out
        assert post(browser, url, {}, headers).status_code == status
    assert everything() == before


BODIES = {
    "JSON": ("application/json", b'{"label": "New"}'),
    "no type": ("", b"label=New"),
    "multipart without boundary": ("multipart/form-data", b"label=New"),
    "multipart cut off": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="label"\r\n\r\nNe',
    ),
    "multipart that is none": ("multipart/form-data; boundary=b", b"\xff\x00\xed\xa0\x80"),
    "a file for a field": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="label"; filename="a"'
        b"\r\n\r\nNew\r\n--b--\r\n",
    ),
    "3 MB": ("application/x-www-form-urlencoded", b"label=" + b"x" * 3_000_000),
    "2,000 fields": ("application/x-www-form-urlencoded", b"label=x&" * 2_000),
}


@pytest.mark.parametrize("body", BODIES)
def test_body_that_is_not_a_form_is_refused(browser, world, body):
    before, (content_type, content) = everything(), BODIES[body]
    for name in ("phone_assigned", "phone_correct", "user_plan"):
        response = browser.post(address(name, world), content, content_type=content_type)
        assert response.status_code in (400, 422)
    assert everything() == before


# --- what stands around ---


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
    """Call the server's own entrance: some of these break Django before its first middleware."""
    alice = factories.person(factories.account(), is_administrator=True, password="secret")
    client.post("/sign-in/", {"login": alice.email, "password": "secret"})
    signed_in = {"HTTP_COOKIE": f"sessionid={client.cookies['sessionid'].value}"}
    environ = {"PATH_INFO": "/users/", "QUERY_STRING": r"q=%5Cud800"} | signed_in | asked
    setup_testing_defaults(environ)
    answered = []
    b"".join(application(environ, lambda status, headers: answered.append(status)))
    assert answered in (["200 OK"], ["302 Found"], ["400 Bad Request"])


def test_method_that_a_url_does_not_know_is_refused(browser, world):
    before = everything()
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
    assert everything() == before


@pytest.mark.parametrize("name", FORMS)
def test_form_without_its_csrf_token_is_refused(world, alice, name):
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    before = everything()
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
    assert everything() == before


# --- who gets in ---


def test_every_url_of_ours_is_a_page_of_the_account_or_part_of_sign_in():
    parts = {reverse(name, args=[1] if key else []).split("/")[1] for name, key in PAGES.items()}
    assert parts == {
        "", "phones", "users", "company", "preferences", "activity", "help",
    }  # fmt: skip
    assert all(url.startswith("/sign-in/") for url in sign_in_urls())


def test_anybody_else_is_led_to_sign_in(client, world):  # R1
    before = everything()
    current = HTMX | {"HX-Current-URL": "http://testserver/phones/?q=x"}
    for url in (address(name, world) for name in OF_ACCOUNT):
        for ask in (client.get, client.post):
            response = ask(url)
            assert (response.status_code, response.url) == (302, f"/sign-in/?next={url}")
            response = ask(url, headers=current)
            assert (response.status_code, response["HX-Redirect"]) == (
                200,
                "/sign-in/?next=/phones/%3Fq%3Dx&ended=1",
            )
            assert response.content == b""
    assert everything() == before


def test_person_who_is_no_administrator_is_refused(client, world, acme):  # R1
    client.force_login(factories.person(acme))
    before = everything()
    for url in (address(name, world) for name in OF_ACCOUNT):
        for headers in (HTMX, {}):
            assert client.get(url, headers=headers).status_code == 403
            assert client.post(url, headers=headers).status_code == 403
    assert everything() == before


def test_support_staff_are_led_to_django_admin(client, world):  # R1
    with scope.entered(scope="support"):
        client.force_login(factories.support_agent())
    before = everything()
    for url in (address(name, world) for name in OF_ACCOUNT):
        assert (client.get(url).url, client.post(url).url) == ("/admin/", "/admin/")
    assert everything() == before


def test_sign_in_pages_are_not_broken_by_anything(client, alice):
    client.raise_request_exception = False
    before = everything()
    names = (
        "login",
        "password",
        "email",
        "next",
        "oldpassword",
        "password1",
        "password2",
        "code",
        "credential",
        "name",
        "language",
    )
    for value in BAD.values():
        fields = {name: value for name in names}
        for url in sign_in_urls():
            assert post(client, url, fields, {}).status_code in (200, 302, 400, 404, 405, 429), url
            short = "&".join(f"{name}={value[:1000]}" for name in names)
            assert client.get(f"{url}?{short}").status_code in (200, 302, 400, 404, 405), url
    assert everything() == before
