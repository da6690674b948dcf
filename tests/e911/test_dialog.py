"""What the address dialog answers, whatever is typed into it (R26 to R30)."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as slowly
from hypothesis import strategies as some

from e911.addresses import parsing
from phones.models import Phone
from tests import factories
from tests.confirming import HTMX

from .dialog import GOOD, offered


@pytest.fixture
def dialog(client, alice, acme):
    """Return a function that submits the dialog of one phone."""
    phone = factories.phone(acme, alice, label="Desk")
    client.force_login(alice)

    def send(**values: str):
        return client.post(f"/phones/{phone.pk}/address/", values, headers=HTMX)

    send.phone = phone
    return send


def current(dialog) -> str:
    phone = Phone.objects.select_related("current_address").get(pk=dialog.phone.pk)
    return phone.current_address.standardised if phone.current_address else ""


@pytest.mark.parametrize("country", ["MX", "", "USSR", "GB"])
def test_country_that_is_not_served_is_refused_in_those_words(dialog, country):  # R26
    answer = dialog(
        **GOOD | {"country": country, "state": "", "postal_code": "", "city": "Somewhere"}
    )
    assert answer.status_code == 422
    if country in ("MX", "GB"):
        assert "in the United States of America and Canada only" in answer.content.decode()


def test_what_was_understood_is_seen_before_anything_is_stored(dialog):  # R27
    answer = dialog(**GOOD)
    assert (answer.status_code, current(dialog)) == (200, "")
    assert dialog(**offered(answer)).status_code == 200
    assert current(dialog) == "350 5th Ave, Floor 34, New York, NY 10118"


@pytest.mark.parametrize("forged", ["x", "e30:1abc:def", "\0", "a" * 10_000])
def test_choice_that_was_never_offered_is_refused(dialog, forged):  # R29
    key = offered(dialog(**GOOD))["key"]
    assert (dialog(chosen=forged, key=key).status_code, current(dialog)) == (400, "")


def test_choice_that_was_offered_for_another_phone_is_refused(dialog, client, acme):  # R29
    of_this = offered(dialog(**GOOD))
    other = factories.phone(acme)
    assert client.post(f"/phones/{other.pk}/address/", of_this).status_code == 400


def test_refusal_never_speaks_of_verified(dialog):  # R30
    for answer in (dialog(**GOOD), dialog(**GOOD | {"street": "PO Box 1"})):
        assert "verified" not in answer.content.decode().lower()


TEXT = some.text(max_size=200) | some.text(
    alphabet="0123456789 aeiSTNE#,.-/\u202e\x00\ud83d\U0001f692é<>&", max_size=80
)


@slowly(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    some.fixed_dictionaries({}, optional={name: TEXT for name in (*parsing.FIELDS, "do", "whole")})
)
def test_anything_typed_is_answered_and_stores_nothing(dialog, typed):
    typed = {name: text.encode(errors="replace").decode() for name, text in typed.items()}
    answer = dialog(**typed)
    assert answer.status_code in (200, 422)
    assert current(dialog) == ""


@pytest.mark.parametrize("pasted", ["", "москва, улица 5", "x" * 10_000])
def test_pasted_text_that_cannot_be_read_leaves_the_fields_as_they_were(dialog, pasted):  # R28
    answer = dialog(**GOOD | {"do": "fill", "whole": pasted})
    assert answer.status_code == 422
    assert answer.context["form"].initial["street"] == "350 5th Ave"
    assert "how the pasted address was understood" not in answer.content.decode()
