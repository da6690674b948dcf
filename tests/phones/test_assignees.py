"""The list of the Assigned to dropdown (R11, R12, R19)."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import chain

import pytest

from phones.assignees import list_choices
from phones.models import Kind
from tests import factories
from users.models import Plan


@dataclass
class Option:
    """One entry, as a user sees it or hears it read."""

    to: str
    text: str
    current: bool
    disabled: bool
    why_not: str


def options(response) -> list[Option]:
    found = []
    for attributes, inner in re.findall(
        r'<div role="option"([^>]*)>(.*?)</div>', response.content.decode(), re.S
    ):
        attribute = dict(re.findall(r'([\w-]+)="([^"]*)"', attributes))
        found.append(
            Option(
                to=attribute.get("data-to", ""),
                text=html.unescape(" ".join(re.sub(r"<[^>]+>", " ", inner).split())),
                current="data-current" in attributes,
                disabled=attribute.get("aria-disabled") == "true",
                why_not=html.unescape(attribute.get("title", "")),
            )
        )
    return found


@pytest.fixture
def phone(acme):
    return factories.phone(acme, label="Front desk")


@pytest.fixture
def ask(client, alice, phone):
    """Ask for the list for the phone, as the dropdown does."""
    client.force_login(alice)
    return lambda **query: client.get(
        f"/phones/{phone.pk}/people/", query, headers={"HX-Request": "true"}
    )


def test_unassigned_comes_first_then_everybody_in_the_order_of_extensions(ask, acme):  # R11
    for ext in ("1001", "99", "7", "0099", None):
        factories.person(acme, "P", f"No{ext}", ext=ext)
    texts = [option.text for option in options(ask())]
    assert texts[0] == "Unassigned current"
    assert [text.split()[0] for text in texts[1:]] == ["7", "0099", "99", "100", "1001", "–"]


def test_nobody_is_current_on_a_free_phone(ask):
    assert [(option.to, option.current) for option in options(ask()) if option.current] == [
        ("nobody", True)
    ]


def test_current_person_is_marked_and_not_said_to_have_a_phone(ask, acme, phone):  # R11
    uma = factories.person(acme, "Uma", "One", ext="1")
    phone.assigned_to = uma
    phone.save()
    marked = [option for option in options(ask()) if option.current]
    assert [(option.to, option.text, option.why_not) for option in marked] == [
        (str(uma.pk), "1 Uma One current", "")
    ]


def test_person_who_has_a_phone_is_shown_with_it(ask, acme):  # R11
    factories.phone(acme, factories.person(acme, "Vic", "Two", ext="2"), label="Cellar")
    factories.phone(
        acme, factories.person(acme, "Wyn", "Three", ext="3"), mac="805ec0aa0001", model="Snom D785"
    )
    assert [option.text for option in options(ask())][1:3] == [
        "2 Vic Two has Cellar", "3 Wyn Three has Snom D785 80:5E:C0:AA:00:01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"plan": Plan.BASIC}, "Basic plan. Change the plan to Plus or Pro first."),
        ({"is_active": False}, "Deactivated. Activate this person first."),
        ({"first_name": ""}, "Not fully set up. Missing: first name."),
        ({"last_name": ""}, "Not fully set up. Missing: last name."),
        ({"email": None}, "Not fully set up. Missing: email."),
        ({"ext": None}, "Not fully set up. Missing: extension."),
        (
            {"first_name": "", "email": None, "ext": None},
            "Not fully set up. Missing: first name, email, extension.",
        ),
    ],
)
def test_person_who_cannot_be_chosen_says_why(ask, acme, fields, reason):  # R12, R19
    person = factories.person(acme, **({"ext": "5"} | fields))
    (option,) = [option for option in options(ask()) if option.to == str(person.pk)]
    assert (option.disabled, option.why_not) == (True, reason)  # on hover
    assert option.text.endswith(
        reason
    )  # in the option's own text: on keyboard focus and to a screen reader


def test_person_who_can_be_chosen_has_no_reason(ask, acme):
    factories.person(acme, plan=Plan.PLUS)
    assert [(option.disabled, option.why_not) for option in options(ask())] == [(False, "")] * 3


@pytest.mark.parametrize(
    "q", ["jürgen", "JURGEN LEGER", "ger jur", "4711", "711", "47", "leger@", "Léger 47"]
)
def test_typing_filters_by_name_extension_and_email(ask, acme, q):  # R11
    person = factories.person(acme, "Jürgen", "Léger", ext="4711", email="leger@example.com")
    assert [option.to for option in options(ask(q=q))] == [str(person.pk)]


def test_typing_what_nobody_has_says_so(ask):
    (option,) = options(ask(q="nobody <here>"))
    assert (option.disabled, option.text) == (True, "No one found for “nobody <here>”.")


def test_people_of_other_accounts_are_not_on_it(ask, other, alice):
    factories.person(other, "Eve", "Elsewhere", ext="1")
    assert [option.to for option in options(ask())] == ["nobody", str(alice.pk)]
    assert [option.to for option in options(ask(q="Elsewhere"))] == [""]


@pytest.mark.parametrize("people", [1, 3, 4, 7, 8])
def test_pieces_forth_and_back_hold_everybody_once(phone, acme, people, monkeypatch):  # R11
    monkeypatch.setattr("phones.assignees.PIECE", 3)
    everybody = [factories.person(acme, ext=str(n) if n < 6 else None).pk for n in range(people)]

    def walk(side: str, **start) -> list[list[int]]:
        pieces, piece = [], list_choices(account_id=acme.pk, phone_id=phone.pk, **start)
        while True:
            pieces.append([choice.id for choice in piece.people])
            cursor = getattr(piece, side)
            if cursor is None:
                return pieces
            way = {"next": "after", "previous": "before"}[side]
            piece = list_choices(account_id=acme.pk, phone_id=phone.pk, **{way: cursor})

    assert list(chain(*walk("next"))) == everybody
    assert list(chain(*reversed(walk("previous", last=True)))) == everybody


def test_only_the_first_piece_begins_with_unassigned(ask, acme, monkeypatch):
    monkeypatch.setattr("phones.assignees.PIECE", 2)
    for n in range(4):
        factories.person(acme, ext=str(n))
    first, last = ask(), ask(last="1")
    assert [option.to == "nobody" for option in options(first)] == [True, False, False]
    assert [option.to == "nobody" for option in options(last)] == [False, False]
    assert (first.context["choices"].previous, last.context["choices"].next) == (None, None)


def test_list_is_the_same_number_of_queries_for_1_and_3_people(
    phone, acme, django_assert_num_queries
):
    for more in (1, 2):
        for _ in range(more):
            factories.phone(acme, factories.person(acme))
        with django_assert_num_queries(
            3
        ):  # the sort order; users with an extension, and users without
            assert list_choices(account_id=acme.pk, phone_id=phone.pk).people


def test_choosing_without_script_is_a_page_with_links(client, alice, acme, phone):
    person = factories.person(acme, "Uma", "One", ext="1")
    basic = factories.person(acme, "Ben", "Basic", ext="2", plan=Plan.BASIC)
    client.force_login(alice)
    page = client.get(f"/phones/{phone.pk}/assigned/").content.decode()
    assert re.findall(r'href="\?to=(\w+)"', page) == ["nobody", str(person.pk), str(alice.pk)]
    assert str(basic) in page and "Basic plan" in page


def test_common_area_phone_has_no_page_of_people_to_choose(client, alice, acme):  # R13
    lobby = factories.phone(acme, kind=Kind.COMMON)
    client.force_login(alice)
    assert client.get(f"/phones/{lobby.pk}/assigned/").status_code == 404
