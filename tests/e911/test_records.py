"""Addresses on record: a new one replaces the old only once it is accepted, whatever fails.

R7, R28, R30, R31.
"""

from __future__ import annotations

import pytest

from e911 import records
from e911.models import EmergencyAddress, Status
from e911.providers import Misconfigured, Unavailable
from phones import lifecycle
from phones.models import Kind, PhoneModel
from tests import factories
from tests.e911.providers.server import hangs, obeys_and_hangs_up, says

from .record_steps import (
    FIFTH,
    GOLD,
    address_in_force,
    assign,
    run_jobs,
    set_address,
    statuses,
    take_jobs,
)

# --- without a provider ---------------------------------------------------------------------------


def test_address_is_in_force_at_once_where_nobody_else_is_asked(desk, alice):  # R30
    version = set_address(desk, GOLD, alice)
    assert (version.status, address_in_force(desk), take_jobs()) == (
        Status.ACCEPTED,
        GOLD.standardised,
        [],
    )


def test_every_version_stays_on_record(desk, alice):  # R31
    set_address(desk, GOLD, alice)
    set_address(desk, FIFTH, alice)
    assert statuses(desk) == [("100", "withdrawn"), ("350", "accepted")]
    first = desk.addresses.earliest("id")
    assert (first.typed, first.set_by, first.set_by_name) == ("as typed", alice, "Alice Archer")


def test_common_area_phone_has_an_address_too(acme, alice):
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    set_address(lobby, GOLD, alice)
    assert address_in_force(lobby) == GOLD.standardised


def test_unassigning_keeps_the_address(desk, alice):  # R7
    set_address(desk, GOLD, alice)
    assign(desk, None)
    assert address_in_force(desk) == GOLD.standardised


def test_address_for_a_phone_that_was_removed_meanwhile_is_refused(desk, alice):
    lifecycle.remove_phone(desk)
    with pytest.raises(records.Gone):
        set_address(desk, GOLD, alice)


# --- with a provider ------------------------------------------------------------------------------


def test_new_version_waits_and_its_job_is_in_the_same_transaction(play, desk, alice):  # R7, R28
    version = set_address(desk, GOLD, alice)
    assert (version.status, address_in_force(desk)) == (Status.PENDING, "")
    assert take_jobs() == [("register", {"account_id": desk.account_id, "address_id": version.pk})]


def test_accepted_version_is_in_force_here_and_alone_there(play, desk, alice):
    set_address(desk, GOLD, alice)
    assert run_jobs() == ["register"]
    assert address_in_force(desk) == GOLD.standardised
    set_address(desk, FIFTH, alice)
    assert address_in_force(desk) == GOLD.standardised  # until the new one is accepted
    assert run_jobs() == ["register", "withdraw"]
    assert address_in_force(desk) == FIFTH.standardised
    assert statuses(desk) == [("100", "withdrawn"), ("350", "accepted")]
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_task_that_runs_twice_registers_once(play, desk, alice):
    version = set_address(desk, GOLD, alice)
    for _ in range(2):
        records.register_address(account_id=desk.account_id, address_id=version.pk)
    assert play.callers == [("+12125550111", "Alice Archer")]
    assert address_in_force(desk) == GOLD.standardised


def test_refused_version_leaves_the_old_one_in_force_here_and_there(play, desk, alice):  # R28
    set_address(desk, GOLD, alice)
    run_jobs()
    play.caller_status = play.words["no"]
    refused = set_address(desk, FIFTH, alice)
    run_jobs()
    refused.refresh_from_db()
    assert (refused.status, refused.is_open) == (Status.REFUSED, True)
    assert address_in_force(desk) == GOLD.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_refused_version_can_be_tried_again_as_a_new_one(play, desk, alice):
    play.caller_status = play.words["no"]
    set_address(desk, GOLD, alice)
    run_jobs()
    play.caller_status = play.words["yes"]
    records.try_again(phone=desk, by=alice)
    run_jobs()
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
    set_address(desk, GOLD, alice)
    run_jobs()
    version = set_address(desk, FIFTH, alice)
    play.on(*getattr(play, step), fault)
    with pytest.raises(Unavailable):
        records.register_address(account_id=desk.account_id, address_id=version.pk)
    version.refresh_from_db()
    assert (version.status, address_in_force(desk)) == (Status.PENDING, GOLD.standardised)
    assert version.words  # the page says why it is pending
    assert len(play.callers) >= 1
    settings.E911_TIMEOUTS = (5, 15)
    run_jobs()  # the next try goes on where the last one stopped
    assert address_in_force(desk) == FIFTH.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_wrong_credentials_leave_everything_as_it_is(play, desk, alice):
    version = set_address(desk, GOLD, alice)
    play.secret = "another"
    with pytest.raises((Misconfigured, Unavailable)):
        records.register_address(account_id=desk.account_id, address_id=version.pk)
    version.refresh_from_db()
    assert (version.status, address_in_force(desk)) == (Status.PENDING, "")


def test_newer_version_replaces_one_that_still_waits(play, desk, alice):
    set_address(desk, GOLD, alice)
    set_address(desk, FIFTH, alice)
    run_jobs()
    assert statuses(desk) == [("100", "withdrawn"), ("350", "accepted")]
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_removed_phone_is_taken_back_at_the_provider(play, desk, alice):  # R38
    set_address(desk, GOLD, alice)
    run_jobs()
    lifecycle.remove_phone(desk)
    run_jobs()
    assert (play.callers, statuses(desk)) == ([], [("100", "withdrawn")])


def test_replaced_phone_passes_its_addresses_on_without_a_gap(play, desk, alice):  # R38
    set_address(desk, GOLD, alice)
    run_jobs()
    set_address(desk, FIFTH, alice)
    new = lifecycle.replace_phone(
        desk, mac="805ec0ff0001", model=PhoneModel.objects.get(name="Snom D785")
    )
    assert address_in_force(new) == GOLD.standardised
    run_jobs()
    assert address_in_force(new) == FIFTH.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]


def test_late_answer_about_a_replaced_phone_takes_nothing_from_the_new_one(
    play, desk, alice
):  # R38
    old = set_address(desk, GOLD, alice)
    run_jobs()
    known = EmergencyAddress.objects.get(pk=old.pk).known
    new = lifecycle.replace_phone(
        desk, mac="805ec0ff0001", model=PhoneModel.objects.get(name="Snom D785")
    )
    # As a call to the provider that began before the replacement would do.
    EmergencyAddress.objects.filter(pk=old.pk).update(known=known)
    records.withdraw_address(account_id=desk.account_id, address_id=old.pk)
    run_jobs()
    assert address_in_force(new) == GOLD.standardised
    assert play.callers == [("+12125550111", "Alice Archer")]
    # R31: when the address was set, not when the phone was replaced.
    assert new.addresses.get().set_at == old.set_at
