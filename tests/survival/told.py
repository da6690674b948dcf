"""What people were told who sent a form again: what the first was told, and never a failure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import psycopg

from .ledger import Attempt, Ledger
from .past import Change

KEPT = "SELECT key, actor, answer <> '{}' FROM users_requestkey WHERE account_id = %s"
Done = Mapping[int, Change | None]  # by the id() of an attempt, what it did; None for an address


def assert_told(attempts: Sequence[Attempt], done: Done) -> None:
    """Assert that whoever sent a form again was told what became of it.

    What was done, or was so already, stays a success; what was refused was never done.
    """
    for attempt in attempts:
        successes = [each for each in attempt.sendings if each.is_success]
        refusals = [each for each in attempt.sendings if each.is_refusal]
        assert len({each.location for each in successes}) <= 1, f"{attempt}, told differently"
        if id(attempt) in done or attempt.is_acknowledged:
            assert not refusals, f"{attempt} was done, and told that it failed"


def assert_keys_kept(owner: psycopg.Connection, account: int, ledger: Ledger, done: Done) -> None:
    """Assert that a request key is on record, with its answer, exactly if its form was taken."""
    kept = owner.execute(KEPT, [account]).fetchall()
    keys = {(actor, key) for key, actor, has_answer in kept if has_answer}
    assert len(keys) == len(kept), "a key twice, or without its answer"
    asked = {(f"person:{each.by}", each.key): each for each in ledger.attempts}
    assert keys <= asked.keys()
    for name, attempt in asked.items():
        if id(attempt) in done or attempt.is_acknowledged:
            assert name in keys, f"{attempt} was done, and its key isn't on record"
        if attempt.is_refused:
            assert name not in keys, f"{attempt} was refused, and its key is on record"


def count_figures(ledger: Ledger, done: Done) -> dict[str, int]:
    """Return what the load amounted to."""
    figures: Counter[str] = Counter()
    for attempt in ledger.attempts:
        resends = attempt.sendings[1:]
        figures["forms"] += 1
        figures["resends"] += len(resends)
        figures["answered resends"] += sum(each.has_answer for each in resends)
        figures["done"] += id(attempt) in done
        figures["sent twice at once"] += any(
            before.ended is None or after.began < before.ended
            for before, after in zip(attempt.sendings, resends, strict=False)
        )
        figures["answered after silence"] += (
            attempt.has_answer and not attempt.sendings[0].has_answer
        )
        if id(attempt) in done or attempt.is_acknowledged:
            figures["told that it failed"] += sum(each.is_refusal for each in attempt.sendings)
    return {"requests": sum(ledger.statuses.values()), **figures}
