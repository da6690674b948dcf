"""The real web server, and a phone that has fetched before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.db import connections

from tests import factories
from tests.web import serving

from ..conftest import credentials
from .telephone import ANOTHERS, MAC, Desk, Site, token_for


@contextmanager
def printing_into(path: Path) -> Iterator[None]:
    """Redirect the output of processes that start within the block into a file."""
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


@pytest.fixture(scope="package")
def served(django_db_setup, tmp_path_factory) -> Iterator[Site]:
    output = tmp_path_factory.mktemp("web") / "output"
    with ExitStack() as stack:
        with printing_into(output):
            address = stack.enter_context(serving())
        yield Site(urlsplit(address).port, output)


@pytest.fixture
def site(served: Site, committed) -> Iterator[Site]:
    """Return the web server, and forget the wrong secrets it counted once the test ends."""
    try:
        yield served
    finally:
        with connections["owner"].cursor() as cursor:
            cursor.execute("DELETE FROM phones_wrongsecret")


@pytest.fixture
def desk(site: Site) -> Desk:
    account = factories.account("Acme")
    uma = factories.person(account, "Uma", "Ulm", ext="11")
    phone = factories.phone(account, uma, mac=MAC)
    factories.phone(account, mac=ANOTHERS)
    return Desk(phone, credentials(uma)[1], token_for(phone))
