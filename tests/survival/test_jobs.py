"""Jobs that a job asks for are part of its transaction: whatever interrupts it, both are there or
neither is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, transaction
from procrastinate.contrib.django import app

from users import jobs

WAITING = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'e911.withdraw'"


class Interrupted(Exception):
    """The task ends before its transaction."""


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0]


def elsewhere() -> int:
    """Count in a thread, and so by a connection, of its own."""
    try:
        return waiting()
    finally:
        connection.close()


def in_a_worker(task: Callable[[], None]) -> None:
    """Run a function as a worker runs a task: in a thread, while the worker's own connections are
    open.
    """

    def work() -> None:
        try:
            task()
        finally:
            connection.close()

    async def run() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):
            async with app.open_async():
                await sync_to_async(work)()

    with ThreadPoolExecutor(1) as thread:  # this one may have a loop that runs, of a browser's
        thread.submit(asyncio.run, run()).result()


def test_job_of_a_task_that_is_interrupted_vanishes(committed):
    def task() -> None:
        with transaction.atomic():
            jobs.defer("e911.withdraw", account_id=1, address_id=1)
            raise Interrupted

    with pytest.raises(Interrupted):
        in_a_worker(task)
    assert waiting() == 0


def test_job_of_a_task_is_not_seen_by_others_before_its_transaction_commits(committed):
    seen = []

    def task() -> None:
        with transaction.atomic():
            jobs.defer("e911.withdraw", account_id=1, address_id=1)
            with ThreadPoolExecutor() as others:
                seen.append(others.submit(elsewhere).result())

    in_a_worker(task)
    assert (seen, waiting()) == ([0], 1)
