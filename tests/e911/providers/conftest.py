"""Simulated providers on loopback, and phones whose addresses they are told."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator

import pytest

from e911.addresses.civic import CivicAddress
from e911.providers import Known, Outcome, Provider, Registration, get_provider
from tests.e911.providers.plays import BandwidthPlay, TelnyxPlay
from tests.e911.providers.server import Play

GOLD_STREET = CivicAddress(
    country="US", state="NY", city="New York", house_number="100", house_number_suffix="1/2",
    pre_directional="N", street_name="Gold", street_type="Street", floor="2", unit_type="Suite",
    unit="5", postal_code="10038",
)  # fmt: skip
UMA = ("+12125550111", "Uma Person")
VIC = ("+12125550112", "Vic Person")


def played(kind: type[Play], settings, monkeypatch) -> Iterator[Play]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    play = kind(secret=f"secret-{uuid.uuid4().hex}")
    try:
        for name, value in play.settings.items():
            setattr(settings, name, value)
        yield play
    finally:
        play.stop()


@pytest.fixture
def telnyx(settings, monkeypatch) -> Iterator[TelnyxPlay]:
    yield from played(TelnyxPlay, settings, monkeypatch)


@pytest.fixture
def bandwidth(settings, monkeypatch) -> Iterator[BandwidthPlay]:
    yield from played(BandwidthPlay, settings, monkeypatch)


@pytest.fixture(params=[TelnyxPlay, BandwidthPlay], ids=["telnyx", "bandwidth"])
def play(request, settings, monkeypatch) -> Iterator[Play]:
    """Run the test with each simulated provider."""
    yield from played(request.param, settings, monkeypatch)


@pytest.fixture
def impatient(settings) -> None:
    settings.E911_TIMEOUTS = (5, 0.4)


class Crash(Exception):
    """Raised where a test wants the process to die."""


class Phone:
    """One phone's address as the records keep it; what was stored survives a crash."""

    def __init__(
        self, address: CivicAddress = GOLD_STREET, reference: str = "phoneadmin-address-1"
    ) -> None:
        self.address, self.reference, self.known = address, reference, {}
        self.left: int | None = None

    @property
    def provider(self) -> Provider:
        return get_provider()

    def crash_at(self, step: int) -> None:
        """Let the process die when it is about to store this step."""
        self.left = step

    def remember(self, known: Known) -> None:
        if self.left == 0:
            self.left = None
            raise Crash
        if self.left is not None:
            self.left -= 1
        self.known = json.loads(json.dumps(known))

    def register(self, caller: tuple[str, str] = UMA) -> Outcome:
        return self.kept(
            self.provider.register(
                Registration(self.reference, self.address, *caller), self.known, self.remember
            )
        )

    def update_caller(self, caller: tuple[str, str]) -> Outcome:
        return self.kept(self.provider.update_caller(self.known, *caller, self.remember))

    def withdraw(self) -> None:
        self.provider.withdraw(self.known)

    def kept(self, outcome: Outcome) -> Outcome:
        self.known = json.loads(json.dumps(outcome.known))
        return outcome


@pytest.fixture
def phone() -> Phone:
    return Phone()
