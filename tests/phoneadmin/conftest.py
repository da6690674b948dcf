"""One whole product for many tests, restarted for the next test after one has killed it."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from tests import template
from tests.sip.conftest import free_port

from .operations.serve_command import serving


@dataclass
class Product:
    """phoneadmin on its own data folder, with the demo company in it."""

    data: Path
    port: int
    process: subprocess.Popen | None = None
    output: Path = Path()
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def sip(self) -> str:
        return f"127.0.0.2:{self.port}"

    @property
    def rpc(self) -> str:
        return f"127.0.0.3:{self.port}"

    def start(self) -> None:
        """Start the product unless it runs, and return when it is ready."""
        if self.process is None or self.process.poll() is not None:
            self.stack.close()
            self.process, self.output = self.stack.enter_context(serving(self.data, self.port))


@pytest.fixture(scope="package")
def one_product(tmp_path_factory) -> Iterator[Product]:
    data = template.copy_to(tmp_path_factory.mktemp("product") / "data")
    with ExitStack() as stack:
        yield Product(data, free_port(), stack=stack)


@pytest.fixture
def product(one_product: Product) -> Product:
    """Return phoneadmin, started again if it no longer runs."""
    one_product.start()
    return one_product


@dataclass
class External:
    """phoneadmin on an external PostgreSQL, with the port of its SIP registrar taken."""

    product: Product
    postgres: EmbeddedPostgres


@pytest.fixture(scope="package")
def external(tmp_path_factory) -> Iterator[External]:
    """Run phoneadmin in production on an empty database, given by DATABASE_URL alone.

    The database's owner may create roles.
    """
    folder = tmp_path_factory.mktemp("external")
    data, port = template.copy_to(folder / "outside"), free_port()
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as outside:
        with outside.connect_as_superuser() as superuser:
            superuser.execute("CREATE ROLE boss LOGIN CREATEROLE PASSWORD 'secret'")
            superuser.execute("CREATE DATABASE company OWNER boss")
        sockets = quote(embedded_login(data, outside.keys, "owner")["HOST"], safe="")
        variables = {
            "DATABASE_URL": f"postgres://boss:secret@{sockets}:5432/company",
            "PHONEADMIN_SECRET_KEY": "x" * 50,
            "PHONEADMIN_SIP_KEYS": f"{'n' * 20},{'o' * 20}",
            "PHONEADMIN_SIP_DOMAIN": "sip.example.com",
            "PHONEADMIN_URL": f"http://localhost:{port}",
        }
        product = Product(folder / "data", port)
        host, _, taken = product.sip.rpartition(":")
        with (
            socket.create_server((host, int(taken))),
            serving(product.data, port, **variables) as (product.process, product.output),
        ):
            yield External(product, outside)
