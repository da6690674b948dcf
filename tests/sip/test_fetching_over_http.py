"""Fetching a configuration as a telephone does it, byte by byte, from the real web server (R32)."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

import pytest
from django.db import connections, transaction

from phoneadmin import demo
from phones import fetching
from phones.models import Phone, Provisioning
from tests import factories
from tests.phones.provisioning import readers
from tests.web import serving
from users.tenancy import scope

from .conftest import credentials

HERE = "127.0.0.1"
OFFICE = "127.0.0.7"  # many telephones behind one address, somebody who guesses among them
MAC = "805ec0123456"
ANOTHERS = "805ec0ffffff"
UNKNOWN = "805ec0000000"


@dataclass(frozen=True)
class Site:
    """The web server, and what it prints."""

    port: int
    output: Path

    def exchange(self, request: bytes, sender: str = HERE) -> bytes:
        """Send bytes on a new connection; return all that comes back but the time of day."""
        with socket.create_connection(
            (HERE, self.port), timeout=10, source_address=(sender, 0)
        ) as connection:
            connection.sendall(request)
            answer = b"".join(iter(lambda: connection.recv(65536), b""))
        return re.sub(rb"(?m)^date: .*\r\n", b"", answer)

    def get(
        self, target: bytes | str, sender: str = HERE, *, method: str = "GET", headers: str = ""
    ) -> bytes:
        """Ask for a request target exactly as it is written here."""
        target = target.encode() if isinstance(target, str) else target
        request = b"%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n"
        return self.exchange(request % (method.encode(), target, headers.encode()), sender)

    @contextmanager
    def connection(self, sender: str) -> Iterator[HTTPConnection]:
        """A connection for many requests."""
        connection = HTTPConnection(HERE, self.port, timeout=10, source_address=(sender, 0))
        try:
            yield connection
        finally:
            connection.close()


@contextmanager
def printing_into(path: Path) -> Iterator[None]:
    """Have processes that start within the block print into a file."""
    kept = {number: os.dup(number) for number in (1, 2)}
    try:
        with open(path, "wb") as file:
            for number in kept:
                os.dup2(file.fileno(), number)
        yield
    finally:
        for number, before in kept.items():
            os.dup2(before, number)
            os.close(before)


@pytest.fixture(scope="module")
def served(django_db_setup, tmp_path_factory) -> Iterator[Site]:
    output = tmp_path_factory.mktemp("web") / "output"
    with ExitStack() as stack:
        with printing_into(output):
            address = stack.enter_context(serving())
        yield Site(urlsplit(address).port, output)


@pytest.fixture
def site(served: Site, committed) -> Iterator[Site]:
    """Return the web server without wrong secrets counted, before this test or after it."""
    try:
        yield served
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM phones_wrongsecret")


@dataclass(frozen=True)
class Desk:
    """Uma's phone, which was connected."""

    phone: Phone
    password: str
    token: str

    @property
    def path(self) -> str:
        return f"/p/{self.token}/{MAC}.cfg"


@pytest.fixture
def desk(site: Site) -> Desk:
    account = factories.account("Acme")
    uma = factories.person(account, "Uma", "Ulm", ext="11")
    phone = factories.phone(account, uma, mac=MAC)
    factories.phone(account, mac=ANOTHERS)
    return Desk(phone, credentials(uma)[1], token_for(phone))


def token_for(phone: Phone) -> str:
    """Return a token as a phone has it that fetched before; the database has its SHA-256."""
    token = secrets.token_hex(16)
    with transaction.atomic(), scope.entered(scope="support"):
        Provisioning.objects.create(
            phone=phone,
            account_id=phone.account_id,
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
        )
    return token


def code_for(phone: Phone) -> str:
    with transaction.atomic(), scope.entered(scope="support"):
        return fetching.create_code(phone)


def body_of(answer: bytes) -> bytes:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] == b"200", answer
    assert f"content-length: {len(body)}".encode() in head
    return body


