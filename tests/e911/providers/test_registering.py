"""Every provider registers, changes the caller, withdraws, and finishes each step exactly once."""

from __future__ import annotations

import contextlib
import copy

import pytest

from e911.providers import Unavailable
from tests.e911.providers.conftest import UMA, VIC, Crash, Phone
from tests.e911.providers.server import obeys_and_hangs, obeys_and_hangs_up, says

STEPS = 5  # begun, address, begun, caller, in force


def test_registered_address_is_accepted(play, phone):  # R30
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [UMA])
    assert phone.provider.state(phone.known).state == "accepted"


@pytest.mark.parametrize(("word", "state"), [("yes", "accepted"), ("no", "refused")])
def test_pending_caller_becomes_what_the_provider_decides(play, phone, word, state):  # R30
    play.caller_status = play.words["wait"]
    outcome = phone.register()
    assert (outcome.state, outcome.words) == ("pending", play.words["wait"])
    assert phone.provider.state(phone.known).state == "pending"
    assert phone.register().state == "pending"
    play.decide(play.words[word])
    assert phone.provider.state(phone.known).state == state
    outcome = phone.register()
    assert (outcome.state, outcome.words) == (state, play.words[word])
    assert len(play.addresses) == 1


def test_what_is_known_is_changed_by_the_caller_alone(play, phone):
    """An adapter returns what it learned and does not modify its argument."""
    play.caller_status = play.words["wait"]
    phone.register()
    play.decide(play.words["yes"])
    before = copy.deepcopy(phone.known)
    phone.provider.update_caller(phone.known, *UMA, lambda known: None)
    assert phone.known == before


def test_pending_address_gets_its_caller_only_when_accepted(play, phone):
    play.address_status = {"pending": "pending", "RECEIVED": "UNVALIDATED"}[play.words["wait"]]
    assert [phone.register().state, phone.register().state] == ["pending", "pending"]
    assert phone.provider.state(phone.known).state == "pending"
    play.decide(play.words["yes"])
    assert phone.provider.state(phone.known).state == "pending"  # it has no caller yet
    assert play.callers == []
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [UMA])


def test_status_that_nobody_knows_waits_and_keeps_its_word(play, phone):  # R30
    play.caller_status = play.words["strange"]
    outcome = phone.register()
    assert (outcome.state, outcome.words) == ("pending", play.words["strange"])


def test_address_refused_at_once_is_an_answer_with_the_providers_words(play, phone):  # R28, R31
    play.on(
        *play.new_address,
        says(422, {"errors": [{"title": "No such street", "description": "No such street"}]}),
    )
    outcome = phone.register()
    assert (outcome.state, outcome.words) == ("refused", "No such street")
    assert (play.addresses, play.callers) == ({}, [])
    play.seen.clear()
    phone.withdraw()
    assert play.seen == []


def test_refusal_of_the_second_step_leaves_nothing_once_withdrawn(play, phone):  # R28
    play.on(
        *play.new_caller,
        says(422, {"errors": [{"title": "Bad number", "description": "Bad number"}]}),
    )
    outcome = phone.register()
    assert (outcome.state, outcome.words, play.callers) == ("refused", "Bad number", [])
    phone.withdraw()
    assert play.addresses == {}


def test_refused_caller_can_be_tried_again(play, phone):
    play.caller_status = play.words["no"]
    assert phone.register().state == "refused"
    play.caller_status = play.words["yes"]
    assert phone.register().state == "accepted"
    assert (len(play.addresses), len(play.endpoints)) == (1, 1)


@pytest.mark.parametrize("step", range(STEPS))
def test_crash_before_any_step_is_stored_neither_loses_nor_duplicates(play, phone, step):  # R28
    phone.crash_at(step)
    with pytest.raises(Crash):
        phone.register()
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [UMA])
    phone.withdraw()
    assert (play.addresses, play.endpoints) == ({}, {})


@pytest.mark.parametrize("lost", ["new_address", "new_caller"])
def test_answer_lost_after_the_provider_accepted_registers_once(play, phone, lost):
    play.on(*getattr(play, lost), obeys_and_hangs_up)
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [UMA])


@pytest.mark.usefixtures("impatient")
def test_time_out_after_the_provider_accepted_registers_once(play, phone):
    play.on(*play.new_address, obeys_and_hangs)
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [UMA])


