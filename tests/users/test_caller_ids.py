"""A person's caller ID is one of the account's numbers, or none (R67)."""

from __future__ import annotations

import re
import time

import pytest

from tests import factories
from tests.answers import visible_text
from tests.users.editing import NEW, add, edit, errors
from users import people
from users.forms import PersonForm
from users.models import User

NOT_OURS = {"caller_id": ["This isn’t one of your company’s numbers. Support adds them."]}


def options(page: str) -> list[tuple[str, str, str]]:
    """Return each caller ID that a form offers: its value, whether it is chosen, and its words."""
    (field,) = re.findall(r'<select[^>]*name="caller_id".*?</select>', page, re.S)
    return re.findall(r'<option value="([^"]*)"([^>]*)>([^<]*)<', field)


def offered(page: str) -> list[tuple[str, str]]:
    """Return value and words of each caller ID that a form offers."""
    return [(value, words) for value, _, words in options(page)]


def chosen(page: str) -> list[str]:
    """Return the value of each caller ID that a form has chosen."""
    return [value for value, attributes, _ in options(page) if "selected" in attributes]


@pytest.fixture
def numbers(acme, other):
    factories.caller_number(acme, "+14155550100")
    factories.caller_number(acme, "+14155550101", confirmed=False)
    factories.caller_number(other, "+14155550199")


def test_form_offers_the_accounts_numbers_and_none(signed_in, uma, numbers):
    for url in ("/users/add/", f"/users/{uma.pk}/edit/"):
        assert offered(signed_in.get(url).content.decode()) == [
            ("", "None (911 can’t call back)"),
            ("+14155550100", "+14155550100"),
            ("+14155550101", "+14155550101 (not confirmed)"),
        ]


def test_number_that_a_person_has_is_chosen_in_the_form(signed_in, uma, numbers):
    edit(signed_in, uma, caller_id="+14155550101")
    page = signed_in.get(f"/users/{uma.pk}/edit/").content.decode()
    assert chosen(page) == ["+14155550101"]
    assert '<label for="id_caller_id">' in page and ' id="id_caller_id"' in page


def test_form_with_thousands_of_numbers_is_there_at_once():
    """Each option as a template of its own took seconds."""
    form = PersonForm()
    form.fields["caller_id"].choices = [(f"+1415{n:07}", f"+1415{n:07}") for n in range(5000)]
    started = time.process_time()
    assert str(form["caller_id"]).count("<option") == 5000
    assert time.process_time() - started < 0.5


def test_person_gets_the_number_that_is_chosen(signed_in, numbers):
    assert add(signed_in, **NEW | {"caller_id": "+14155550101"}).status_code == 302
    assert User.objects.get(ext="0042").caller_id == "+14155550101"


def test_person_can_be_left_without_a_number(signed_in, uma, numbers):
    edit(signed_in, uma, caller_id="+14155550100")
    assert edit(signed_in, User.objects.get(pk=uma.pk), caller_id="").status_code == 302
    assert User.objects.get(pk=uma.pk).caller_id is None


@pytest.mark.parametrize("typed", ["+14155550199", "+14155550142", "4155550100", "911", "x"])
def test_what_is_not_a_number_of_the_account_is_refused(signed_in, uma, numbers, typed):
    """It makes no difference whether another account has the number."""
    for answer in (
        add(signed_in, **NEW | {"caller_id": typed}),
        edit(signed_in, uma, caller_id=typed),
    ):
        assert (answer.status_code, errors(answer)) == (422, NOT_OURS)


def test_number_that_goes_while_the_form_is_open_is_refused(signed_in, uma, numbers):
    """The database refuses what a form of a moment ago would still allow."""
    with pytest.raises(Exception, match="isn’t one of your company’s numbers"):
        people.edit(uma, caller_id="+14155550142")


def test_people_whose_number_nobody_confirmed_are_marked(signed_in, acme, numbers):
    factories.person(acme, "Ann", "Sure", caller_id="+14155550100")
    factories.person(acme, "Ben", "Unsure", caller_id="+14155550101")
    said = visible_text(signed_in.get("/users/"))
    assert said.count("caller number not confirmed") == 1
    assert "Ben Unsure caller number not confirmed" in said
