"""The whole product with a company in it, and a simulated E911 provider on loopback."""

from __future__ import annotations

import random
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests import template
from tests.e911.providers.plays import TelnyxPlay
from tests.e911.providers.server import Answer, Held, Request
from tests.sip.conftest import free_port, missing_registrar

pytest.register_assert_rewrite("tests.survival.checks", "tests.survival.told")

from .ledger import Ledger  # noqa: E402
from .product import Product, running, seeded  # noqa: E402


class Provider(TelnyxPlay):
    """Notes addresses that are registered while they are registered already."""

    def __init__(self, secret: str) -> None:
        self.doubled: list[str] = []
        super().__init__(secret)

    def answer(self, request: Request) -> Answer:
        if (request.method, request.path) == self.new_address:
            house = request.json["house_number"]
            if any(row["house_number"] == house for row in self.addresses.values()):
                self.doubled.append(house)
        return super().answer(request)


@dataclass
class Survivor:
    """A data folder on which phoneadmin is started and killed over and over, and its ledger."""

    data: Path
    port: int
    rpc_port: int
    play: Provider
    company: dict[str, Any] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    generator: random.Random = field(default_factory=lambda: random.Random(5))
    product: Product | None = None
    kills: int = 0
    stack: ExitStack = field(default_factory=ExitStack)

    @property
    def account(self) -> int:
        return self.company["account"]

    def running(self) -> Product:
        """Start the product unless it runs, and return it; the first time, make the company."""
        if self.product is None or self.product.process.poll() is not None:
            self.stop()
            variables = {name: str(value) for name, value in self.play.settings.items()}
            # On a port of its own: what comes in at the number of the JSON-RPC's port is no request
            # of a telephone.
            variables |= {
                "NO_PROXY": "127.0.0.1",
                "PHONEADMIN_REGISTRAR_RPC": f"127.0.0.1:{self.rpc_port}",
            }
            self.product = self.stack.enter_context(running(self.data, self.port, **variables))
            self.company = self.company or seeded(self.product)
        return self.product

    def stop(self) -> None:
        """Stop the product, and assert that none of its processes is left."""
        self.product = None
        self.stack.close()

    @contextmanager
    def job_interrupted(self) -> Iterator[Held]:
        """Keep a job waiting for the provider, which has obeyed already, until the block ends."""
        held = Held()
        self.play.on(*self.play.new_caller, held)
        try:
            yield held
        finally:
            held.released.set()


@pytest.fixture(scope="module")
def survivor(tmp_path_factory) -> Iterator[Survivor]:
    """One data folder for all tests, so that each start finds what earlier ones left."""
    missing_registrar()
    play = Provider(secrets.token_hex(8))
    survivor = Survivor(
        template.copy_to(tmp_path_factory.mktemp("survival") / "data"),
        free_port(),
        free_port(),
        play,
    )
    try:
        yield survivor
    finally:
        play.stop()
        survivor.stop()
