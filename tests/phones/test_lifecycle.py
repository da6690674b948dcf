"""The life of a phone: added, labelled, corrected, replaced, removed (R3, R5, R6, R38)."""

from __future__ import annotations

import re

import pytest

from e911.models import EmergencyAddress
from phones import fetching
from phones.models import Kind, Phone, PhoneCount, PhoneModel
from tests import factories
from tests.in_turn import administrators, in_turn
from tests.markup import compact
from users.models import SipCredentials
from users.tenancy import scope

IN_USE = "This MAC address is already in use. If it is not one of your phones, contact support."


@pytest.fixture
def desk(acme, alice) -> Phone:
    """Alice's phone, with a label and an E911 address."""
    phone = factories.phone(acme, alice, label="Front desk", mac="805ec0aa0001")
    factories.address(phone)
    return Phone.objects.get(pk=phone.pk)


def device(mac: str, name: str = "Snom D785") -> dict[str, object]:
    return {"mac": mac, "model": PhoneModel.objects.get(name=name).pk}


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


def sip_username(user) -> str:
    return SipCredentials.objects.get(user=user).username


# --- added ----------------------------------------------------------------------------------------


def test_phone_added_stands_on_the_list(signed_in, acme):  # R3, R6
    response = signed_in.post(
        "/phones/add/", device("805E.C0AA.0002") | {"label": " Front  desk ", "kind": "user"}
    )
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
    signed_in.post("/phones/add/", device("805ec0aa0002") | {"kind": "user"})
    assert Phone.objects.get().label == ""
    assert "Added Snom D785 80:5E:C0:AA:00:02." in signed_in.get("/phones/").content.decode()


def test_common_area_phone_added_is_nobodys_and_not_on_the_list(signed_in, acme):  # R4, R13
    signed_in.post(
        "/phones/add/", device("805ec0aa0002") | {"label": "Lobby", "kind": "common"}, follow=True
    )
    assert Phone.objects.get().kind == Kind.COMMON
    assert signed_in.get("/phones/").context["rows"] == []


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"mac": "805ec0aa000"}, {"mac": ["A MAC address has 12 digits; this one has 11."]}),
        ({"mac": "805ec0aa000g"}, {"mac": ["“g” is not a hexadecimal digit (0–9, A–F)."]}),
        (
            {"mac": "ff:ff:ff:ff:ff:ff"},
            {
                "mac": [
                    "This is a multicast or broadcast address, not the MAC address of one phone."
                ]
            },
        ),
        ({"mac": "000000000000"}, {"mac": ["A MAC address of zeros is no phone’s."]}),
        ({"mac": ""}, {"mac": ["This field is required."]}),
        ({"mac": "805e c0aa 0001"}, {"mac": [IN_USE]}),
        ({"model": ""}, {"model": ["This field is required."]}),
        (
            {"label": "FRONT DESK"},
            {"label": ["Another phone of your account already has this label."]},
        ),
        (
            {"label": "x" * 61},
            {"label": ["Ensure this value has at most 60 characters (it has 61)."]},
        ),
        (
            {"kind": "app"},
            {"kind": ["Select a valid choice. app is not one of the available choices."]},
        ),
    ],
)
def test_phone_that_cannot_be_added_is_refused_with_the_reason(signed_in, desk, changes, wrong):
    response = signed_in.post("/phones/add/", device("805ec0aa0002") | {"kind": "user"} | changes)
    assert (response.status_code, errors(response)) == (422, wrong)
    assert Phone.objects.count() == 1


def test_nothing_posted_is_refused_like_any_other_incomplete_form(signed_in, acme):
    assert signed_in.post("/phones/add/").status_code == 422


def test_mac_of_another_company_is_refused_in_the_same_words(signed_in, acme, other):  # R6
    factories.phone(other, mac="805ec0aa0009", label="Theirs")
    response = signed_in.post("/phones/add/", device("80-5e-c0-aa-00-09") | {"kind": "user"})
    assert (response.status_code, errors(response)) == (422, {"mac": [IN_USE]})
    assert not re.search("Theirs|Other", response.content.decode())


