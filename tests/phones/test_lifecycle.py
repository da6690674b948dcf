"""The life of a phone: added, labelled, corrected (R3, R5, R6, R38)."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import ValidationError

from phones import fetching, lifecycle, line
from phones.models import Kind, Phone, PhoneModel
from tests import factories
from tests.confirming import HTMX, confirm_act
from tests.markup import compact

from .devices import IN_USE, act, device, errors, sip_username


def add(client, **answers):
    """Fill in the page that adds a phone, and send it."""
    return confirm_act(client, "/phones/add/", **answers)


# --- added ----------------------------------------------------------------------------------------


def test_phone_added_stands_on_the_list(signed_in, acme):  # R3, R6
    response = add(signed_in, **device("805E.C0AA.0002"), label=" Front  desk ", kind="user")
    added = Phone.objects.get()
    assert (response.status_code, response.url) == (302, f"/phones/{added.pk}/setup/")
    assert (added.mac, added.model.name, added.label) == (
        "805ec0aa0002",
        "Snom D785",
        "Front  desk",
    )
    assert (added.kind, added.assigned_to, added.account) == (Kind.USER, None, acme)
    assert "Added Front  desk." in signed_in.get(response.url).content.decode()


def test_label_of_an_added_phone_is_empty_by_default(signed_in, acme):  # R5
    add(signed_in, **device("805ec0aa0002"), kind="user")
    assert Phone.objects.get().label == ""
    assert "Added Snom D785 80:5E:C0:AA:00:02." in signed_in.get("/phones/").content.decode()


def test_common_area_phone_added_is_nobodys_and_not_on_the_list(signed_in, acme):  # R4, R13
    add(signed_in, **device("805ec0aa0002"), label="Lobby", kind="common")
    assert Phone.objects.get().kind == Kind.COMMON
    assert signed_in.get("/phones/").context["rows"] == []


def test_common_area_phone_is_added_with_its_line(signed_in, acme):  # R58
    factories.caller_number(acme, "+12125550133")
    line = {"label": "Lobby", "ext": "200", "caller_id": "+12125550133"}
    assert add(signed_in, **device("805ec0aa0002"), kind="common", **line).status_code == 302
    added = Phone.objects.get()
    assert (added.label, added.ext, added.caller_id) == ("Lobby", "200", "+12125550133")
    assert (added.sip.kind, added.assigned_to) == ("place", None)


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ({"kind": "common", "label": ""}, ["label"]),
        ({"kind": "common", "label": "Lobby", "ext": "100"}, ["ext"]),  # Alice's
        ({"kind": "common", "label": "Lobby", "ext": "9115"}, ["ext"]),  # R13
        ({"kind": "common", "label": "Lobby", "caller_id": "+12125550134"}, ["caller_id"]),  # R67
    ],
)
def test_line_that_a_new_phone_cannot_have_is_refused_at_its_field(
    signed_in, acme, alice, answers, wrong
):  # R58
    factories.caller_number(acme, "+12125550133")
    response = add(signed_in, **device("805ec0aa0002"), **answers)
    assert (response.status_code, list(errors(response))) == (422, wrong)
    assert not Phone.objects.exists()


def test_line_typed_before_it_became_a_user_phone_is_left_out(signed_in, acme):
    answer = add(signed_in, **device("805ec0aa0002"), kind="user", ext="x", caller_id="+1")
    assert (answer.status_code, Phone.objects.get().ext) == (302, None)


def test_user_phone_with_an_extension_of_its_own_is_refused_by_the_domain(acme):  # R58
    model = PhoneModel.objects.get(name="Snom D785")
    with pytest.raises(ValidationError) as refused:
        lifecycle.add_phone(account_id=acme.pk, mac="805ec0aa0002", model=model, ext="200")
    assert list(refused.value.message_dict) == ["ext"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"mac": "805ec0aa000"}, {"mac": ["A MAC address has 12 digits; this one has 11."]}),
        ({"mac": "805ec0aa000g"}, {"mac": ["“g” isn’t a hexadecimal digit (0–9, A–F)."]}),
        (
            {"mac": "ff:ff:ff:ff:ff:ff"},
            {
                "mac": [
                    "This is a multicast or broadcast address, not the MAC address of one phone."
                ]
            },
        ),
        ({"mac": "000000000000"}, {"mac": ["No phone has a MAC address of zeros."]}),
        ({"mac": ""}, {"mac": ["This is required."]}),
        ({"mac": "805e c0aa 0001"}, {"mac": [IN_USE]}),
        ({"model": ""}, {"model": ["This is required."]}),
        (
            {"label": "FRONT DESK"},
            {"label": ["Another phone in your account already has this label."]},
        ),
        (
            {"label": "x" * 61},
            {"label": ["Use at most 60 characters. This has 61."]},
        ),
        (
            {"kind": "app"},
            {"kind": ["Choose one from the list."]},
        ),
    ],
)
def test_phone_that_cannot_be_added_is_refused_with_the_reason(signed_in, desk, changes, wrong):
    response = add(signed_in, **device("805ec0aa0002") | {"kind": "user"} | changes)
    assert (response.status_code, errors(response)) == (422, wrong)
    assert Phone.objects.count() == 1


def test_nothing_posted_is_refused_like_any_other_incomplete_form(signed_in, acme):
    assert signed_in.post("/phones/add/").status_code == 422


def test_mac_of_another_company_is_refused_in_the_same_words(signed_in, acme, other):  # R6
    factories.phone(other, mac="805ec0aa0009", label="Theirs")
    response = add(signed_in, **device("80-5e-c0-aa-00-09"), kind="user")
    assert (response.status_code, errors(response)) == (422, {"mac": [IN_USE]})
    assert not re.search("Theirs|Other", response.content.decode())


# --- labelled -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Reception ", "Reception"),
        ("Cafe\u0301", "Café"),
        ("Front\u00a0\u200bhall", "Front hall"),  # what looks the same is the same
        ("", ""),
        ("x" * 60, "x" * 60),
        ("<b>", "<b>"),
    ],
)
def test_label_is_changed_in_place(signed_in, desk, typed, kept):  # R5
    response = act(signed_in, desk, "label", HTMX, label=typed)
    desk.refresh_from_db()
    assert (response.status_code, desk.label) == (200, kept)
    row = re.search(r"<template><tr.*?</tr></template>", compact(response.content.decode())).group()
    assert kept.replace("<b>", "&lt;b&gt;") in row


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("lobby", "Another phone in your account already has this label."),
        ("lob\u200bby", "Another phone in your account already has this label."),
        ("x" * 61, "at most 60 characters"),
        ("two\nlines", "characters that can’t be seen"),
        ("a\u202eb", "characters that can’t be seen"),
    ],
)
def test_label_that_is_refused_stays_in_the_field_with_the_reason(
    signed_in, desk, acme, typed, reason
):  # R5
    factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    response = act(signed_in, desk, "label", HTMX, label=typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert reason in page and f'value="{typed}"' in page
    assert Phone.objects.get(pk=desk.pk).label == "Front desk"


def test_label_without_script_has_a_page_of_its_own(signed_in, desk):
    assert "Save label" in signed_in.get(f"/phones/{desk.pk}/label/").content.decode()
    response = act(signed_in, desk, "label", label="Reception")
    assert (response.status_code, response.url) == (302, "/phones/")
    assert "Label saved." in signed_in.get(response.url).content.decode()


def test_label_of_another_company_may_be_the_same(signed_in, desk, other):  # R5
    factories.phone(other, label="Reception")
    assert act(signed_in, desk, "label", label="Reception").status_code == 302


# --- corrected ------------------------------------------------------------------------------------


def test_correction_changes_model_and_mac_and_keeps_the_rest(signed_in, desk, alice):  # R38
    before = sip_username(alice)
    response = act(signed_in, desk, "correct", HTMX, **device("80:5E:C0:AA:00:02", "Poly VVX 450"))
    corrected = Phone.objects.get(pk=desk.pk)
    assert (corrected.mac, corrected.model_name) == ("805ec0aa0002", "Poly VVX 450")
    assert (corrected.label, corrected.assigned_to, corrected.current_address_id) == (
        "Front desk", alice, desk.current_address_id,
    )  # fmt: skip
    assert sip_username(alice) == before
    assert "80:5E:C0:AA:00:02" in response.content.decode()
    assert [row.label for row in signed_in.get("/phones/?q=vvx+c0aa0002").context["rows"]] == [
        "Front desk"
    ]


def test_mac_of_a_phone_that_has_fetched_cannot_be_corrected(signed_in, desk):  # R38
    fetching.serve_file(
        secret=fetching.create_code(desk), file=f"{desk.mac}.cfg", sender="192.0.2.1", record=True
    )
    response = act(signed_in, desk, "correct", **device("805ec0aa0002"))
    assert response.status_code == 422
    assert "replace it instead" in errors(response)["mac"][0]
    response = act(signed_in, desk, "correct", **device("805ec0aa0001", "Poly VVX 450"))
    assert response.status_code == 302
    assert Phone.objects.get(pk=desk.pk).model_name == "Poly VVX 450"


def test_correction_to_a_mac_in_use_is_refused(signed_in, desk, other):  # R6
    factories.phone(other, mac="805ec0aa0009")
    response = act(signed_in, desk, "correct", **device("805ec0aa0009"))
    assert (response.status_code, errors(response)) == (422, {"mac": [IN_USE]})
    assert Phone.objects.get(pk=desk.pk).mac == "805ec0aa0001"


# --- time zone ------------------------------------------------------------------------------------


def test_phone_has_a_time_zone_of_its_own_before_its_accounts(signed_in, desk, acme):  # R47
    assert act(signed_in, desk, "time-zone", phone_time_zone="America/Denver").status_code == 302
    assert line.load_facts([desk.pk])[desk.pk].time_zone == "America/Denver"
    assert act(signed_in, desk, "time-zone", phone_time_zone="").status_code == 302
    assert line.load_facts([desk.pk])[desk.pk].time_zone == acme.time_zone
    assert act(signed_in, desk, "time-zone", phone_time_zone="Mars/Olympus").status_code == 422
