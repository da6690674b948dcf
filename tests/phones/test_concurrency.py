"""Many administrators assign at once: each confirmation does only what it said (R13, R14, R17)."""

from __future__ import annotations

import random
import threading
from collections import Counter
from dataclasses import dataclass, field

import pytest
from django.db import connection, transaction

from phones import assignment
from phones.assignment_plan import Move, Plan
from phones.models import Phone, PhoneCount
from tests import factories
from users.models import Account, SipAccount
from users.tenancy import scope

THREADS, PHONES, PEOPLE, TRIES = 16, 40, 40, 5


@dataclass
class Record:
    """What the threads saw: the plans carried out, in order of their commits, and the rest."""

    done: list[Plan] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    errors: list[BaseException] = field(default_factory=list)


@pytest.fixture
def company(committed) -> Account:
    account = factories.account()
    people = [factories.person(account) for _ in range(PEOPLE)]
    for n in range(PHONES):
        factories.phone(
            account, people[n] if n % 2 else None, model=("Snom D785", "Poly VVX 450")[n % 3 % 2]
        )
    return account


def assign_at_random(
    account_id: int, phones: list[int], people: list[int], times: int, seed: int, record: Record
) -> None:
    """Plan, look, confirm; plan again if the situation has changed."""
    choice = random.Random(seed)
    try:
        for _ in range(times):
            moves = [Move(choice.choice(phones), choice.choice([*people, None]))]
            for _ in range(TRIES):
                with transaction.atomic(), scope.entered(account_id=account_id):
                    seen = assignment.plan(account_id=account_id, moves=moves).seen
                try:
                    with transaction.atomic(), scope.entered(account_id=account_id):
                        plan = assignment.carry_out(account_id=account_id, moves=moves, seen=seen)
                        record.done.append(
                            plan
                        )  # still under the account's lock, so in order of commits
                    record.endings["done"] += 1
                    break
                except assignment.AssignmentChanged:
                    continue
            else:
                record.endings["changed too often"] += 1
    except BaseException as error:  # otherwise nobody would notice that a thread failed
        record.errors.append(error)
    finally:
        connection.close()


def run(company: Account, assignments: int) -> None:
    """Let THREADS assign at random, then replay what they were told against what is there."""
    with transaction.atomic(), scope.entered(scope="support"):
        held = dict(Phone.objects.values_list("pk", "assigned_to_id"))
        names = dict(SipAccount.objects.filter(kind="person").values_list("user_id", "username"))
    record = Record()
    workers = [
        threading.Thread(
            target=assign_at_random,
            args=(company.pk, list(held), list(names), assignments // THREADS, seed, record),
        )
        for seed in range(THREADS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert record.errors == []
    total = record.endings.total()
    assert total == assignments // THREADS * THREADS
    assert record.endings["done"] >= 0.95 * total, record.endings

    used = {user: {name} for user, name in names.items()}
    rotations: Counter[int] = Counter()
    for plan in record.done:
        for change in plan.changes:
            assert held[change.phone_id] == (change.before.id if change.before else None)
            held[change.phone_id] = change.after.id if change.after else None
        for person in plan.people:
            rotations[person.id] += 1
            used[person.id].add(person.sip_username)

    with transaction.atomic(), scope.entered(scope="support"):
        assert dict(Phone.objects.values_list("pk", "assigned_to_id")) == held
        for user, name in SipAccount.objects.filter(kind="person").values_list(
            "user_id", "username"
        ):
            # each plan that names a person found one more username, and the last one left another
            # behind
            assert len(used[user] | {name}) == rotations[user] + 1
        assert sum(PhoneCount.objects.values_list("assigned", flat=True)) == sum(
            user is not None for user in held.values()
        )


def test_assignments_at_once_end_as_told(company):
    run(company, 160)


@pytest.mark.soak
def test_assignments_at_once_end_as_told_over_a_long_time(company):
    run(company, 40_000)
