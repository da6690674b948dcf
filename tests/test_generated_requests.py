"""No generated request causes a 500, reveals another account or breaks a rule.

A failure names its seed, which repeats it as PHONEADMIN_SEED, and the fewest requests that show it.
(Hypothesis generates requests too, but as variations of a few: of a thousand, most went to a
handful of URLs.)
"""

from __future__ import annotations

import json
import logging
import os
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from django.db import connection, transaction
from django.test import Client

from phones.models import PhoneModel
from tests import companies, site
from tests.answers import text_of_answer
from users.tenancy import scope

SEED = int(os.environ.get("PHONEADMIN_SEED") or secrets.randbelow(2**32))
AT_ONCE = 8  # the most requests that build on each other
# A visit makes its transaction read-only, and the test's transaction contains all of them.
ALONE = {"reader", "support", "visitor"}

# Roles that get in ask more often than roles that are refused anyway.
OFTEN = [*site.ROLES, *["administrator"] * 4, *["other"] * 2, *["support"] * 3, "visitor"]

# Answered by middleware, before the URL configuration.
OUTSIDE = ["/p/<secret>/<file>", "/health/<name>", "/static/<file>"]
ODD = [
    "", "0", "-1", "07", "1.5", "1e9", "9" * 20, "nobody", "set-password", "x" * 300, "a\0b",
    "a\nb", "\ud800", "\u202etxt", "ü", "%", "_", "' OR true --", "<script>", "{}", "[]",
    '[0,1,"1"]', '[1,null,5]', "2026-02-30", "2026-11-23", "on", "true", "__all__", "..",
    "//example.com/", "http://[", "javascript:alert(1)", "ext", "-mac", "missing", "user", "common",
    "basic", "pro", "805ec0aa0009", "retry", "fill", "delete_selected", "911", "+14155550100",
]  # fmt: skip
NAMES = [
    "q", "sort", "after", "before", "last", "show", "status", "model", "to", "moves",
    "seen", "undo", "phones",
    "rows", "missing", "cancel", "phone", "person", "since", "until", "next", "key", "label", "mac",
    "kind", "chosen", "do", "whole", "country", "street", "city", "state", "postal_code",
    "first_name", "last_name", "email", "ext", "caller_id", "plan", "is_administrator", "login",
    "password", "oldpassword", "password1", "password2", "code", "credential", "name", "session",
    "csrfmiddlewaretoken", "reason", "reason_there", "action", "_selected_action", "index",
    "select_across", "post",
    "_save", "p", "o", "e", "all", "_popup", "_to_field", "_changelist_filters", "app_label",
    "model_name", "field_name", "term", "account", "kind__exact", "is_staff__exact",
    "account__id__exact", "id__in", "password__startswith",
]  # fmt: skip


def known(world: site.World) -> dict[str, str]:
    """Return the values of both companies that requests contain, by name."""
    found = {"a model": str(PhoneModel.objects.get(name="Snom D785").pk)}
    for whose, of in (("our", world.ours), ("their", world.theirs)):
        found |= {
            f"{whose} account": str(of.account.pk), f"{whose} person": str(of.wyn.pk),
            f"{whose} administrator": str(of.administrator.pk), f"{whose} phone": str(of.phone.pk),
            f"{whose} free phone": str(of.spare.pk), f"{whose} address": str(of.address.pk),
            f"{whose} passkey": str(of.numbered(33)), f"{whose} MAC": of.phone.mac,
            f"{whose} email": of.administrator.email, f"{whose} name": f"Alice {of.word}son",
            f"{whose} secret": of.secret, f"{whose} move": f"{of.phone.pk}-{of.wyn.pk}",
            f"{whose} rows": f"{of.phone.pk}.0,{of.spare.pk}.0",
            f"{whose} file": f"{of.phone.mac}.cfg", f"{whose} session": f"{of.word}session",
        }  # fmt: skip
    return found


KNOWN = [
    f"{whose} {what}" for whose in ("our", "their") for what in (
        "account", "person", "administrator", "phone", "free phone", "address", "passkey", "MAC",
        "email", "name", "secret", "move", "rows", "file", "session",
    )
] + ["a model"]  # fmt: skip


@dataclass(frozen=True)
class Said:
    """A value that is known only once the two companies exist."""

    name: str


@dataclass(frozen=True)
class Request:
    """A request, in terms that mean the same in every run."""

    method: str
    url: str
    keys: Any  # "ours", "theirs", or the text that replaces each key
    query: list[tuple[str, Any]]
    form: bool  # starts from the valid form data
    fields: list[tuple[str, Any]]
    body: str  # how the fields are encoded
    headers: dict[str, str]