@pytest.mark.parametrize("lost", ["new_address", "new_caller"])
def test_withdrawing_an_interrupted_registration_finds_what_it_left(play, phone, lost):
    play.on(*getattr(play, lost), obeys_and_hangs_up)
    with pytest.raises(Unavailable):
        phone.register()
    phone.withdraw()
    assert (play.addresses, play.endpoints) == ({}, {})


def test_two_phones_at_one_address_are_registered_apart(play, phone):
    """Withdrawing one leaves the other registered."""
    other = Phone(reference="phoneadmin-address-2")
    assert (phone.register(UMA).state, other.register(VIC).state) == ("accepted", "accepted")
    phone.withdraw()
    assert (len(play.addresses), play.callers) == (1, [VIC])


def test_interrupted_registration_does_not_take_another_phones_address(play, phone):
    other = Phone(reference="phoneadmin-address-2")
    assert other.register(VIC).state == "accepted"
    play.on(*play.new_address, says(503))
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (2, [VIC, UMA])


def test_new_caller_is_made_before_the_old_one_is_gone(play, phone):  # R28
    phone.register(UMA)
    play.caller_status = play.words["wait"]
    assert phone.update_caller(VIC).state == "pending"
    assert play.callers == [UMA]
    play.decide(play.words["yes"])
    assert phone.update_caller(VIC).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [VIC])
    assert phone.update_caller(VIC).state == "accepted"


def test_refused_new_caller_leaves_the_old_one_in_force(play, phone):  # R28
    phone.register(UMA)
    play.caller_status = play.words["no"]
    assert phone.update_caller(VIC).state == "refused"
    assert play.callers == [UMA]
    play.on(
        *play.change_caller,
        says(422, {"errors": [{"title": "Bad number", "description": "Bad number"}]}),
    )
    assert phone.update_caller(VIC).words == "Bad number"
    assert phone.provider.state(phone.known).state == "accepted"
    play.caller_status = play.words["yes"]
    assert phone.update_caller(VIC).state == "accepted"
    assert (play.callers, len(play.endpoints)) == ([VIC], 1)


def test_caller_who_changes_back_while_pending_is_the_old_one(play, phone):
    phone.register(UMA)
    play.caller_status = play.words["wait"]
    phone.update_caller(VIC)
    play.decide(play.words["yes"])
    play.caller_status = play.words["yes"]
    assert phone.update_caller(UMA).state == "accepted"
    assert (play.callers, len(play.endpoints)) == ([UMA], 1)


@pytest.mark.parametrize("step", range(4))
def test_crash_in_a_change_of_caller_never_leaves_the_phone_without_one(play, phone, step):  # R28
    phone.register(UMA)
    phone.crash_at(step)
    with contextlib.suppress(Crash):  # not every provider has so many steps
        phone.update_caller(VIC)
    assert play.callers != []
    assert phone.update_caller(VIC).state == "accepted"
    assert (play.callers, len(play.endpoints)) == ([VIC], 1)


def test_lost_answer_to_a_change_of_caller_changes_it_once(play, phone):
    phone.register(UMA)
    play.on(*play.change_caller, obeys_and_hangs_up)
    with pytest.raises(Unavailable):
        phone.update_caller(VIC)
    assert phone.update_caller(VIC).state == "accepted"
    assert (play.callers, len(play.endpoints)) == ([VIC], 1)


def test_withdrawn_twice_is_gone_once(play, phone):
    phone.register()
    phone.withdraw()
    assert (play.addresses, play.endpoints) == ({}, {})
    phone.withdraw()


@pytest.mark.parametrize("status", [409, 422, 503])
def test_withdrawing_is_finished_by_a_second_try(play, phone, status):
    phone.register()
    play.on(
        *play.remove_address,
        says(status, {"errors": [{"title": "In use", "description": "In use"}]}),
    )
    with pytest.raises(Unavailable):
        phone.withdraw()
    assert len(play.addresses) == 1
    phone.withdraw()
    assert (play.addresses, play.endpoints) == ({}, {})


def test_withdrawing_what_was_never_registered_asks_nothing(play, phone):
    phone.withdraw()
    assert play.seen == []
