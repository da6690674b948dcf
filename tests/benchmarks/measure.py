"""Measuring variants side by side: in turns, so that whatever disturbs the machine disturbs them all alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles
from time import perf_counter_ns

LONG = 40.0


@dataclass
class Variant:
    """Something to measure; `prepare` comes before every run and is not measured."""

    name: str
    run: Callable[[], object]
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
        return quantiles(self.times, n=20)[-1]


def in_turns(variants: Sequence[Variant], *, rounds: int) -> None:
    """Run all variants that many times, round by round, after a few runs that do not count.

    Each round starts with another one, so that none always follows the same. What takes long has a turn only in some
    rounds: that of LONG milliseconds in every second one, and so on.
    """
    takes = {variant.name: min(variant.once() for _ in range(5)) for variant in variants}
    assert len(takes) == len(variants), "two variants have one name"
    for number in range(rounds):
        start = number % len(variants)
        for variant in [*variants[start:], *variants[:start]]:
            if number % (1 + int(takes[variant.name] / LONG)) == 0:
                variant.times.append(variant.once())
        if number % (rounds // 10 or 1) == 0:
            say(f"  round {number} of {rounds}")


def say(text: str) -> None:
    """Tell whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)
