"""What every make's dial plan answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Sent:
    """What a phone sends, and when; `after` 0 is at once, with the last key of `typed`."""

    number: str
    typed: str  # the keys it waited for; a person may have meant to type more
    after: float = 0.0  # seconds after the last key


class Plan(Protocol):
    """A dial plan as a phone understands it."""

    def type_keys(self, keys: str) -> Sent | None:
        """Lift the handset, type, and wait; None if the phone refuses."""

    def press_send(self, keys: str) -> str | None:
        """Type before lifting the handset, then press the send key; None if the phone refuses."""