HEADERS = [
    ("HX-Request", "true"), ("HX-Request", "true"), ("HX-Target", "listing"),
    ("HX-Target", "%ED%A0%80"), ("HX-Boosted", "true"),
    ("HX-Current-URL", "http://testserver/phones/?q=x"), ("HX-Current-URL", "http://["),
    ("HX-Current-URL", "\xff"), ("Host", "evil.example"), ("Host", "localhost:99999"),
    ("Host", "[::1"), ("Cookie", r'csrftoken="\000"'), ("Cookie", "messages=x"),
    ("Cookie", "known=x:y:z"), ("Cookie", r'django_language="\000"'), ("Cookie", "sessionid=x"),
    ("Accept-Language", "es"), ("Accept-Language", "x" * 2000), ("Accept-Language", "\0"),
    ("Accept-Encoding", "gzip"), ("Accept", "application/json"), ("X-Forwarded-For", "192.0.2.1"),
    ("X-Forwarded-For", "x, 1"), ("X-Forwarded-Proto", "gopher"),
    ("X-Forwarded-Host", "evil.example"), ("X-HTTP-Method-Override", "DELETE"),
    ("X-Requested-With", "XMLHttpRequest"), ("X-Request-ID", "a" * 40), ("Origin", "null"),
    ("Referer", "http://["), ("Range", "bytes=0-1"), ("If-Modified-Since", "yesterday"),
]  # fmt: skip
CHARACTERS = "aZ09 .,:;-_%&=+?/\\\"'<>(){}[]*~`|\0\r\n\t\x7fé\u0301\u202e\ud800\uffff\U0001f600"
# The parts of the site, all equally often.
PARTS: dict[str, list[str]] = {"outside": OUTSIDE}
for url in site.urls():
    PARTS.setdefault(
        url.split("/")[1]
        if url.startswith(("/phones/", "/users/", "/sign-in/", "/admin/"))
        else "",
        [],
    ).append(url)


def value(rng: Random) -> Any:
    """Return a value of one of the companies, an odd one, or random characters."""
    which = rng.random()
    if which < 0.5:
        return Said(rng.choice(KNOWN))
    return rng.choice(ODD) if which < 0.9 else "".join(rng.choices(CHARACTERS, k=rng.randrange(12)))


def pairs(rng: Random) -> list[tuple[str, Any]]:
    return [(rng.choice(NAMES), value(rng)) for _ in range(rng.choice((0, 0, 1, 2, 4)))]


def made(rng: Random) -> Request:
    return Request(
        method=rng.choice(["GET"] * 5 + ["POST"] * 6 + ["HEAD", "OPTIONS", "PUT", "DELETE"]),
        url=rng.choice(rng.choice(list(PARTS.values()))),
        keys=rng.choice(["ours"] * 6 + ["theirs"] * 3 + [value(rng)]),
        query=pairs(rng),
        form=rng.random() < 0.7,
        fields=pairs(rng),
        body=rng.choice(
            ["urlencoded"] * 8 + ["multipart", "multipart", "JSON", "bytes", "cut off"]
        ),
        headers=dict(rng.choices(HEADERS, k=rng.choice((0, 0, 1, 2)))),
    )


def smaller(sent: list[Request]) -> Iterator[list[Request]]:
    """Yield every way to leave something out of the requests."""
    for n, request in enumerate(sent):
        yield sent[:n] + sent[n + 1 :]
        less = [
            replace(request, query=request.query[:k] + request.query[k + 1 :])
            for k in range(len(request.query))
        ]
        less += [
            replace(request, fields=request.fields[:k] + request.fields[k + 1 :])
            for k in range(len(request.fields))
        ]
        less += [
            replace(request, headers={k: v for k, v in request.headers.items() if k != name})
            for name in request.headers
        ]
        less += [replace(request, form=False)] * request.form
        less += [replace(request, body="urlencoded")] * (request.body != "urlencoded")
        yield from ([*sent[:n], one, *sent[n + 1 :]] for one in less)


def least(sent: list[Request], fails: Callable[[list[Request]], str]) -> list[Request]:
    """Return the smallest part of these requests that still fails."""
    while found := next((fewer for fewer in smaller(sent) if fails(fewer)), None):
        sent = found
    return sent


