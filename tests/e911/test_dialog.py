"""What the address dialog answers, whatever is typed into it (R26 to R30)."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as slowly
from hypothesis import strategies as some

from e911.addresses import parsing
from phones.models import Phone
from tests import factories
from tests.confirming import HTMX
from users.request_keys import make_key

from .dialog import GOOD, offered


@pytest.fixture
def dialog(client, alice, acme):
    """Return a function that submits the dialog of one phone."""
    phone = factories.phone(acme, alice, label="Desk")
    client.force_login(alice)

    def send(**values: str):
        if "chosen" in values:
            values.setdefault("key", make_key())
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


@pytest.mark.parametrize(
    ("label", "assigned", "head"),
    [
        ("", True, "{} Alice Archer’s phone, 100 {} Yealink SIP-T54W, {mac}"),
        ("Desk", True, "{} Desk {} Alice Archer, extension 100 · Yealink SIP-T54W, {mac}"),
        ("Desk", False, "{} Desk {} Unassigned · Yealink SIP-T54W, {mac}"),
        ("", False, "{} this phone {} Unassigned · Yealink SIP-T54W, {mac}"),
    ],
)
def test_dialog_says_whose_phone_it_is_and_which_device_once(
    dialog, client, alice, label, assigned, head
):  # R45
    phone = dialog.phone
    Phone.objects.filter(pk=phone.pk).update(label=label, assigned_to=alice if assigned else None)
    asked = text_of(client.get(f"/phones/{phone.pk}/address/", headers=HTMX))
    understood = text_of(dialog(**GOOD))
    for said, before, after in (
        (asked, "E911 address of", ""),
        (understood, "Is this the right address for", "?"),
    ):
        expected = head.format(before, after, mac=phone.mac_shown)
        assert " ".join(expected.split()).replace(" ?", "?") in said
        assert said.count(phone.mac_shown) == said.count(phone.model_name) == 1


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


def text_of(answer) -> str:
    """Return what a page says, in one line without its tags."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def fields_of(answer) -> dict[str, str]:
    """Return the values of the form that the page shows."""
    form = answer.context["form"]
    return {field.name: field.value() or "" for field in form} | {
        "whole": answer.context["paste"]["whole"].value() or ""
    }


def test_text_around_a_pasted_address_is_shown_and_kept_as_typed(dialog):
    pasted = "8 Ball Supply\n350 5th Ave Fl 34\nNew York, NY 10118\n(212) 555-0100"
    filled = dialog(do="fill", whole=pasted)
    assert "Not part of the address: (212) 555-0100 ; 8 Ball Supply" in text_of(filled)
    checked = dialog(**fields_of(filled))
    assert "Not part of the address: (212) 555-0100 ; 8 Ball Supply" in text_of(checked)
    dialog(chosen=checked.context["mine"])
    assert current(dialog) == "350 5th Ave, Floor 34, New York, NY 10118"
    assert pasted in Phone.objects.get(pk=dialog.phone.pk).current_address.typed


TWO = "12 345 Elm St, Tulsa, OK 74103"
READINGS = ["345 Elm St, #12, Tulsa, OK 74103", "12 345 Elm St, Tulsa, OK 74103"]


@pytest.mark.parametrize(
    "asked",
    [
        {"do": "fill", "whole": TWO},
        {"street": TWO, "country": "US"},
        {"street": "12 345 Elm St", "city": "Tulsa", "state": "OK", "postal_code": "74103"},
    ],
)
@pytest.mark.parametrize("picked", [0, 1])
def test_two_readings_are_offered_and_one_click_more_picks_one(dialog, asked, picked):  # R29
    answer = dialog(**{"country": "US"} | asked)
    assert answer.status_code == 200
    assert "can be read in two ways" in text_of(answer)
    choices = answer.context["choices"]
    assert [each["address"].standardised for each in choices] == READINGS
    assert "<mark>" in answer.content.decode()
    assert current(dialog) == ""
    shown = dialog(reading=choices[picked]["token"])
    assert shown.context["understood"].standardised == READINGS[picked]
    assert current(dialog) == ""
    dialog(chosen=shown.context["mine"])
    assert current(dialog) == READINGS[picked]
    assert "12 345 Elm St" in Phone.objects.get(pk=dialog.phone.pk).current_address.typed


@pytest.mark.parametrize("forged", ["x", "e30:1abc:def", "\0"])
def test_reading_that_was_never_offered_is_refused(dialog, forged):  # R29
    assert (dialog(reading=forged).status_code, current(dialog)) == (400, "")