def guess(site: Site, times: int, sender: str) -> list[bytes]:
    """Ask with wrong secrets, tokens and codes in turn; return answers, status and headers."""
    answers = []
    with site.connection(sender) as connection:
        for n in range(times):
            connection.request(
                "GET", f"/p/{secrets.token_hex(16) if n % 2 else f'{n:010}'}/{MAC}.cfg"
            )
            response = connection.getresponse()
            headers = [
                f"{name}: {value}\r\n" for name, value in response.getheaders() if name != "date"
            ]
            answers.append(
                f"HTTP/1.1 {response.status} {response.reason}\r\n{''.join(headers)}\r\n".encode()
                + response.read()
            )
    return answers


# --- what telephones do ---------------------------------------------------------------------------


def test_telephone_of_http_1_0_that_names_no_host_gets_its_file(site, desk):
    answer = site.exchange(f"GET {desk.path} HTTP/1.0\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.0 200 ")
    assert f"account.1.password = {desk.password}\n".encode() in body_of(answer)


def test_head_has_the_length_of_the_file_and_no_body(site, desk):
    head = site.get(desk.path, method="HEAD")
    assert head == site.get(desk.path).partition(b"\r\n\r\n")[0] + b"\r\n\r\n"


def test_range_is_answered_with_the_whole_file(site, desk):
    ranges = ("bytes=0-9", "bytes=-1", "bytes=5-2", "bytes=0-0,2-3", "lines=1", "bytes=99999-")
    answers = {one: site.get(desk.path, headers=f"Range: {one}\r\n") for one in ranges}
    assert answers == dict.fromkeys(ranges, site.get(desk.path))


def test_same_address_written_otherwise_brings_the_same_file(
    site, desk
):  # RFC 9112 §3.2.2, RFC 3986 §6.2.2
    targets = ("http://elsewhere.example{}", "https://a:b@[::1]:1{}", "{}?x=1", "{}#x")
    answers = {one: site.get(one.format(desk.path)) for one in targets}
    answers["/%70/"] = site.get(desk.path.replace("/p/", "/%70/"))
    assert answers == dict.fromkeys(answers, site.get(desk.path))


def test_answer_is_never_compressed_nor_kept_nor_a_cookie(site, desk):
    answer = site.get(desk.path, headers="Accept-Encoding: gzip, br\r\nCookie: sessionid=x\r\n")
    assert answer == site.get(desk.path)
    assert b"cache-control: no-store\r\n" in answer
    assert b"set-cookie" not in answer


# --- what everybody else gets ---------------------------------------------------------------------


def test_every_refusal_is_the_same_byte_for_byte(site, desk):
    wrong_token = site.get(f"/p/{'0' * 32}/{MAC}.cfg")
    assert wrong_token.startswith(b"HTTP/1.1 404 ")
    refusals = {
        "another's MAC": site.get(f"/p/{desk.token}/{ANOTHERS}.cfg"),
        "unknown MAC": site.get(f"/p/{desk.token}/{UNKNOWN}.cfg"),
        "unknown MAC, wrong token": site.get(f"/p/{'0' * 32}/{UNKNOWN}.cfg"),
        "wrong code": site.get(f"/p/0123456789/{MAC}.cfg"),
        "another make's file": site.get(f"/p/{desk.token}/cfg{MAC}.xml"),
        "no file": site.get(f"/p/{desk.token}/"),
        "nothing": site.get("/p/"),
        "POST": site.get(desk.path, method="POST", headers="Content-Length: 0\r\n"),
        "DELETE": site.get(desk.path, method="DELETE"),
        "another host": site.get(f"/p/{'0' * 32}/{MAC}.cfg", headers="X-Forwarded-Host: a b\r\n"),
    }
    assert refusals == dict.fromkeys(refusals, wrong_token)