@dataclass
class Town:
    """The two companies, and what no other role may learn of each."""

    world: site.World
    known: dict[str, str]
    forms: dict[str, dict[str, Any]]
    ours: set[str]
    theirs: set[str]
    hidden: set[str]

    def text(self, value: Any) -> str:
        return self.known[value.name] if isinstance(value, Said) else str(value)

    def address(self, request: Request) -> str:
        world = self.world
        if request.url in OUTSIDE:
            value = self.text(request.keys)
            secret = {"ours": world.ours.secret, "theirs": world.theirs.secret}.get(value, value)
            return (
                request.url.replace("<secret>", secret)
                .replace("<file>", value)
                .replace("<name>", value)
            )
        if request.keys in ("ours", "theirs"):
            return site.address(request.url, world, getattr(world, request.keys))
        return site.KEY.sub(lambda name: self.text(request.keys), request.url)

    def send(self, client: Client, request: Request) -> tuple[str, Any]:
        """Send a request; return all of its text, and the answer."""
        path = quote(self.address(request), errors="surrogatepass")
        needed = site.queries(self.world).get(request.url, {}) if request.form else {}
        asked = [*needed.items(), *((name, self.text(value)) for name, value in request.query)]
        query = urlencode(asked, errors="surrogatepass")
        fields = {**(self.forms.get(request.url, {}) if request.form else {})}
        fields |= {name: self.text(value) for name, value in request.fields}
        encoded = urlencode(fields, errors="surrogatepass").encode()
        parts = [
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
            for name, value in fields.items()
        ]
        whole = "".join(parts).encode(errors="surrogatepass")
        content_type, body = {
            "urlencoded": ("application/x-www-form-urlencoded", encoded),
            "multipart": ("multipart/form-data; boundary=b", whole + b"--b--\r\n"),
            "cut off": ("multipart/form-data; boundary=b", whole[:-9]),
            "JSON": ("application/json", json.dumps(fields).encode()),
            "bytes": ("application/octet-stream", b"\xff\x00" + encoded),
        }[request.body]
        if request.method in ("GET", "HEAD"):
            body = b""
        headers = request.headers
        if "Cookie" in headers:
            headers = headers | {
                "Cookie": f"{client.cookies.output(header='', sep=';')}; {headers['Cookie']}"
            }
        answer = client.generic(
            request.method,
            path,
            body,
            content_type=content_type,
            headers=headers,
            QUERY_STRING=query,
        )
        return unquote(
            f"{path} {query} {encoded.decode()} {request.headers}".replace("+", " ")
        ).lower(), answer


class Errors(logging.Handler):
    """Keep what is logged as an error, and every exception.

    Suspicious operations are left out, because they are the sender's fault.
    """

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if (record.levelno >= logging.ERROR or record.exc_info) and not record.name.startswith(
            "django.security"
        ):
            self.found.append(self.format(record))


MISCOUNTED = """
    SELECT account_id, kind, model_id, count(*), count(assigned_to_id),
        count(*) FILTER (
            WHERE current_address_id IS NULL AND (kind = 'common' OR assigned_to_id IS NOT NULL)
        )
    FROM phones_phone WHERE retired_at IS NULL GROUP BY 1, 2, 3
    EXCEPT
    SELECT account_id, kind, model_id, phones, assigned, missing_address FROM phones_phonecount
"""


def miscounted() -> list[tuple]:
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(MISCOUNTED)
        return cursor.fetchall()


@pytest.fixture
def town(db, registrar_answers) -> Town:
    world = site.world()
    ours, theirs = (
        companies.marks(world.ours, world.theirs),
        companies.marks(world.theirs, world.ours),
    )
    hidden = companies.hidden(world.ours) | companies.hidden(world.theirs)
    return Town(world, known(world), site.forms(world), ours, theirs, hidden)


@pytest.fixture
def errors():
    handler = Errors()
    logging.getLogger().addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)


def ask(town: Town, errors: Errors, number: int, wanted: int) -> None:
    """Send at least `wanted` requests, in groups that each start from the same two companies."""
    world, asked = town.world, 0
    unseen = {
        "nobody": town.ours | town.theirs, "user": town.theirs, "administrator": town.theirs,
        "other": town.ours, "reader": set(), "support": set(), "visitor": set(),
    }  # fmt: skip
    untouched = {
        "nobody": (world.ours, world.theirs), "user": (world.theirs,),
        "administrator": (world.theirs,), "other": (world.ours,), "reader": (), "support": (),
        "visitor": (),
    }  # fmt: skip
    before = {of.word: companies.digests(of) for of in (world.ours, world.theirs)}

    def wrong(role: str, sent: list[Request]) -> str:
        """Send these requests to unchanged companies; return what is wrong afterward, or ""."""
        errors.found.clear()
        with transaction.atomic():
            try:
                for request in sent:
                    said, answer = town.send(world.client(role), request)
                    got = text_of_answer(answer)
                    leaked = {
                        mark
                        for mark in unseen[role] | town.hidden
                        if mark in got and mark not in said
                    }
                    if answer.status_code >= 500 or leaked:
                        return f"{answer.status_code} {leaked or ''} {errors.found}"
                touched = [
                    of.word for of in untouched[role] if companies.digests(of) != before[of.word]
                ]
                return f"{errors.found or ''}{touched or ''}{miscounted() or ''}"
            finally:
                transaction.set_rollback(True)

    rng = Random(number)
    while asked < wanted:
        role = rng.choice(OFTEN)
        sent = [made(rng) for _ in range(1 if role in ALONE else rng.randint(1, AT_ONCE))]
        asked += len(sent)
        if wrong(role, sent):
            sent = least(sent, lambda fewer: wrong(role, fewer))  # noqa: B023
            lines = "\n".join(map(str, sent))
            pytest.fail(
                f"PHONEADMIN_SEED={number}: as {role}\n{lines}\n{wrong(role, sent)}", pytrace=False
            )


@pytest.mark.ci
def test_thousand_requests_meet_no_error_and_learn_nothing_of_others(town, errors):
    ask(town, errors, SEED, 1_000)


@pytest.mark.soak
@pytest.mark.parametrize("part", range(20))
def test_hundred_thousand_requests_meet_no_error_and_learn_nothing_of_others(town, errors, part):
    ask(town, errors, SEED + part, 5_000)
