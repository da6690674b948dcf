"""Undo is refused, or not offered, once the situation has changed (R17)."""

from __future__ import annotations

import pytest

from phones import lifecycle, restarts
from phones.models import Kind, Phone
from tests import factories
from tests.confirming import confirm_act
from users import people
from users.models import Plan, User

from .undoing import HTMX, Company, links, refusal, seen

MEANWHILE = {
    "someone else got the phone": lambda c: c.assign("Reception", "Wyn"),
    "the phone was taken away": lambda c: c.assign("Reception", None),
    "the other phone was given away": lambda c: c.assign("Cellar", "Wyn"),
    "the label": lambda c: c.change(Phone, "Reception", label="Front desk"),
    "the MAC address": lambda c: c.change(Phone, "Cellar", mac="805ec0aa00ff"),
    "the person's name": lambda c: c.change(User, "Uma", last_name="Ulm"),
    "the person's extension": lambda c: c.change(User, "Vic", ext="99"),
    "the E911 address": lambda c: factories.address(c.phones["Cellar"]),
    "new credentials": lambda c: c.renew("Uma"),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_undoing_is_refused_when_what_was_seen_has_changed(company, what):  # R17
    company.assign("Reception", "Vic")
    moves = company.offered()[0]
    fields = {"moves": moves, "seen": seen(company.ask("/phones/moves/", {"moves": moves}))}
    MEANWHILE[what](company)
    before, usernames = company.holders(), company.usernames()
    answer = company.client.post("/phones/moves/", fields, headers=HTMX)
    assert answer.status_code == 409
    assert (company.holders(), company.usernames()) == (before, usernames)
    assert "Something changed while you were deciding" in answer.content.decode()
    assert seen(answer) != fields["seen"]  # the new situation, for a new decision


def test_undoing_is_not_offered_when_a_phone_is_somebody_elses_by_now(company):
    company.assign("Reception", "Vic")
    company.assign("Reception", "Wyn")
    assert [bool(moves) for moves in company.offered()][:2] == [True, False]


def test_undoing_is_not_offered_when_it_would_take_another_phone_from_somebody(company):
    """Uma got another phone since, so giving her the old one would not restore the situation."""
    company.assign("Reception", None)
    company.assign("Spare", "Uma")
    assert [bool(moves) for moves in company.offered()][:2] == [True, False]
    company.assign("Spare", None)
    assert [bool(moves) for moves in company.offered()][:3] == [
        True,
        False,
        True,
    ]  # as after the first


def test_undoing_is_not_offered_when_a_phone_was_removed(company):
    company.assign("Reception", "Vic")
    remove(company, "Cellar")
    assert company.offered()[1] == ""


def test_undoing_is_not_offered_when_a_phone_became_a_common_area_phone(company):  # R43
    company.assign("Reception", None)
    assert company.offered()[0]
    with company.inside():
        hall = Phone.objects.get(pk=company.phones["Reception"].pk)
        lifecycle.make_common_area(hall, label="Hall", ext=None, caller_id=None)
    assert company.offered()[:2] == ["", ""]


def test_undoing_is_not_offered_for_more_than_can_be_moved_at_once(company):
    people = [
        factories.person(company.account, f"Zoe{n}", "Zed") for n in range(restarts.MAX_PHONES + 1)
    ]
    phones = [factories.phone(company.account, person) for person in people]
    for most, offered in ((restarts.MAX_PHONES, True), (restarts.MAX_PHONES + 1, False)):
        with company.inside():
            Phone.objects.filter(pk__in=[phone.pk for phone in phones]).update(assigned_to=None)
        for phone, person in zip(phones, people, strict=True):
            with company.inside():
                Phone.objects.filter(pk=phone.pk).update(assigned_to=person)
        with company.inside():
            Phone.objects.filter(pk__in=[phone.pk for phone in phones[:most]]).update(
                assigned_to=None
            )
        assert bool(company.offered()[0]) is offered


def remove(company: Company, phone: str) -> None:
    url = f"/phones/{company.phones[phone].pk}/remove/"
    assert confirm_act(company.client, url).status_code == 302


def test_undoing_says_that_the_person_is_gone(company):
    (moves,) = links(company.assign("Reception", "Wyn"))
    with company.inside():
        people.delete(User.objects.get(pk=company.people["Uma"].pk))
    assert refusal(company, moves) == "No longer in your account: Uma Person."
    company.client.post("/phones/moves/", {"moves": moves, "seen": "0" * 32})
    assert company.holders()["Reception"] == "Wyn"


def test_undoing_says_that_the_person_is_on_basic(company):
    (moves,) = links(company.assign("Reception", "Wyn"))
    with company.inside():
        people.change_plan(User.objects.get(pk=company.people["Uma"].pk), Plan.BASIC)
    assert refusal(company, moves) == (
        "Uma Person can’t be given a phone: Basic plan. Change the plan to Plus or Pro first."
    )


def test_undoing_says_that_the_person_is_deactivated(company):
    (moves,) = links(company.assign("Reception", "Wyn"))
    with company.inside():
        people.set_active(User.objects.get(pk=company.people["Uma"].pk), False)
    assert (
        refusal(company, moves)
        == "Uma Person can’t be given a phone: Deactivated. Activate this person first."
    )


def test_undoing_says_that_the_other_phone_was_removed(company):
    (moves,) = links(company.assign("Reception", "Vic"))
    remove(company, "Cellar")
    assert refusal(company, moves) == "No longer in your account: Cellar."


def test_undoing_says_that_the_phone_is_for_a_common_area_now(company):
    (moves,) = links(company.assign("Spare", "Wyn"))
    company.assign("Spare", None)
    with company.inside():
        Phone.objects.filter(label="Spare").update(kind=Kind.COMMON)
    assert refusal(company, moves).startswith("This is a common-area phone.")


def test_replaced_phone_is_not_given_back_by_undoing(company):
    (moves,) = links(company.assign("Spare", "Wyn"))
    with company.inside():
        old = Phone.objects.get(label="Spare")
        lifecycle.replace_phone(old, mac="805ec0aa00fe", model=old.model)
    assert company.offered()[0] == ""
    assert refusal(company, moves) == "No longer in your account: Spare."
