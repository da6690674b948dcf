"""A job's own jobs are part of its transaction: an interruption leaves both or neither."""

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
    """Raised to end the task before its transaction commits."""


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WAITING)
        return cursor.fetchone()[0]


def elsewhere() -> int:
    """Count jobs on a connection of its own, in another thread."""
    try:
        return waiting()
    finally:
        connection.close()


def in_a_worker(task: Callable[[], None]) -> None:
    """Run a function as a worker runs a task: in a thread, with the worker's connections open."""

    def work() -> None:
        try:
            task()
        finally:
            connection.close()

    async def run() -> None:
        with app.replace_connector(app.connector.get_worker_connector()):
            async with app.open_async():
                await sync_to_async(work)()

    with ThreadPoolExecutor(1) as thread:  # this thread may have a running event loop, a browser's
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
