"""Addresses on record, and the provider told of them: make before break, whatever fails (R7, R28,
R30, R31).
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from e911 import records
from e911.addresses import parsing
from e911.models import EmergencyAddress, Status
from e911.providers import Misconfigured, Outcome, Unavailable
from phones import assignment, lifecycle
from phones.models import Kind, Phone, PhoneModel
from tests import factories
from tests.e911.providers.plays import BandwidthPlay, TelnyxPlay
from tests.e911.providers.server import Held, hangs, obeys_and_hangs_up, says
from tests.waiting import wait_until
from users import people
from users.models import User
from users.tenancy import scope

# Where real workers are started, one provider is enough for every day: all else is tried with both.
by_programs = pytest.mark.parametrize(
    "play",
    [TelnyxPlay, pytest.param(BandwidthPlay, marks=pytest.mark.soak)],
    ids=["telnyx", "bandwidth"],
    indirect=True,
)
FIFTH = parsing.parse_address("350 5th Ave, Floor 34, New York, NY 10118")
GOLD = parsing.parse_address("100 Gold St, Floor 2, New York, NY 10038")


@pytest.fixture
def desk(acme, alice):
    """A phone with an address in force, whose person can be called back."""
    alice.caller_id = "+12125550111"
    alice.save()
    return factories.phone(acme, alice, label="Desk")


def jobs() -> list[tuple[str, dict]]:
    """The tasks that wait, each with whom it is about, and none from now on."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        )
        waiting = cursor.fetchall()
        cursor.execute("DELETE FROM procrastinate_jobs")
    return [(name.removeprefix("e911."), json.loads(args)) for name, args in waiting]


WORK = {
    "register": records.register_address,
    "withdraw": records.withdraw_address,
    "tell_caller": records.notify_provider_of_caller,
}


def work() -> list[str]:
    """Do the jobs that wait, like the worker, until none is left; return what was done."""
    done = []
    for _ in range(9):  # some ask again and again
        for name, args in jobs():
            WORK[name](**args)
            done.append(name)
    return done


def enter(phone: Phone, address, by) -> EmergencyAddress:
    version = records.set_address(phone=phone, address=address, typed="as typed", by=by)
    return version


def give(phone: Phone, person: User | None) -> None:
    """Assign a phone, or unassign it."""
    moves = [assignment.Move(phone.pk, person and person.pk)]
    seen = assignment.plan(account_id=phone.account_id, moves=moves).seen
    assignment.carry_out(account_id=phone.account_id, moves=moves, seen=seen)


def in_force(phone: Phone) -> str:
    address = Phone.objects.select_related("current_address").get(pk=phone.pk).current_address
    return address.standardised if address else ""


def statuses(phone: Phone) -> list[tuple[str, str]]:
    return list(phone.addresses.order_by("id").values_list("house_number", "status"))


# --- without a provider ---------------------------------------------------------------------------


def test_address_is_in_force_at_once_where_nobody_else_is_asked(desk, alice):  # R30
    version = enter(desk, GOLD, alice)
    assert (version.status, in_force(desk), jobs()) == (Status.ACCEPTED, GOLD.standardised, [])


def test_every_version_stays_on_record(desk, alice):  # R31
    enter(desk, GOLD, alice)
    enter(desk, FIFTH, alice)
    assert statuses(desk) == [("100", "withdrawn"), ("350", "accepted")]
    first = desk.addresses.earliest("id")
    assert (first.typed, first.set_by, first.set_by_name) == ("as typed", alice, "Alice Archer")


def test_common_area_phone_has_an_address_too(acme, alice):
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    enter(lobby, GOLD, alice)
    assert in_force(lobby) == GOLD.standardised


def test_unassigning_keeps_the_address(desk, alice):  # R7
    enter(desk, GOLD, alice)
    give(desk, None)
    assert in_force(desk) == GOLD.standardised


def test_address_for_a_phone_that_was_removed_meanwhile_is_refused(desk, alice):
    lifecycle.remove_phone(
        desk,
        seen=assignment.plan(
            account_id=desk.account_id, moves=[assignment.Move(desk.pk, None)]
        ).seen,
    )
    with pytest.raises(records.Gone):
        enter(desk, GOLD, alice)


# --- with a provider ------------------------------------------------------------------------------


def test_new_version_waits_and_its_job_is_in_the_same_transaction(play, desk, alice):  # R7, R28
    version = enter(desk, GOLD, alice)
    assert (version.status, in_force(desk)) == (Status.PENDING, "")
    assert jobs() == [("register", {"account_id": desk.account_id, "address_id": version.pk})]


