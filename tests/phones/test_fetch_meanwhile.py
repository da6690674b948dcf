"""Phones fetch, and settings are passed on, while phones are assigned; no one has to try again."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from phones import assignment, fetching, tasks
from tests import factories
from users.tenancy import scope

pytestmark = pytest.mark.ci
ASSIGNMENTS = 120


def run_meanwhile(*others: Callable[[int], None], assign: Callable[[int], None]) -> list[Exception]:
    """Assign a phone many times while the others go on in threads; return what failed."""
    done, failed = threading.Event(), []

    def keep_on(other: Callable[[int], None]) -> None:
        n = 0
        try:
            while not done.is_set():
                n += 1
                other(n)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=keep_on, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    try:
        for n in range(ASSIGNMENTS):
            assign(n)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    return failed


@pytest.fixture
def company(committed):
    account = factories.account()
    people = [factories.person(account), factories.person(account), None]
    return account, people, factories.phone(account, people[0])


@pytest.fixture
def assign(company):
    account, people, phone = company

    def give(n: int) -> None:
        person = people[n % 3]
        moves = [assignment.Move(phone.pk, person and person.pk)]
        with transaction.atomic(), scope.entered(account_id=account.pk):
            seen = assignment.plan(account_id=account.pk, moves=moves).seen
            assignment.carry_out(account_id=account.pk, moves=moves, seen=seen)

    return give


def test_phone_that_is_assigned_while_it_fetches_gets_its_file(company, assign):
    account, _people, phone = company
    file = f"{phone.mac}.cfg"
    with transaction.atomic(), scope.entered(account_id=account.pk):
        code = fetching.create_code(phone)
        first = fetching.serve_file(secret=code, file=file, sender="192.0.2.1", record=True)
    token = re.search(r"/p/([0-9a-f]{32})/", first.text)[1]

    def fetch(n: int) -> None:
        with transaction.atomic():
            sender = f"192.0.2.{n % 250 + 1}"
            assert fetching.serve_file(secret=token, file=file, sender=sender, record=True)

    assert run_meanwhile(fetch, fetch, assign=assign) == []


def test_settings_are_passed_on_while_phones_are_assigned(company, assign):
    account, *_ = company
    others = [factories.phone(account) for _ in range(20)]
    assert others

    def renew(n: int) -> None:
        tasks.renew_wanted(account.pk)

    assert run_meanwhile(renew, assign=assign) == []
