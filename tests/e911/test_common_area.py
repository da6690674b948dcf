"""A common-area phone's address is in force only once the provider can call the phone back (R58).

Until support has given it a caller number, with a provider its address waits.
"""

from __future__ import annotations

import pytest

from e911 import records, tasks
from e911.models import Status
from e911.providers import Outcome, Unavailable, Validation, get_provider
from phones import lifecycle
from phones.models import Kind, Phone, PhoneModel
from tests import factories

from .record_steps import FIFTH, GOLD, address_in_force, run_jobs, set_address, statuses, take_jobs


@pytest.fixture
def lobby(acme):
    return factories.phone(acme, kind=Kind.COMMON, label="Lobby")


def put_on_record(phone, **fields):
    """Put an address in force without telling the provider, as earlier releases did."""
    return factories.address(phone, provider=get_provider().key, **fields)


def test_address_waits_and_says_why(play, lobby, alice):  # R30
    version = set_address(lobby, GOLD, alice)
    assert run_jobs() == ["register"], "only a number helps, so the provider isn't asked again"
    version.refresh_from_db()
    assert (version.status, address_in_force(lobby), play.callers) == (Status.PENDING, "", [])
    assert "has no caller number yet" in version.words and "call it back" in version.words


def test_waiting_address_can_be_tried_again(play, lobby, alice):
    version = set_address(lobby, GOLD, alice)
    run_jobs()
    assert records.try_again(phone=lobby, by=alice) == version
    assert run_jobs() == ["register"]
    assert statuses(lobby) == [("100", "pending")]


def test_another_address_replaces_the_waiting_one(play, lobby, alice):
    for address in (GOLD, FIFTH):
        set_address(lobby, address, alice)
        run_jobs()
    assert (statuses(lobby), address_in_force(lobby)) == (
        [("100", "withdrawn"), ("350", "pending")],
        "",
    )


def set_number(phone, number, label="Lobby"):
    """Give a common-area phone a caller number, as support does."""
    if number:
        factories.caller_number(phone.account, number)
    lifecycle.set_line_of_place(phone, label=label, ext=None, caller_id=number)


def test_address_is_registered_once_the_phone_has_a_number(play, lobby, alice):
    set_address(lobby, GOLD, alice)
    run_jobs()
    set_number(lobby, "+12125550133")
    assert run_jobs() == ["tell_caller", "register"]
    assert address_in_force(lobby) == GOLD.standardised
    assert play.callers == [("+12125550133", "Lobby")]
    tasks.reopen_unregistered(0)
    assert (address_in_force(lobby), take_jobs()) == (GOLD.standardised, [])


def test_address_of_a_phone_with_a_number_is_registered_at_once(play, lobby, alice):
    set_number(lobby, "+12125550133")
    take_jobs()
    set_address(lobby, GOLD, alice)
    run_jobs()
    assert address_in_force(lobby) == GOLD.standardised
    assert play.callers == [("+12125550133", "Lobby")]


def test_provider_is_told_another_number_or_name(play, lobby, alice):
    set_number(lobby, "+12125550133")
    set_address(lobby, GOLD, alice)
    run_jobs()
    set_number(lobby, "+12125550144", label="Entrance")
    run_jobs()
    assert play.callers == [("+12125550144", "Entrance")]
    assert address_in_force(lobby) == GOLD.standardised


def test_number_that_is_taken_from_the_phone_is_withdrawn_from_the_provider(play, lobby, alice):
    set_number(lobby, "+12125550133")
    set_address(lobby, GOLD, alice)
    run_jobs()
    set_number(lobby, None)
    run_jobs()
    assert (play.addresses, play.callers, address_in_force(lobby)) == ({}, [], "")
    assert statuses(lobby) == [("100", "pending")]
    assert "has no caller number yet" in lobby.addresses.get().words


def test_number_set_while_the_provider_decides_is_told_afterwards(play, lobby, alice):
    set_number(lobby, "+12125550133")
    version = set_address(lobby, GOLD, alice)
    take_jobs()
    records._settle(version, Outcome("accepted", {}, ""), ("+12125550199", "Lobby before"))
    assert take_jobs() == [("tell_caller", {"account_id": lobby.account_id, "phone_id": lobby.pk})]


def test_replacement_has_the_number_too(play, lobby, alice):  # R38
    set_number(lobby, "+12125550133")
    set_address(lobby, GOLD, alice)
    run_jobs()
    model = PhoneModel.objects.get(name="Snom D785")
    new = lifecycle.replace_phone(lobby, mac="805ec0ff0001", model=model)
    run_jobs()
    assert (new.caller_id, address_in_force(new)) == ("+12125550133", GOLD.standardised)
    assert play.callers == [("+12125550133", "Lobby")]


