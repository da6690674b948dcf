"""A phone keeps its E911 address when it becomes one of another kind (R58)."""

from __future__ import annotations

import pytest

from e911 import records
from e911.models import Status
from e911.providers import Outcome
from phones import lifecycle
from phones.models import Kind, Phone
from tests import factories

from .record_steps import (
    GOLD,
    address_in_force,
    assign,
    run_jobs,
    set_address,
    statuses,
    take_jobs,
)

PLACE = "+12125550133"


@pytest.fixture
def number(acme) -> str:
    return factories.caller_number(acme, PLACE).e164


@pytest.fixture
def lobby(acme, alice, play, number) -> Phone:
    """A common-area phone whose address is registered with its number."""
    phone = factories.phone(acme, kind=Kind.COMMON, label="Lobby", ext="200", caller_id=number)
    set_address(phone, GOLD, alice)
    run_jobs()
    assert play.callers == [(PLACE, "Lobby")]
    return phone


def make_common_area(phone: Phone, caller_id: str | None) -> None:
    lifecycle.make_common_area(phone, label="Lobby", ext=None, caller_id=caller_id)


def test_address_of_a_person_is_registered_with_the_number_of_the_place(play, desk, alice, number):
    set_address(desk, GOLD, alice)
    run_jobs()
    make_common_area(desk, number)
    assert address_in_force(desk) == GOLD.standardised, "without a gap"
    run_jobs()
    assert (address_in_force(desk), statuses(desk)) == (GOLD.standardised, [("100", "accepted")])
    assert play.callers == [(PLACE, "Lobby")]


def test_address_of_a_person_waits_while_the_place_has_no_number(play, desk, alice):
    """Their number isn't the phone's anymore, and a dispatcher must not get this address by it."""
    set_address(desk, GOLD, alice)
    run_jobs()
    make_common_area(desk, None)
    run_jobs()
    assert (play.addresses, play.callers, address_in_force(desk)) == ({}, [], "")
    version = desk.addresses.get()
    assert version.status == Status.PENDING and "has no caller number yet" in version.words
    factories.caller_number(desk.account, PLACE)
    lifecycle.set_line_of_place(desk, label="Lobby", ext=None, caller_id=PLACE)
    run_jobs()
    assert (address_in_force(desk), play.callers) == (GOLD.standardised, [(PLACE, "Lobby")])


def test_address_of_a_free_phone_is_registered_once_it_is_a_place(play, acme, alice, number):
    free = factories.phone(acme)
    set_address(free, GOLD, alice)
    run_jobs()
    assert play.callers == []
    make_common_area(free, number)
    run_jobs()
    assert (address_in_force(free), play.callers) == (GOLD.standardised, [(PLACE, "Lobby")])


def test_address_that_waits_is_registered_with_the_number_of_the_place(play, desk, alice, number):
    set_address(desk, GOLD, alice)
    make_common_area(desk, number)
    run_jobs()
    assert (address_in_force(desk), play.callers) == (GOLD.standardised, [(PLACE, "Lobby")])


def test_address_of_a_place_stays_with_the_free_phone_and_leaves_the_provider(play, lobby):
    """The number may become another phone's, and 911 must not find this address with it."""
    lifecycle.make_user_phone(lobby)
    run_jobs()
    assert address_in_force(lobby) == GOLD.standardised
    assert (play.addresses, play.callers) == ({}, [])


def test_address_of_a_place_is_registered_for_whoever_gets_the_phone(play, lobby, acme):
    lifecycle.make_user_phone(lobby)
    run_jobs()
    wyn = factories.person(acme, "Wyn", "Wolf", caller_id="+12125550122")
    assign(lobby, wyn)
    run_jobs()
    assert address_in_force(lobby) == GOLD.standardised
    assert play.callers == [("+12125550122", "Wyn Wolf")]


def refuse_change(phone: Phone) -> None:
    """Put on record that the provider refused a newer address, which is still to be corrected."""
    factories.address(phone, status="refused", current=False, house_number="350")


def test_address_of_a_place_stays_though_a_change_of_it_was_refused(play, lobby):  # R28
    refuse_change(lobby)
    lifecycle.make_user_phone(lobby)
    run_jobs()
    assert (address_in_force(lobby), play.callers) == (GOLD.standardised, [])
    assert statuses(lobby) == [("100", "accepted"), ("350", "refused")]


def test_address_of_a_person_stays_though_a_change_of_it_was_refused(play, desk, alice):  # R28
    set_address(desk, GOLD, alice)
    run_jobs()
    refuse_change(desk)
    make_common_area(desk, None)
    run_jobs()
    assert statuses(desk) == [("100", "pending"), ("350", "refused")], "it waits for a number"
    factories.caller_number(desk.account, PLACE)
    lifecycle.set_line_of_place(desk, label="Lobby", ext=None, caller_id=PLACE)
    run_jobs()
    assert (address_in_force(desk), play.callers) == (GOLD.standardised, [(PLACE, "Lobby")])


def test_address_of_a_free_phone_is_registered_though_a_change_of_it_was_refused(
    play, acme, alice, number
):  # R28
    free = factories.phone(acme)
    set_address(free, GOLD, alice)
    run_jobs()
    refuse_change(free)
    make_common_area(free, number)
    run_jobs()
    assert (address_in_force(free), play.callers) == (GOLD.standardised, [(PLACE, "Lobby")])


def test_answer_that_comes_once_the_phone_is_free_leaves_nothing_at_the_provider(
    play, lobby, alice
):
    version = set_address(lobby, GOLD, alice)
    take_jobs()
    lifecycle.make_user_phone(lobby)
    take_jobs()
    records._settle(version, Outcome("accepted", {}, ""), (PLACE, "Lobby"))
    told = ("tell_caller", {"account_id": lobby.account_id, "phone_id": lobby.pk})
    assert told in take_jobs()


def test_address_that_no_provider_knows_stays_as_it_is(play, acme, alice):
    free = factories.phone(acme)
    set_address(free, GOLD, alice)
    run_jobs()
    records.notify_provider_of_caller(account_id=acme.pk, phone_id=free.pk)
    assert (address_in_force(free), take_jobs()) == (GOLD.standardised, [])


def test_without_a_provider_the_address_stays(acme, alice, number):
    desk = factories.phone(acme, alice)
    set_address(desk, GOLD, alice)
    make_common_area(desk, None)
    assert address_in_force(desk) == GOLD.standardised
    lifecycle.make_user_phone(desk)
    assert address_in_force(desk) == GOLD.standardised
    assert take_jobs() == []
