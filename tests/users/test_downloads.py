"""Downloads: a file that looks complete is complete, whatever happens on the way (R9)."""

from __future__ import annotations

import ast
import csv
import gzip
import io
from collections.abc import Iterable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import OperationalError, connections
from django.test import RequestFactory

from phones.models import PhoneModel
from tests import factories
from tests.web import serving, session_of
from users import downloads
from users.downloads import Download

URL = "/phones/user-phones.csv"
PHONES = 12_000
FILL = """
INSERT INTO phones_phone (account_id, mac, label, kind, model_id, search, model_name, created_at)
SELECT %s, lpad(to_hex(n), 12, '0'), 'Desk ' || n, 'user', %s, '', '', now()
FROM generate_series(1, %s) AS n
"""


def made(lines: Iterable[str], **headers: str) -> Download:
    request = RequestFactory().get("/", headers=headers)
    return Download(request, lines, filename="x.csv", content_type="text/csv")


@pytest.mark.parametrize("in_memory", [10, 1_000_000])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_download_is_whole_and_says_how_long_it_is(monkeypatch, in_memory, encoding):
    monkeypatch.setattr(downloads, "IN_MEMORY", in_memory)
    lines = [f"é,{number}\n" for number in range(50_000)]
    response = made(lines, **{"Accept-Encoding": encoding})
    body = b"".join(response)
    assert int(response.headers["Content-Length"]) == len(body)
    assert response.headers.get("Content-Encoding", "") == encoding
    assert (gzip.decompress(body) if encoding else body).decode() == "".join(lines)


@pytest.mark.parametrize(("error", "status"), [(OperationalError(), 503), (ValueError(), 500)])
def test_download_that_breaks_is_an_error_page(client, acme, alice, monkeypatch, error, status):
    """It breaks at the third row."""
    for number in range(5):
        factories.phone(acme, label=str(number))

    def break_at_the_third(rows: Iterable[object]) -> Iterable[str]:
        for number, _row in enumerate(rows):
            if number == 2:
                raise error
            yield "a row\n"

    monkeypatch.setattr("phones.spreadsheet.write_phones_csv", break_at_the_third)
    client.force_login(alice)
    client.raise_request_exception = False
    answer = client.get(URL)
    assert (answer.status_code, answer.streaming) == (status, False)


@pytest.mark.ci
def test_download_begun_before_the_database_dies_is_whole(postgres, committed, owner):
    account = factories.account("Acme")
    alice = factories.person(account, is_administrator=True)
    model = PhoneModel.objects.get(name="Snom D785").pk
    owner.execute(FILL, [account.pk, model, PHONES])
    owner.commit()
    with serving() as site:
        connection = HTTPConnection(urlsplit(site).netloc, timeout=30)
        try:
            connection.request("GET", URL, headers={"Cookie": f"sessionid={session_of(alice)}"})
            response = connection.getresponse()
            begun = response.read(20_000)
            connections.close_all()
            postgres.process.kill()
            postgres.process.wait()
            whole = begun + response.read()
        finally:
            connection.close()
            postgres.stop()
            postgres.start()
    assert response.status == 200
    assert len(list(csv.reader(io.StringIO(whole.decode("utf-8-sig"))))) == 1 + PHONES


def test_nothing_else_of_ours_streams():
    """A response that is streamed while it is built can break off unnoticed."""
    used = {
        str(path.relative_to(settings.BASE_DIR))
        for app in ("phoneadmin", "users", "phones", "e911")
        for path in (Path(settings.BASE_DIR) / app).rglob("*.py")
        if names(path) & {"StreamingHttpResponse", "FileResponse"}
    }
    assert used == {"users/downloads.py"}


def names(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    imports = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    imported = {alias.name for node in imports for alias in node.names}
    return imported | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