def test_reading_cannot_be_stored_without_being_seen(dialog):  # R29
    offered = dialog(**GOOD | {"street": "12 345 Elm St"}).context["choices"][0]["token"]
    assert (dialog(chosen=offered).status_code, current(dialog)) == (400, "")


REFUSED = [
    "PO Box 12, New York, NY 10038",
    "HC-01 Box 1234, Utuado, PR 00641",
    "3 miles north of Dodge City on US 283, Dodge City, KS 67801",
    "40.7128, -74.0060",
    "12 Elm St, Tulsa, OK 74103 and 15 Oak St, Tulsa, OK 74105",
    "12 Elm St, Tulsa, OK 74103, Canada",
    "10 Downing Street, London SW1A 2AA",
    "(918) 555-0100, Tulsa, OK 74103",
    "Elm St, Tulsa, OK 74103",
    "12 Elm St, Cambridge, MA 2139",
    "100 Gold St, New York, NY",
]


@pytest.mark.parametrize("text", REFUSED)
def test_text_that_is_refused_is_refused_on_every_way_in(dialog, text):
    expected = {each.code for each in parsing.read_text(text).findings if each.severity == "refuse"}
    filled = dialog(do="fill", whole=text)
    assert filled.status_code == 422
    assert {each.code for each in filled.context["findings"]} >= expected
    if fields_of(filled)["street"]:  # the fields hold what is wrong
        assert dialog(**fields_of(filled)).status_code == 422
    assert dialog(country="US", street=text).status_code == 422
    assert current(dialog) == ""


@pytest.mark.parametrize("text", REFUSED)
def test_each_sentence_of_a_refusal_is_said_once(dialog, text):  # R28
    said = text_of(dialog(country="US", street=text))
    sentences = [each.sentence for each in parsing.read_text(text).findings]
    assert {sentence: said.count(sentence) for sentence in sentences} == dict.fromkeys(sentences, 1)


def test_refusal_names_the_field_that_is_wrong(dialog):  # R28
    answer = dialog(**GOOD | {"postal_code": "94103"})
    assert "ZIP or postal code: ZIP code 94103 is in California" in text_of(answer)
    page = answer.content.decode()
    assert 'href="#id_postal_code"' in page
    assert page.count('id="id_postal_code_error"') == 1
    assert 'aria-describedby="id_postal_code_error"' in page


def test_zip_code_that_lost_its_zero_is_offered_with_it(dialog):  # R29
    answer = dialog(
        **GOOD | {"street": "12 Elm St", "city": "Cambridge", "state": "MA", "postal_code": "2139"}
    )
    assert answer.context["suggestion"].postal_code == "02139"


def test_address_of_london_in_the_fields_is_refused_in_those_words(dialog):  # R26
    answer = dialog(country="US", street="10 Downing Street", city="London", postal_code="SW1A 2AA")
    assert [each.code for each in answer.context["findings"]] == ["country_not_served"]


def test_country_that_is_not_served_is_refused_in_those_words_alone(dialog):  # R26
    text = "10 Downing Street, London SW1A 2AA, United Kingdom"
    answer = dialog(do="fill", whole=text)
    assert dict(answer.context["form"].errors) == {
        "country": ["E911 addresses can be in the United States of America and Canada only."]
    }


def test_pasted_text_that_the_fields_cannot_hold_is_refused_where_it_stands(dialog):  # R28
    answer = dialog(do="fill", whole="(918) 555-0100, Tulsa, OK 74103")
    said = dict(answer.context["form"].errors) or dict(answer.context["paste"].errors)
    assert said
    assert 'id="id_whole_error"' in answer.content.decode()


def test_pasted_address_is_read_even_if_the_fields_are_sent_to_be_checked(dialog):  # R27
    """The fields hold the address in force, which was offered to be stored again."""
    old = GOOD | {"street": "100 Gold St", "floor": "2", "postal_code": "10038"}
    filled = dialog(**old, whole="350 5th Ave, Floor 34, New York, NY 10118", read="", do="check")
    assert filled.context["form"]["street"].value() == "350 5th Ave"
    text = filled.content.decode()
    assert 'name="read" value="350 5th Ave, Floor 34, New York, NY 10118"' in text
    again = GOOD | {"floor": "35", "whole": "350 5th Ave, Floor 34, New York, NY 10118"}
    checked = dialog(**again, read=again["whole"], do="check")
    assert "350 5th Ave, Floor 35" in checked.content.decode()
