"""One whole product for many tests, which may kill what they like: the next one that finds it dead
starts it again.
"""

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
    """phoneadmin on a data folder of its own, with the demo company in it."""

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
        """Start it where it does not run, and return when it is ready."""
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
    """phoneadmin, running."""
    one_product.start()
    return one_product


@dataclass
class External:
    """phoneadmin on a PostgreSQL that is none of its own, while somebody else listens where its SIP
    registrar would.
    """

    product: Product
    postgres: EmbeddedPostgres


@pytest.fixture(scope="package")
def external(tmp_path_factory) -> Iterator[External]:
    """phoneadmin in production, on the empty database of an owner who may make roles: DATABASE_URL
    is all it is told.
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
