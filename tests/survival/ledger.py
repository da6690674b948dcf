"""A ledger of what a running phoneadmin was asked to do, how often, and what it answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from time import time
from typing import Any

DONE, REFUSED = 302, (404, 409, 422)


@dataclass
class Sending:
    """One request of an attempt.

    Without a status nobody knows what became of it; 5xx is no better.
    """

    is_resend: bool
    began: datetime
    ended: datetime | None = None
    status: int | None = None
    location: str = ""

    @property
    def has_answer(self) -> bool:
        return self.status is not None and self.status < 500

    @property
    def is_success(self) -> bool:
        return self.status == DONE

    @property
    def is_refusal(self) -> bool:
        return self.status in REFUSED


@dataclass
class Attempt:
    """A form that asks for a change, sent once or more often, byte for byte the same."""

    by: int
    what: str
    row: int  # the key of what it is about, 0 if that is to be added
    value: Any
    path: str
    body: str
    key: str  # the request key
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    sendings: list[Sending] = field(default_factory=list)

    @property
    def ended(self) -> datetime:
        """When the last answer came; never, if one may still come."""
        return max(each.ended or datetime.max.replace(tzinfo=UTC) for each in self.sendings)

    @property
    def has_answer(self) -> bool:
        return any(each.has_answer for each in self.sendings)

    @property
    def is_acknowledged(self) -> bool:
        return any(each.is_success for each in self.sendings)

    @property
    def is_refused(self) -> bool:
        return self.has_answer and not self.is_acknowledged


@dataclass
class Ledger:
    """All attempts, and when (in time.time) a success of each kind began and ended."""

    attempts: list[Attempt] = field(default_factory=list)
    successes: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    statuses: Counter[int | None] = field(default_factory=Counter)

    def succeeded(self, kind: str, began: float) -> None:
        self.successes.setdefault(kind, []).append((began, time()))

    def next_success(self, kind: str, since: float) -> float | None:
        """Return when the first success that began after `since` ended, or None."""
        return next((ended for began, ended in self.successes.get(kind, []) if began > since), None)

    def without(self, kind: str, since: float, until: float) -> float:
        """Return for how many seconds at most there was no success between two times."""
        ends = [ended for _, ended in self.successes[kind] if since < ended < until]
        return max(after - before for before, after in pairwise([since, *ends, until]))

    def last_of(self, person: int) -> Attempt | None:
        """Return what a person asked for last."""
        return next((each for each in reversed(self.attempts) if each.by == person), None)