def test_refusal_beyond_the_limit_is_the_same_too(site, desk):
    wrong_token = site.get(f"/p/{'0' * 32}/{MAC}.cfg")
    keeping_open = wrong_token.replace(b"connection: close\r\n", b"")
    assert set(guess(site, 120, OFFICE)) == {keeping_open}
    assert desk.password.encode() in body_of(site.get(desk.path, OFFICE))  # a token
    code = code_for(desk.phone)
    assert site.get(f"/p/{code}/{MAC}.cfg", OFFICE) == wrong_token  # a right code
    assert desk.password.encode() in body_of(
        site.get(f"/p/{code}/{MAC}.cfg")
    )  # the same code from elsewhere


def test_valid_token_with_a_trick_is_refused_like_a_wrong_one(site, desk):
    tricks = (
        "/p//{token}/{file}",
        "/p/{token}//{file}",
        "/p/./{token}/{file}",
        "/p/{token}/./{file}",
        "/p/{token}/../{file}",
        "/p/{token}/../{token}/{file}",
        "/p/{token}/%2e%2e/{token}/{file}",
        "/p/{token}/%2e/{file}",
        "/p/{token}/{file}/",
        "/p/{token}/{file}%00",
        "/p/{token}%00/{file}",
        "/p/{token}/{file}%0a",
        "/p/{token}/{file}%20",
        "/p/{token}/{file};x",
        "/p/{token}/{file}%",
        "/p/{token}/{file}%zz",
        "/p/{token}/{file}%ff",
        "/p/{token}/%252e%252e/{file}",
        "/p/\\{token}/{file}",
        "/p/{token}\\{file}",
        "/p/{token}0/{file}",
        "/p/{token}/{file}☎",
        "/p/٠{token}/{file}",
        "/p/{token}/" + "../" * 40 + "{file}",
        "/p/{token}/" + "x" * 5_000,
        "/p/{token}/" + "x" * 50_000,
        "/p/{token}" + "0" * 50_000 + "/{file}",
    )
    answers = {
        trick[:80]: site.get(trick.format(token=desk.token, file=f"{MAC}.cfg")) for trick in tricks
    }
    assert answers == dict.fromkeys(answers, site.get(f"/p/{'0' * 32}/{MAC}.cfg"))


def test_trick_around_the_folder_is_answered_as_if_there_were_no_such_phone(site, desk):
    tricks = (
        b"//p/%s/%s",
        b"/./p/%s/%s",
        b"/x/../p/%s/%s",
        b"/phones/../p/%s/%s",
        b"/static/../p/%s/%s",
        b"/static/%%2e%%2e/p/%s/%s",
        b"/P/%s/%s",
        b"\\p\\%s\\%s",
        b"p/%s/%s",
        b"http:/p/%s/%s",
        b"http://p/%s/%s",
        b"*/p/%s/%s",
        b"/p/%s/%s\xff",
        b"/p/%s/%s\x00",
        b"/p/%s/%s\t",
        b"/p/%s/ %s",
        b"/p/%s/%s\x7f",
        b"/p/%s/%s" + b"x" * 70_000,
        b"/p/%s/%s" + b"x" * 200_000,
    )

    def answers(token: str) -> dict[bytes, bytes]:
        targets = {trick[:80]: trick % (token.encode(), f"{MAC}.cfg".encode()) for trick in tricks}
        return {
            name: re.sub(rb"x-request-id: .*\r\n", b"", site.get(target))
            for name, target in targets.items()
        }

    assert answers(desk.token) == (refused := answers("0" * 32))
    assert {answer.split(b" ")[1] for answer in refused.values()} <= {
        b"400",
        b"404",
        b"414",
        b"431",
    }


# --- under load -----------------------------------------------------------------------------------


