"""One whole product for many tests, which may kill what they like: the next one that finds it dead starts it again."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests import template
from tests.sip.conftest import free_port

from .test_serve import serving


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