def test_accepted_version_is_in_force_here_and_alone_there(play, desk, alice):
    enter(desk, GOLD, alice)
    assert work() == ["register"]
    assert in_force(desk) == GOLD.standardised
    enter(desk, FIFTH, alice)
    assert in_force(desk) == GOLD.standardised  # until the new one is accepted
    assert work() == ["register", "withdraw"]
    assert in_force(desk) == FIFTH.standardised
    assert statuses(desk) == [("100", "withdrawn"), ("350", "accepted")]
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_task_that_runs_twice_registers_once(play, desk, alice):
    version = enter(desk, GOLD, alice)
    for _ in range(2):
        records.register_address(account_id=desk.account_id, address_id=version.pk)
    assert play.callers == [("+12125550111", "Alice Archer")]
    assert in_force(desk) == GOLD.standardised


def test_refused_version_leaves_the_old_one_in_force_here_and_there(play, desk, alice):  # R28
    enter(desk, GOLD, alice)
    work()
    play.caller_status = play.words["no"]
    refused = enter(desk, FIFTH, alice)
    work()
    refused.refresh_from_db()
    assert (refused.status, refused.is_open) == (Status.REFUSED, True)
    assert in_force(desk) == GOLD.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_refused_version_can_be_tried_again_as_a_new_one(play, desk, alice):
    play.caller_status = play.words["no"]
    enter(desk, GOLD, alice)
    work()
    play.caller_status = play.words["yes"]
    records.try_again(phone=desk, by=alice)
    work()
    assert statuses(desk) == [("100", "refused"), ("100", "accepted")]
    assert not desk.addresses.filter(is_open=True).exists()


@pytest.mark.parametrize("step", ["new_address", "new_caller"])
@pytest.mark.parametrize(
    "fault",
    [
        says(500, b"<h1>Sorry</h1>"),
        says(429, Retry_After="30"),
        says(200, b"<html>"),
        obeys_and_hangs_up,
        hangs,
    ],
    ids=["500", "429", "garbage", "hangs up after it obeyed", "silence"],
)
def test_fault_at_any_step_loses_and_claims_nothing(
    play, desk, alice, settings, step, fault
):  # R28, R30
    settings.E911_TIMEOUTS = (5, 0.3)
    enter(desk, GOLD, alice)
    work()
    version = enter(desk, FIFTH, alice)
    play.on(*getattr(play, step), fault)
    with pytest.raises(Unavailable):
        records.register_address(account_id=desk.account_id, address_id=version.pk)
    version.refresh_from_db()
    assert (version.status, in_force(desk)) == (Status.PENDING, GOLD.standardised)
    assert version.words  # and the page says why it waits
    assert len(play.callers) >= 1
    settings.E911_TIMEOUTS = (5, 15)
    work()  # the next try, which goes on where the last one was
    assert in_force(desk) == FIFTH.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_wrong_credentials_leave_everything_as_it_is(play, desk, alice):
    version = enter(desk, GOLD, alice)
    play.secret = "another"
    with pytest.raises((Misconfigured, Unavailable)):
        records.register_address(account_id=desk.account_id, address_id=version.pk)
    version.refresh_from_db()
    assert (version.status, in_force(desk)) == (Status.PENDING, "")


def test_newer_version_replaces_one_that_still_waits(play, desk, alice):
    enter(desk, GOLD, alice)
    enter(desk, FIFTH, alice)
    work()
    assert statuses(desk) == [("100", "withdrawn"), ("350", "accepted")]
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_reassignment_tells_the_provider_who_calls_now(play, desk, alice, acme):
    enter(desk, GOLD, alice)
    work()
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    give(desk, wyn)
    assert work() == ["tell_caller"]
    assert play.callers == [("+12125550122", "Wyn Wolf")]


def test_new_name_or_caller_id_is_told_to_the_provider(play, desk, alice):
    enter(desk, GOLD, alice)
    work()
    people.edit(alice, caller_id="+12125550199")
    work()
    assert play.callers == [("+12125550199", "Alice Archer")]


def test_address_of_a_free_phone_is_registered_when_somebody_gets_the_phone(play, acme, alice):
    free = factories.phone(acme, label="Free")
    enter(free, GOLD, alice)
    work()
    assert (in_force(free), play.callers) == (GOLD.standardised, [])
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    give(free, wyn)
    work()
    assert play.callers == [("+12125550122", "Wyn Wolf")]