@pytest.mark.ci
def test_flood_of_wrong_secrets_does_not_keep_telephones_waiting(site, desk, record_property):
    path, file, seconds = desk.path, body_of(site.get(desk.path)), []
    with ThreadPoolExecutor(4) as pool, site.connection(OFFICE) as connection:
        started = time.monotonic()
        floods = [pool.submit(guess, site, 250, OFFICE) for _ in range(4)]
        while not all(flood.done() for flood in floods):
            asked = time.monotonic()
            connection.request("GET", path)
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, file)
            seconds.append(time.monotonic() - asked)
        took = time.monotonic() - started
    assert {answer for flood in floods for answer in flood.result()} == {guess(site, 1, HERE)[0]}
    record_property("wrong_secrets_a_second", round(1000 / took))
    record_property(
        "telephone_waits_ms", [round(1000 * one, 1) for one in (median(seconds), max(seconds))]
    )
    print(
        f"{1000 / took:.0f} wrong secrets a second; meanwhile {len(seconds)} files, median "
        f"{1000 * median(seconds):.1f} ms,"
        f" 95 % within {1000 * quantiles(seconds, n=20)[-1]:.1f} ms, all within "
        f"{1000 * max(seconds):.1f} ms"
    )
    assert len(seconds) >= 20, (
        "each of one telephone’s requests, one after another, waits for a small part of the flood"
    )
    assert median(seconds) < 1
    assert max(seconds) < 8


@pytest.mark.ci
def test_whole_building_boots_at_once_behind_an_address_that_is_over_the_limit(site, desk):
    demo.make_accounts(accounts=1, phones=200, users=200)
    with transaction.atomic(), scope.entered(scope="support"):
        phones = list(
            Phone.objects.exclude(account=desk.phone.account_id).select_related(
                "model", "assigned_to__sip"
            )
        )
        tokens = [secrets.token_hex(16) for _ in phones]
        Provisioning.objects.bulk_create(
            Provisioning(
                phone=phone,
                account_id=phone.account_id,
                token_hash=hashlib.sha256(token.encode()).hexdigest(),
            )
            for phone, token in zip(phones, tokens, strict=True)
        )
    guess(site, 110, OFFICE)
    assert b" 404 " in site.get(f"/p/{code_for(desk.phone)}/{MAC}.cfg", OFFICE)

    def boot(phone: Phone, token: str) -> str | None:
        """Fetch what a phone of this make fetches; return the username it will register with."""
        make, text = phone.model.family, ""
        with site.connection(OFFICE) as connection:
            for name in readers.requests(make, phone.mac):
                connection.request("GET", f"/p/{token}/{name}")
                response = connection.getresponse()
                body = response.read().decode()
                if response.status == 200:
                    text = body
        line = readers.READERS[make](text)
        return line and line["username"]

    started = time.monotonic()
    with ThreadPoolExecutor(16) as pool:
        lines = list(pool.map(boot, phones, tokens))
    print(f"200 phones booted in {time.monotonic() - started:.1f} s")
    assert len(lines) == 200
    assert lines == [phone.assigned_to and phone.assigned_to.sip.username for phone in phones]


# --- what is left behind --------------------------------------------------------------------------


def test_no_secret_is_printed_or_logged_even_when_the_database_fails(site, desk, owner, postgres):
    code, wrong_token, wrong_code = (
        code_for(desk.phone),
        secrets.token_hex(16),
        f"{secrets.randbelow(10**10):010}",
    )
    everything = (desk.token, code, wrong_token, wrong_code)

    def ask_for_all() -> set[bytes]:
        targets = [
            f"{form}{one}/{MAC}.cfg"
            for one in everything
            for form in ("/p/", "/p//", "//p/", "http://x/p/")
        ]
        return {site.get(target).split(b" ")[1] for target in targets}

    assert ask_for_all() == {b"200", b"404"}
    owner.execute("REVOKE EXECUTE ON FUNCTION phones_fetching FROM PUBLIC")
    owner.commit()
    try:
        assert b"503" in ask_for_all()  # the phone keeps what it has
    finally:
        owner.execute("GRANT EXECUTE ON FUNCTION phones_fetching TO PUBLIC")
        owner.commit()
    printed, logged = (path.read_text(errors="replace") for path in (site.output, postgres.log))
    assert "A phone could not be provisioned" in printed
    assert "permission denied for function phones_fetching" in logged
    assert [one for one in everything if one in printed or one in logged] == []
