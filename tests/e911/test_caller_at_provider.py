"""The provider learns who calls from an address when the phone, a name or a caller ID changes."""

from __future__ import annotations

import pytest

from e911 import records
from e911.models import Status
from e911.providers import Outcome, Unavailable
from tests import factories
from tests.e911.providers.server import obeys_and_hangs_up, says
from users import people

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


def test_reassignment_tells_the_provider_who_calls_now(play, desk, alice, acme):
    set_address(desk, GOLD, alice)
    run_jobs()
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    assign(desk, wyn)
    assert run_jobs() == ["tell_caller"]
    assert play.callers == [("+12125550122", "Wyn Wolf")]


def test_new_name_or_caller_id_is_told_to_the_provider(play, desk, alice):
    set_address(desk, GOLD, alice)
    run_jobs()
    factories.caller_number(alice.account, "+12125550199")
    people.edit(alice, caller_id="+12125550199")
    run_jobs()
    assert play.callers == [("+12125550199", "Alice Archer")]


def test_address_of_a_free_phone_is_registered_when_somebody_gets_the_phone(play, acme, alice):
    free = factories.phone(acme, label="Free")
    set_address(free, GOLD, alice)
    run_jobs()
    assert (address_in_force(free), play.callers) == (GOLD.standardised, [])
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    assign(free, wyn)
    run_jobs()
    assert play.callers == [("+12125550122", "Wyn Wolf")]


@pytest.mark.parametrize("fault", [says(500), obeys_and_hangs_up], ids=["not done", "done"])
def test_registration_that_was_interrupted_leaves_nothing_once_nobody_has_the_phone(
    play, desk, alice, acme, fault
):
    version = set_address(desk, GOLD, alice)
    play.on(*play.new_address, fault)
    with pytest.raises(Unavailable):
        records.register_address(account_id=acme.pk, address_id=version.pk)
    assign(desk, None)
    run_jobs()
    assert (address_in_force(desk), play.addresses, play.callers) == (GOLD.standardised, {}, [])
    assign(desk, factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122"))
    run_jobs()
    assert (address_in_force(desk), play.callers) == (
        GOLD.standardised,
        [("+12125550122", "Wyn Wolf")],
    )


def test_address_of_somebody_who_cannot_be_called_back_waits_and_says_why(play, acme):  # R30
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id=None)
    desk = factories.phone(acme, wyn)
    version = set_address(desk, GOLD, wyn)
    run_jobs()
    version.refresh_from_db()
    assert (version.status, address_in_force(desk), play.callers) == (Status.PENDING, "", [])
    assert "caller number" in version.words
    factories.caller_number(acme, "+12125550122")
    people.edit(wyn, caller_id="+12125550122")
    run_jobs()
    assert (address_in_force(desk), play.callers) == (
        GOLD.standardised,
        [("+12125550122", "Wyn Wolf")],
    )


def test_number_that_another_company_has_confirmed_is_not_told(play, acme, other):  # R67
    factories.caller_number(other, "+12125550155")
    factories.caller_number(acme, "+12125550155", confirmed=False)
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550155")
    desk = factories.phone(acme, wyn)
    version = set_address(desk, GOLD, wyn)
    run_jobs()
    version.refresh_from_db()
    assert (version.status, address_in_force(desk), play.callers) == (Status.PENDING, "", [])


def test_reassignment_while_the_provider_decides_is_told_afterwards(play, desk, alice):
    version = set_address(desk, GOLD, alice)
    take_jobs()
    records._settle(version, Outcome("accepted", {}, ""), ("+12125550199", "Somebody Before"))
    assert take_jobs() == [("tell_caller", {"account_id": desk.account_id, "user_id": alice.pk})]


def test_address_of_a_free_phone_that_is_refused_later_is_no_longer_in_force(
    play, acme, alice
):  # R30
    free = factories.phone(acme, label="Free")
    set_address(free, GOLD, alice)
    run_jobs()
    assert address_in_force(free) == GOLD.standardised
    play.caller_status = play.words["no"]
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    assign(free, wyn)
    run_jobs()
    assert (address_in_force(free), statuses(free), play.callers) == ("", [("100", "refused")], [])


def test_number_that_is_taken_from_somebody_is_withdrawn_from_the_provider(play, desk, alice, acme):
    """It can become another desk's, and 911 must not find this address with it."""
    set_address(desk, GOLD, alice)
    run_jobs()
    people.edit(alice, caller_id=None)
    run_jobs()
    assert (play.addresses, play.callers, address_in_force(desk)) == ({}, [], "")
    waiting = desk.addresses.get()
    assert (waiting.status, "caller number" in waiting.words) == (Status.PENDING, True)
    people.edit(alice, caller_id="+12125550111")
    run_jobs()
    assert address_in_force(desk) == GOLD.standardised
    assert (len(play.addresses), play.callers) == (1, [("+12125550111", "Alice Archer")])


def test_number_taken_while_a_newer_address_waits_leaves_nothing_at_the_provider(play, desk, alice):
    set_address(desk, GOLD, alice)
    run_jobs()
    set_address(desk, FIFTH, alice)
    people.edit(alice, caller_id=None)
    run_jobs()
    assert (play.addresses, play.callers, address_in_force(desk)) == ({}, [], "")
    assert statuses(desk) == [("100", "withdrawn"), ("350", "pending")]