@pytest.mark.parametrize("fault", [says(500), obeys_and_hangs_up], ids=["not done", "done"])
def test_registration_that_was_interrupted_leaves_nothing_once_nobody_has_the_phone(
    play, desk, alice, acme, fault
):
    version = enter(desk, GOLD, alice)
    play.on(*play.new_address, fault)
    with pytest.raises(Unavailable):
        records.register_address(account_id=acme.pk, address_id=version.pk)
    give(desk, None)
    work()
    assert (in_force(desk), play.addresses, play.callers) == (GOLD.standardised, {}, [])
    give(desk, factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122"))
    work()
    assert (in_force(desk), play.callers) == (GOLD.standardised, [("+12125550122", "Wyn Wolf")])


def test_removed_phone_is_taken_back_at_the_provider(play, desk, alice):  # R38
    enter(desk, GOLD, alice)
    work()
    lifecycle.remove_phone(
        desk,
        seen=assignment.plan(
            account_id=desk.account_id, moves=[assignment.Move(desk.pk, None)]
        ).seen,
    )
    work()
    assert (play.callers, statuses(desk)) == ([], [("100", "withdrawn")])


def test_replaced_phone_passes_its_addresses_on_without_a_gap(play, desk, alice):  # R38
    enter(desk, GOLD, alice)
    work()
    enter(desk, FIFTH, alice)
    new = lifecycle.replace_phone(
        desk, mac="805ec0ff0001", model=PhoneModel.objects.get(name="Snom D785")
    )
    assert in_force(new) == GOLD.standardised
    work()
    assert in_force(new) == FIFTH.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


@by_programs
def test_worker_does_it_all_by_itself(play, committed, settings):
    """The real worker, as a program of its own, with a job that was committed with the change."""
    acme = factories.account("Acme")
    alice = factories.person(acme, "Alice", "Archer", caller_id="+12125550111")
    desk = factories.phone(acme, alice)
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        enter(desk, GOLD, alice)
    play.on(*play.new_caller, says(503))
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        enter(desk, FIFTH, alice)
    env = os.environ | {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", **play.settings}
    worker = [sys.executable, "manage.py", "procrastinate", "--verbosity=0", "worker", "--one-shot"]
    for _ in range(
        2
    ):  # the second time for what had to be tried again, or asked once more, after a while
        subprocess.run(
            worker, cwd=settings.BASE_DIR, env=env, check=True, timeout=60, capture_output=True
        )
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'"
            )
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        assert in_force(desk) == FIFTH.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


@by_programs
def test_job_whose_end_the_database_did_not_hear_of_is_done_again(
    play, committed, owner, postgres, settings
):
    """Otherwise it would keep all later work for this address waiting for as long as its worker
    lives.
    """
    acme = factories.account("Acme")
    desk = factories.phone(
        acme, factories.person(acme, "Alice", "Archer", caller_id="+12125550111")
    )
    held = Held()
    play.on(*play.new_address, held)
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        enter(desk, GOLD, desk.assigned_to)
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
            "it is left to the worker that is at it"
        )
        held.released.set()
        ending = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE"
            " '%%finish_job%%'"
        )
        with postgres.superuser() as superuser:
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


@by_programs
def test_job_of_a_worker_that_was_killed_is_done_by_the_next(play, committed, settings):
    acme = factories.account("Acme")
    desk = factories.phone(
        acme, factories.person(acme, "Alice", "Archer", caller_id="+12125550111")
    )
    play.on(*play.new_caller, hangs)
    with transaction.atomic(), scope.entered(account_id=acme.pk):
        enter(desk, GOLD, desk.assigned_to)
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
    with connections["owner"].cursor() as cursor:  # an hour later
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 hour'"
        )
    with contextlib.suppress(AlreadyEnqueued):  # by the first worker, which did so every minute
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
        assert in_force(desk) == GOLD.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_address_of_somebody_who_cannot_be_called_back_waits_and_says_why(play, acme):  # R30
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="")
    desk = factories.phone(acme, wyn)
    version = enter(desk, GOLD, wyn)
    work()
    version.refresh_from_db()
    assert (version.status, in_force(desk), play.callers) == (Status.PENDING, "", [])
    assert "outbound caller ID" in version.words
    people.edit(wyn, caller_id="+12125550122")
    work()
    assert (in_force(desk), play.callers) == (GOLD.standardised, [("+12125550122", "Wyn Wolf")])


def test_reassignment_while_the_provider_decides_is_told_afterwards(play, desk, alice):
    version = enter(desk, GOLD, alice)
    jobs()
    records._settle(version, Outcome("accepted", {}, ""), ("+12125550199", "Somebody Before"))
    assert jobs() == [("tell_caller", {"account_id": desk.account_id, "user_id": alice.pk})]


def test_late_answer_about_a_replaced_phone_takes_nothing_from_the_new_one(
    play, desk, alice
):  # R38
    old = enter(desk, GOLD, alice)
    work()
    known = EmergencyAddress.objects.get(pk=old.pk).known
    new = lifecycle.replace_phone(
        desk, mac="805ec0ff0001", model=PhoneModel.objects.get(name="Snom D785")
    )
    EmergencyAddress.objects.filter(pk=old.pk).update(
        known=known
    )  # as a call that was under way would
    records.withdraw_address(account_id=desk.account_id, address_id=old.pk)
    work()
    assert in_force(new) == GOLD.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]
    assert (
        new.addresses.get().set_at == old.set_at
    )  # R31: when it was set, not when the phone was replaced


def test_address_of_a_free_phone_that_is_refused_later_is_no_longer_in_force(
    play, acme, alice
):  # R30
    free = factories.phone(acme, label="Free")
    enter(free, GOLD, alice)
    work()
    assert in_force(free) == GOLD.standardised
    play.caller_status = play.words["no"]
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    give(free, wyn)
    work()
    assert (in_force(free), statuses(free), play.callers) == ("", [("100", "refused")], [])
