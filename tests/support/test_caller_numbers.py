"""Support staff enter, confirm and remove the telephone numbers of an account (R67)."""

from __future__ import annotations

import pytest
from django.db import transaction

from tests import factories
from tests.answers import visible_text
from tests.confirming import read_question
from tests.support.acting import REASON, WHO, act, activity, page
from users.models import CallerNumber
from users.tenancy import scope

ANOTHER = "This number is already confirmed for another account."


def number_page(number: CallerNumber, verb: str = "") -> str:
    return page("users/callernumber", number, verb)


def add(support, account, number: str):
    return act(support, page("users/account", account, "number"), number=number)


def numbers_of(account) -> dict[str, bool]:
    """Return the numbers of an account, and whether they're confirmed."""
    with transaction.atomic(), scope.entered(account_id=account.pk):
        return {
            it.e164: bool(it.confirmed_at) for it in CallerNumber.objects.filter(account=account)
        }


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("(415) 555-0100", "+14155550100"),
        ("+1 415 555 0100", "+14155550100"),
        ("+44 20 7946 0000", "+442079460000"),
    ],
)
def test_number_that_support_enters_is_confirmed(support, administrator, world, typed, kept):
    assert add(support, world.acme, typed).status_code == 302
    assert numbers_of(world.acme)[kept] is True
    assert activity(administrator)[0] == (*WHO, [f"Added the telephone number {kept}."])


@pytest.mark.parametrize("typed", ["555 0100", "911", "+1 415 555 010", "0049 30 1234567", "x"])
def test_number_that_nobody_could_call_back_is_refused(support, world, typed):
    answer = add(support, world.acme, typed)
    assert answer.status_code == 422
    assert answer.context["form"].errors["number"] == [
        "Enter the number with + and the country code, such as +1 415 555 0100."
    ]


def test_entering_a_number_that_nobody_had_confirmed_confirms_it(support, world):
    assert add(support, world.acme, world.number.e164).status_code == 302
    assert numbers_of(world.acme) == {world.number.e164: True}


def test_confirmed_number_is_one_accounts_and_the_refusal_names_none(support, world):
    theirs = factories.caller_number(world.other, "+14155550100")
    ours = factories.caller_number(world.acme, theirs.e164, confirmed=False)
    for answer in (
        add(support, world.acme, theirs.e164),
        act(support, number_page(ours, "confirm")),
    ):
        assert answer.status_code == 422
        assert ANOTHER in visible_text(answer) and "Other" not in visible_text(answer)
    assert numbers_of(world.acme)[theirs.e164] is False


def test_number_in_use_is_not_removed_and_the_refusal_names_its_users(support, world):
    used = factories.caller_number(world.acme, "+14155550100")
    factories.person(world.acme, "Una", "Yes", ext="41", caller_id=used.e164)
    factories.phone(world.acme, kind="common", label="Kitchen", caller_id=used.e164)
    answer = support.get(number_page(used, "remove-number"))
    assert answer.status_code == 422
    assert "+14155550100 is used by Una Yes, 41; Kitchen." in visible_text(answer)
    assert "Una Yes, 41; Kitchen" in visible_text(support.get(number_page(used)))


def test_refusal_names_few_of_many_users(support, world):
    used = factories.caller_number(world.acme, "+14155550100")
    for n in range(7):
        factories.person(world.acme, "Una", str(n), ext=str(41 + n), caller_id=used.e164)
    said = visible_text(support.get(number_page(used, "remove-number")))
    assert "Una 4, 45 and others." in said and "Una 5" not in said


def test_number_taken_into_use_meanwhile_is_not_removed(support, world):
    url = number_page(world.number, "remove-number")
    asked = read_question(support, url)
    factories.person(world.acme, "Una", "Yes", ext="41", caller_id=world.number.e164)
    answer = support.post(url, asked | {"reason": REASON})
    assert (answer.status_code, "Una Yes, 41" in visible_text(answer)) == (422, True)
    assert world.number.e164 in numbers_of(world.acme)


def test_account_leads_to_its_numbers_and_people_show_what_is_not_confirmed(support, world):
    account = support.get(page("users/account", world.acme)).content.decode()
    assert f"/admin/users/callernumber/?account={world.acme.pk}" in account
    una = factories.person(world.acme, ext="41", caller_id=world.number.e164)
    shown = visible_text(support.get(page("users/user", una)))
    assert f"{world.number.e164} (not confirmed)" in shown


def test_reader_sees_numbers_and_changes_none(reader, world):
    shown = reader.get(number_page(world.number)).content.decode()
    assert world.number.e164 in shown and "confirm/" not in shown
    assert reader.get(number_page(world.number, "confirm")).status_code == 403
