"""A common-area phone has a label, an extension and a caller number of its own (R58)."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from phones import lifecycle
from phones.models import Kind, Phone, Provisioning
from tests import factories
from users import people
from users.models import Number


@pytest.fixture
def lobby(acme) -> Phone:
    return factories.phone(acme, kind=Kind.COMMON, label="Lobby")


def set_line(phone: Phone, **line: str | None) -> Phone:
    fields = {"label": phone.label, "ext": phone.ext, "caller_id": phone.caller_id} | line
    lifecycle.set_line_of_place(phone, **fields)
    return Phone.objects.get(pk=phone.pk)


def refusal(phone: Phone, **line: str | None) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as refused:
        set_line(phone, **line)
    return refused.value.message_dict


def test_place_gets_its_line(lobby, acme):
    factories.caller_number(acme, "+12125550133")
    now = set_line(lobby, label="Entrance", ext="200", caller_id="+12125550133")
    assert (now.label, now.ext, now.caller_id) == ("Entrance", "200", "+12125550133")


def test_extension_of_a_place_is_in_the_accounts_numbering_plan(lobby, acme):  # R13
    set_line(lobby, ext="200")
    assert list(Number.objects.values_list("ext", "kind")) == [("200", "place")]


@pytest.mark.parametrize("ext", ["911", "9115", "933", "1129", "9911"])
def test_extension_that_begins_like_an_emergency_number_is_refused(lobby, ext):  # R13
    (said,) = refusal(lobby, ext=ext)["ext"]
    assert said.startswith("An extension can’t start with 911, 933, 112 or 9911")


def test_extension_of_a_person_or_another_place_is_refused(lobby, acme):
    factories.person(acme, ext="200")
    set_line(factories.phone(acme, kind=Kind.COMMON, label="Kitchen"), ext="201")
    taken = {"ext": ["A person or common-area phone already has this extension."]}
    assert refusal(lobby, ext="200") == refusal(lobby, ext="201") == taken


def test_person_cannot_get_the_extension_of_a_place(lobby, acme):
    set_line(lobby, ext="200")
    with pytest.raises(ValidationError, match="already has this extension"):
        people.add(account_id=acme.pk, plan="basic", first_name="Ann", ext="200")


def test_number_of_another_account_or_of_nobody_is_refused(lobby, other):  # R67
    factories.caller_number(other, "+12125550133")
    ours = {"caller_id": ["This isn’t one of your company’s numbers. Support adds them."]}
    for number in ("+12125550133", "+12125550134"):
        assert refusal(lobby, caller_id=number) == ours


def test_place_needs_a_label(lobby):
    assert list(refusal(lobby, label="")) == ["label"]


def test_extension_is_free_again_once_the_phone_is_removed(lobby, acme):
    set_line(lobby, ext="200")
    lifecycle.remove_phone(lobby)
    assert factories.person(acme, ext="200").ext == "200"


def test_new_line_is_what_the_phone_should_have(lobby, acme):  # R34
    before = Provisioning.objects.get(phone=lobby).wanted
    set_line(lobby, ext="200")
    assert Provisioning.objects.get(phone=lobby).wanted != before
