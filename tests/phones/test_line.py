"""A phone needs a restart if its configuration differs from what it fetched (R34)."""

from __future__ import annotations

import pytest
from django.db import connection

from phones import assignment, fetching, lifecycle, line, tasks
from phones.models import Kind, Phone, PhoneModel
from tests import factories
from users import people, sip
from users.models import Account
from users.tenancy.search import WALK


@pytest.fixture
def uma(acme):
    factories.caller_number(acme, "+14155550112")
    return factories.person(acme, "Uma", "Ulm", ext="11", caller_id="+14155550111")


@pytest.fixture
def vic(acme):
    return factories.person(acme, "Vic", "Vance", ext="12")


@pytest.fixture
def desk(acme, uma) -> Phone:
    return factories.phone(acme, uma)


def fetch(phone: Phone) -> None:
    """Start the phone, which fetches its configuration."""
    file = f"{phone.mac}.cfg"
    assert fetching.serve_file(
        secret=fetching.create_code(phone), file=file, sender="192.0.2.1", agent="", record=True
    )


def needing(*phones: Phone) -> list[Phone]:
    states = line.load_states(phones[0].account_id, [phone.pk for phone in phones])
    return [phone for phone in phones if states[phone.pk].needs_restart]


def assign(phone: Phone, person) -> None:
    moves = [assignment.Move(phone.pk, person and person.pk)]
    plan = assignment.plan(account_id=phone.account_id, moves=moves)
    assignment.carry_out(account_id=phone.account_id, moves=moves, seen=plan.seen)


def test_phone_that_never_fetched_needs_no_restart(desk, vic):
    assign(desk, vic)
    assert needing(desk) == []


def test_phone_that_has_what_it_would_get_needs_no_restart(desk):
    fetch(desk)
    assert needing(desk) == []


@pytest.mark.parametrize(
    "change",
    [
        {"first_name": "Una"},
        {"last_name": "Ult"},
        {"ext": "111"},
        {"caller_id": "+14155550112"},
        {"caller_id": None},
    ],
)
def test_phone_needs_a_restart_when_its_person_changes_until_it_fetches(desk, uma, change):
    fetch(desk)
    people.edit(uma, **change)
    assert needing(desk) == [desk]
    fetch(desk)
    assert needing(desk) == []


def test_change_that_no_phone_shows_needs_no_restart(desk, uma):
    fetch(desk)
    people.edit(uma, email="uma.ulm@example.com")
    assert needing(desk) == []


def test_change_undone_needs_no_restart(desk, uma):
    fetch(desk)
    people.edit(uma, ext="111")
    people.edit(uma, ext="11")
    assert needing(desk) == []


def test_new_credentials_need_a_restart(desk, uma):
    fetch(desk)
    sip.issue_credentials([uma])
    assert needing(desk) == [desk]


def test_switching_to_a_used_phone_marks_both_phones_and_no_other(acme, desk, vic):
    theirs, spare = factories.phone(acme, vic), factories.phone(acme)
    for phone in (desk, theirs, spare):
        fetch(phone)
    assign(desk, vic)
    assert needing(desk, theirs, spare) == [desk, theirs]
    fetch(theirs)
    assert needing(desk, theirs, spare) == [desk]


def test_phone_of_another_make_than_was_thought_needs_a_restart(desk):
    fetch(desk)
    lifecycle.correct_phone(desk, mac=desk.mac, model=PhoneModel.objects.get(name="Snom D785"))
    assert needing(desk) == [desk]


def test_model_that_is_of_another_make_after_all_needs_a_restart(desk):
    fetch(desk)
    PhoneModel.objects.filter(pk=desk.model_id).update(family="snom")
    assert needing(desk) == [desk]


def test_what_the_operator_changes_needs_no_restart(desk, settings):  # R34
    fetch(desk)
    settings.SIP_HOST = "elsewhere.example.com"
    assert needing(desk) == []


def test_person_added_marks_no_phone(acme, desk):
    fetch(desk)
    factories.person(acme, "Zoe", ext="99999")
    assert needing(desk) == []


@pytest.mark.parametrize(
    "change",
    [
        {"time_zone": "America/Denver"},
        {"country": "CA"},
        {"phone_language": "fr"},
        {"ext_length": 5},
        {"outside_prefix": "9"},
    ],
)
def test_setting_of_the_account_needs_a_restart_once_it_is_passed_on(acme, desk, change):  # R47
    fetch(desk)
    Account.objects.filter(pk=acme.pk).update(**change)
    tasks.renew_wanted(desk.account_id)
    assert needing(desk) == [desk]
    fetch(desk)
    assert needing(desk) == []


def test_common_area_phone_needs_a_restart_when_its_line_changes(acme):  # R58
    factories.caller_number(acme, "+14155550113")
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby", ext="50")
    fetch(lobby)
    for change in ({"ext": "51"}, {"label": "Hall"}, {"caller_id": "+14155550113"}):
        Phone.objects.filter(pk=lobby.pk).update(**change)
        assert needing(lobby) == [lobby], change
        fetch(lobby)
    assert needing(lobby) == []


def test_lines_of_other_accounts_are_not_seen(desk, other):
    theirs = factories.phone(other, factories.person(other))
    assert set(line.load_states(desk.account_id, [desk.pk, theirs.pk])) == {desk.pk}


def test_nothing_is_claimed_about_registration_where_the_registrar_cannot_be_asked(acme, desk):
    spare = factories.phone(acme)
    states = line.load_states(acme.pk, [desk.pk, spare.pk])
    nothing = {"registered": False, "unregistered": False, "needs_restart": False, "askable": False}
    assert states[desk.pk] == line.State(free=False, unfetched=True, **nothing)
    assert states[spare.pk] == line.State(free=True, unfetched=True, **nothing)


@pytest.mark.parametrize("many", [1, 3])
def test_states_are_one_query(acme, django_assert_num_queries, many):
    phones = [factories.phone(acme, factories.person(acme)) for _ in range(many)]
    with django_assert_num_queries(1):
        line.load_states(acme.pk, [phone.pk for phone in phones])


def test_walk_along_an_index_does_not_search_all_registrations_for_each_phone(acme, desk):
    """A page has sorting off; the function must not then read registrations by their expiry."""
    with connection.cursor() as cursor:
        cursor.execute(WALK)
        cursor.execute("SELECT current_setting('enable_sort')")
        assert cursor.fetchone() == ("off",)
        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'phones_registered'")
        assert "enable_sort=on" in cursor.fetchone()[0]
