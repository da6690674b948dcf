"""Real workers register addresses, even after a worker is killed or its report is lost."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import pytest
from django.db import connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tests import factories
from tests.e911.providers.plays import BandwidthPlay, TelnyxPlay
from tests.e911.providers.server import Held, hangs, says
from tests.waiting import wait_until
from users.tenancy import scope

from .record_steps import FIFTH, GOLD, address_in_force, set_address

# Starting real workers is slow, so every day they run with one provider; other tests use both.
by_programs = pytest.mark.parametrize(
    "play",
    [TelnyxPlay, pytest.param(BandwidthPlay, marks=pytest.mark.soak)],
    ids=["telnyx", "bandwidth"],
    indirect=True,
)


@by_programs
def test_worker_does_it_all_by_itself(play, committed, settings):
    """Run the real worker as a separate program, with a job committed together with its change."""
    acme = factories.account("Acme")
    alice = factories.person(acme, "Alice", "Archer", caller_id="+12125550111")
    desk = factories.phone(acme, alice)
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        set_address(desk, GOLD, alice)
    play.on(*play.new_caller, says(503))
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        set_address(desk, FIFTH, alice)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", **play.settings}
    worker = [sys.executable, "manage.py", "procrastinate", "--verbosity=0", "worker", "--one-shot"]
    for _ in range(2):  # the second run does what was put off: retries, and asking once more
        subprocess.run(
            worker, cwd=settings.BASE_DIR, env=env, check=True, timeout=60, capture_output=True
        )
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"
            )
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        assert address_in_force(desk) == FIFTH.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


@pytest.mark.ci
@by_programs
def test_job_whose_end_the_database_did_not_hear_of_is_done_again(
    play, committed, owner, postgres, settings
):
    """An unfinished job would block later jobs of this address for as long as its worker lives."""
    acme = factories.account("Acme")
    desk = factories.phone(
        acme, factories.person(acme, "Alice", "Archer", caller_id="+12125550111")
    )
    held = Held()
    play.on(*play.new_address, held)
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        set_address(desk, GOLD, desk.assigned_to)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", **play.settings}
    command = [
        sys.executable,
        "manage.py",
        "procrastinate",
        "--verbosity=0",
        "worker",
        "--concurrency=2",
    ]
    worker = subprocess.Popen(command, cwd=settings.BASE_DIR, env=env, stderr=subprocess.DEVNULL)
    try:
        assert held.obeyed.wait(40)
        (earlier,) = owner.execute("SELECT coalesce(max(id), 0) FROM procrastinate_jobs").fetchone()
        looked = (
            "SELECT FROM procrastinate_jobs WHERE task_name = 'e911.resume' AND status ="
            " 'succeeded' AND id > %s"
        )
        wait_until(lambda: owner.execute(looked, [earlier]).fetchall())
        at_it = (
            "SELECT status, attempts FROM procrastinate_jobs WHERE task_name = 'e911.register'"
            " FOR UPDATE"
        )
        assert owner.execute(at_it).fetchall() == [("doing", 0)], (
            "the job is left to the worker that is running it"
        )
        held.released.set()
        ending = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE"
            " '%%finish_job%%'"
        )
        with postgres.connect_as_superuser() as superuser:
            (pid,) = wait_until(lambda: superuser.execute(ending).fetchone())
            superuser.execute("SELECT pg_terminate_backend(%s)", [pid])
        owner.rollback()
        unfinished = (
            "SELECT FROM procrastinate_jobs WHERE task_name = 'e911.register' AND status"
            " IN ('todo', 'doing')"
        )
        wait_until(lambda: not owner.execute(unfinished).fetchall())
        assert worker.poll() is None
    finally:
        held.released.set()
        worker.kill()
        worker.wait()


@pytest.mark.ci
@by_programs
def test_job_of_a_worker_that_was_killed_is_done_by_the_next(play, committed, settings):
    acme = factories.account("Acme")
    desk = factories.phone(
        acme, factories.person(acme, "Alice", "Archer", caller_id="+12125550111")
    )
    play.on(*play.new_caller, hangs)
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        set_address(desk, GOLD, desk.assigned_to)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", **play.settings}
    worker = [sys.executable, "manage.py", "procrastinate", "--verbosity=0", "worker"]
    first = subprocess.Popen(
        worker, cwd=settings.BASE_DIR, env=env, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    try:
        wait_until(
            lambda: any(asked.startswith(" ".join(play.new_caller)) for asked in play.asked())
        )
    finally:
        first.kill()
        first.wait()
    with connections["owner"].cursor() as cursor:  # as if an hour had passed
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
        )
    with contextlib.suppress(AlreadyEnqueued):  # the first worker defers it every minute
        app.configure_task("e911.resume", queueing_lock="e911.resume").defer(timestamp=0)
    for _ in range(2):
        subprocess.run(
            [*worker, "--one-shot"],
            cwd=settings.BASE_DIR,
            env=env,
            check=True,
            timeout=60,
            capture_output=True,
        )
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"
            )
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        assert address_in_force(desk) == GOLD.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]