def test_provider_that_does_not_answer_is_asked_again(play, lobby, alice, monkeypatch):
    version = set_address(lobby, GOLD, alice)

    def fail(*_arguments):
        raise Unavailable("It does not answer.")

    monkeypatch.setattr(get_provider(), "validate", fail)
    with pytest.raises(Unavailable):
        records.register_address(account_id=lobby.account_id, address_id=version.pk)
    version.refresh_from_db()
    assert (version.status, version.words) == (Status.PENDING, "It does not answer.")


def test_replaced_phone_goes_on_waiting(play, lobby, alice):  # R38
    set_address(lobby, GOLD, alice)
    run_jobs()
    model = PhoneModel.objects.get(name="Snom D785")
    new = lifecycle.replace_phone(lobby, mac="805ec0ff0001", model=model)
    run_jobs()
    assert (statuses(new), address_in_force(new)) == ([("100", "pending")], "")


def test_without_a_provider_nothing_waits(lobby, alice):
    version = set_address(lobby, GOLD, alice)
    tasks.reopen_unregistered(0)
    version.refresh_from_db()
    assert (version.status, address_in_force(lobby), take_jobs()) == (
        Status.ACCEPTED,
        GOLD.standardised,
        [],
    )


# --- addresses accepted before --------------------------------------------------------------------


def test_address_that_was_accepted_unregistered_becomes_pending(play, lobby):
    version = put_on_record(lobby)
    tasks.reopen_unregistered(0)
    version.refresh_from_db()
    assert (version.status, address_in_force(lobby)) == (Status.PENDING, "")
    assert run_jobs() == ["register"]
    version.refresh_from_db()
    assert "has no caller number yet" in version.words
    tasks.reopen_unregistered(0)
    assert take_jobs() == [], "repeating it changes nothing"


def test_address_accepted_before_the_provider_was_configured_becomes_pending(play, lobby, alice):
    first = factories.address(lobby, provider="builtin", set_by=alice)
    tasks.reopen_unregistered(0)
    assert (statuses(lobby), address_in_force(lobby)) == (
        [("100", "withdrawn"), ("100", "pending")],
        "",
    )
    copy = lobby.addresses.latest("id")
    assert (copy.provider, copy.typed, copy.set_by, copy.set_at) == (
        get_provider().key,
        first.typed,
        alice,
        first.set_at,
    )
    assert take_jobs() == [("register", {"account_id": lobby.account_id, "address_id": copy.pk})]


def test_pending_version_takes_the_place_of_the_one_accepted_unregistered(play, lobby):
    put_on_record(lobby)
    put_on_record(lobby, status="pending", current=False, house_number="350")
    tasks.reopen_unregistered(0)
    assert (statuses(lobby), address_in_force(lobby)) == (
        [("100", "withdrawn"), ("350", "pending")],
        "",
    )


def test_refused_version_does_not_take_the_place_of_the_one_accepted_unregistered(play, lobby):
    accepted = put_on_record(lobby)
    put_on_record(lobby, status="refused", current=False, house_number="350")
    tasks.reopen_unregistered(0)
    assert statuses(lobby) == [("100", "pending"), ("350", "refused")]
    assert lobby.addresses.get(is_open=True) == accepted


def test_removed_phones_and_user_phones_stay_as_they_are(play, acme, desk, alice, lobby):
    set_address(desk, GOLD, alice)
    run_jobs()
    free = factories.phone(acme, label="Free")
    validated = put_on_record(free)
    lifecycle.remove_phone(lobby)
    tasks.reopen_unregistered(0)
    assert take_jobs() == []
    assert address_in_force(desk) == GOLD.standardised
    assert Phone.objects.get(pk=free.pk).current_address == validated


def test_every_account_is_looked_at(play, acme, other):
    for account in (acme, other):
        put_on_record(factories.phone(account, kind=Kind.COMMON, label="Lobby"))
    tasks.reopen_unregistered(0)
    assert sorted(arguments["account_id"] for _name, arguments in take_jobs()) == sorted(
        [acme.pk, other.pk]
    )


def test_address_that_the_provider_refuses_is_refused_at_once(
    play, lobby, alice, monkeypatch
):  # R28
    invalid = Validation("invalid", None, "No such street")
    monkeypatch.setattr(get_provider(), "validate", lambda _address: invalid)
    version = set_address(lobby, GOLD, alice)
    run_jobs()
    version.refresh_from_db()
    assert (version.status, version.words, address_in_force(lobby)) == (
        Status.REFUSED,
        "No such street",
        "",
    )