# --- labelled -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Reception ", "Reception"),
        ("Cafe\u0301", "Café"),
        ("", ""),
        ("x" * 60, "x" * 60),
        ("<b>", "<b>"),
    ],
)
def test_label_is_changed_in_place(signed_in, desk, typed, kept):  # R5
    response = signed_in.post(
        f"/phones/{desk.pk}/label/", {"label": typed}, headers={"HX-Request": "true"}
    )
    desk.refresh_from_db()
    assert (response.status_code, desk.label) == (200, kept)
    row = re.search(r"<template><tr.*?</tr></template>", compact(response.content.decode())).group()
    assert kept.replace("<b>", "&lt;b&gt;") in row


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("lobby", "Another phone of your account already has this label."),
        ("x" * 61, "at most 60 characters"),
        ("two\nlines", "characters that cannot be seen"),
        ("a\u202eb", "characters that cannot be seen"),
    ],
)
def test_label_that_is_refused_stays_in_the_field_with_the_reason(
    signed_in, desk, acme, typed, reason
):  # R5
    factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    response = signed_in.post(
        f"/phones/{desk.pk}/label/", {"label": typed}, headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert reason in page and f'value="{typed}"' in page
    assert Phone.objects.get(pk=desk.pk).label == "Front desk"


def test_label_without_script_has_a_page_of_its_own(signed_in, desk):
    assert "Save label" in signed_in.get(f"/phones/{desk.pk}/label/").content.decode()
    response = signed_in.post(f"/phones/{desk.pk}/label/", {"label": "Reception"}, follow=True)
    assert response.redirect_chain == [("/phones/", 302)]
    assert "Label saved." in response.content.decode()


def test_label_given_up_shows_the_row_as_it_was(signed_in, desk):
    response = signed_in.get(f"/phones/{desk.pk}/label/?cancel", headers={"HX-Request": "true"})
    row = compact(response.content.decode())
    assert "<template><tr" in row and "Front desk" in row


def test_label_of_another_company_may_be_the_same(signed_in, desk, other):  # R5
    factories.phone(other, label="Reception")
    assert signed_in.post(f"/phones/{desk.pk}/label/", {"label": "Reception"}).status_code == 302


# --- corrected ------------------------------------------------------------------------------------


def test_correction_changes_model_and_mac_and_keeps_the_rest(signed_in, desk, alice):  # R38
    before = sip_username(alice)
    response = signed_in.post(
        f"/phones/{desk.pk}/correct/",
        device("80:5E:C0:AA:00:02", "Poly VVX 450"),
        headers={"HX-Request": "true"},
    )
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
    response = signed_in.post(f"/phones/{desk.pk}/correct/", device("805ec0aa0002"))
    assert response.status_code == 422
    assert "replace it instead" in errors(response)["mac"][0]
    response = signed_in.post(f"/phones/{desk.pk}/correct/", device("805ec0aa0001", "Poly VVX 450"))
    assert response.status_code == 302
    assert Phone.objects.get(pk=desk.pk).model_name == "Poly VVX 450"


def test_correction_to_a_mac_in_use_is_refused(signed_in, desk, other):  # R6
    factories.phone(other, mac="805ec0aa0009")
    response = signed_in.post(f"/phones/{desk.pk}/correct/", device("805ec0aa0009"))
    assert (response.status_code, errors(response)) == (422, {"mac": [IN_USE]})
    assert Phone.objects.get(pk=desk.pk).mac == "805ec0aa0001"


# --- replaced -------------------------------------------------------------------------------------


def test_replacement_takes_over_label_person_and_address(signed_in, desk, alice):  # R38
    before = sip_username(alice)
    response = signed_in.post(f"/phones/{desk.pk}/replace/", device("805ec0aa0002", "Poly VVX 450"))
    assert response.status_code == 302
    old, new = Phone.objects.get(pk=desk.pk), Phone.objects.get(mac="805ec0aa0002")
    assert (new.label, new.assigned_to, new.model_name) == ("Front desk", alice, "Poly VVX 450")
    assert new.current_address.standardised == "100 Gold Street, New York, NY 10038"
    assert new.current_address_id != desk.current_address_id
    assert (old.assigned_to, old.current_address) == (None, None) and old.retired_at
    assert EmergencyAddress.objects.get(pk=desk.current_address_id).status == "withdrawn"
    assert sip_username(alice) != before


def test_replacement_of_a_free_phone_without_label_changes_nobodys_credentials(
    signed_in, acme, alice
):
    free, before = factories.phone(acme), sip_username(alice)
    signed_in.post(f"/phones/{free.pk}/replace/", device("805ec0aa0002"))
    new = Phone.objects.get(mac="805ec0aa0002")
    assert (new.label, new.assigned_to, new.current_address) == ("", None, None)
    assert sip_username(alice) == before


def test_replacement_of_a_common_area_phone_is_one_too(signed_in, acme):
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    factories.address(lobby)
    signed_in.post(f"/phones/{lobby.pk}/replace/", device("805ec0aa0002"))
    new = Phone.objects.get(mac="805ec0aa0002")
    assert (new.kind, new.label, new.current_address.city) == (Kind.COMMON, "Lobby", "New York")


def test_replacement_by_a_mac_in_use_changes_nothing(signed_in, desk, alice, acme):
    factories.phone(acme, mac="805ec0aa0002")
    before = sip_username(alice)
    response = signed_in.post(f"/phones/{desk.pk}/replace/", device("805ec0aa0002"))
    assert (response.status_code, errors(response)) == (422, {"mac": [IN_USE]})
    kept = Phone.objects.get(pk=desk.pk)
    assert (kept.assigned_to, kept.label, kept.retired_at) == (alice, "Front desk", None)
    assert sip_username(alice) == before


def test_replacement_says_beforehand_what_passes_on_and_who_cannot_call(signed_in, desk):  # R15
    page = signed_in.get(f"/phones/{desk.pk}/replace/").content.decode()
    for named in (
        "Front desk",
        "80:5E:C0:AA:00:01",
        "Alice Archer",
        "100 Gold Street",
        "SIP credentials",
        "911 included",
    ):
        assert named in page


# --- removed --------------------------------------------------------------------------------------


def removal(client, phone: Phone, **headers: str):
    """Confirm the removal of a phone on its page."""
    page = client.get(f"/phones/{phone.pk}/remove/", headers=headers)
    seen = page.context["plan"].seen if page.context["plan"] else ""
    return client.post(f"/phones/{phone.pk}/remove/", {"seen": seen}, headers=headers)


def test_removed_phone_is_retired_and_kept_on_record(signed_in, desk, alice, acme):  # R38
    before = sip_username(alice)
    assert removal(signed_in, desk).url == "/phones/"
    removed = Phone.objects.get(pk=desk.pk)
    assert (removed.assigned_to, removed.current_address) == (None, None) and removed.retired_at
    assert EmergencyAddress.objects.get().status == "withdrawn"
    assert sip_username(alice) != before
    assert PhoneCount.objects.get(account=acme).phones == 0
    assert signed_in.get(f"/phones/{desk.pk}/label/").status_code == 404


def test_removal_says_beforehand_who_loses_what(signed_in, desk):  # R15
    page = signed_in.get(f"/phones/{desk.pk}/remove/").content.decode()
    for named in (
        "Front desk",
        "80:5E:C0:AA:00:01",
        "Alice Archer",
        "100",
        "911 included",
        "SIP credentials",
        "withdrawn",
    ):
        assert named in page


@pytest.mark.parametrize("fields", [{}, {"kind": Kind.COMMON, "label": "Lobby"}])
def test_phone_that_is_nobodys_is_removed(signed_in, acme, fields):
    phone = factories.phone(acme, **fields)
    assert removal(signed_in, phone, HX_Request="true").status_code == 204
    assert Phone.objects.get().retired_at


@pytest.mark.parametrize("seen", ["", "forged", "0" * 32])
def test_removal_of_an_assigned_phone_needs_what_was_seen(signed_in, desk, alice, seen):  # R17
    response = signed_in.post(
        f"/phones/{desk.pk}/remove/", {"seen": seen}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 409
    assert "Something changed" in response.content.decode()
    assert Phone.objects.get(pk=desk.pk).assigned_to == alice


def test_removal_of_a_phone_that_was_given_away_meanwhile_shows_the_new_holder(
    signed_in, acme, alice
):  # R17
    phone = factories.phone(acme, label="Free")
    seen = signed_in.get(f"/phones/{phone.pk}/remove/").context["plan"].seen
    Phone.objects.filter(pk=phone.pk).update(assigned_to=alice)
    response = signed_in.post(f"/phones/{phone.pk}/remove/", {"seen": seen})
    assert response.status_code == 409
    assert "Alice Archer" in response.content.decode()
    assert Phone.objects.get(pk=phone.pk).retired_at is None


@pytest.mark.parametrize("company", ["acme", "other"])
def test_mac_of_a_removed_phone_may_come_again_in_any_account(
    signed_in, desk, company, request
):  # R38
    removal(signed_in, desk)
    again = factories.phone(request.getfixturevalue(company), mac=desk.mac, label=desk.label)
    with scope.entered(scope="support"):
        assert Phone.objects.filter(mac=desk.mac, retired_at=None).get() == again


@pytest.mark.parametrize("what", ["remove", "replace"])
def test_phone_that_is_just_being_removed_is_gone_for_the_next(committed, owner, what):
    account = factories.account()
    one, other = administrators(account)
    phone = factories.phone(account)
    url, locked = f"/phones/{phone.pk}/", f"SELECT FROM users_account WHERE id = {account.pk}"
    again = device("805ec0aa0002") if what == "replace" else {}
    assert in_turn(owner, locked, (one, f"{url}remove/", {}), (other, f"{url}{what}/", again)) == [
        302,
        404,
    ]
