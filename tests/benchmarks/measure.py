"""Measure variants in turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter_ns
from typing import Any

LONG = 20.0


@dataclass(eq=False)
class Variant:
    """Something to measure; `prepare` runs before every run and isn't measured."""

    run: Callable[[], Any]
    prepare: Callable[[], object] | None = None
    times: list[float] = field(default_factory=list)

    def once(self) -> float:
        """Run once, and return how many milliseconds it took."""
        if self.prepare:
            self.prepare()
        started = perf_counter_ns()
        self.run()
        return (perf_counter_ns() - started) / 1e6

    @property
    def median(self) -> float:
        return median(self.times)

    @property
    def p95(self) -> float:
        return quantiles(self.times, n=20)[-1] if len(self.times) > 1 else self.times[0]

    @property
    def spread(self) -> float:
        return self.p95 / self.median


def in_turns(variants: Sequence[Variant], *, rounds: int) -> None:
    """Run all variants that many times, round by round, after a few runs that don't count.

    Each round starts with another variant, so that none always follows the same one. A variant that
    takes longer than LONG milliseconds has a turn only in every second round; if it takes longer
    than twice LONG, in every third; and so on.
    """
    takes = [min(variant.once() for _ in range(5)) for variant in variants]
    for number in range(rounds):
        for place in range(number, number + len(variants)):
            variant, long = variants[place % len(variants)], takes[place % len(variants)]
            if number % (1 + int(long / LONG)) == 0:
                variant.times.append(variant.once())
        if (number + 1) % (rounds // 5 or 1) == 0:
            say(f"  {number + 1} of {rounds} rounds")


def yardstick() -> None:
    """Do some milliseconds of work that never varies by itself: its spread is the machine's."""
    sum(n % 7 for n in range(80_000))


def say(text: str) -> None:
    """Print progress for the person waiting."""
    print(text, file=sys.stderr, flush=True)
