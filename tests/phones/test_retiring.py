"""The end of a phone's life: replaced or removed, and only as it was confirmed (R38, R42)."""

from __future__ import annotations

import re

import pytest

from e911.models import EmergencyAddress
from phones import assignment
from phones.models import Kind, Phone, PhoneCount
from tests import factories
from tests.confirming import HIDDEN, HTMX, read_question
from tests.in_turn import administrators, in_turn
from tests.markup import compact
from users.models import User
from users.tenancy import scope

from .confirming import plain, text
from .devices import IN_USE, act, device, errors, sip_username

# --- replaced -------------------------------------------------------------------------------------


def test_replacement_takes_over_label_person_and_address(signed_in, desk, alice):  # R38
    before = sip_username(alice)
    response = act(signed_in, desk, "replace", **device("805ec0aa0002", "Poly VVX 450"))
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
    act(signed_in, free, "replace", **device("805ec0aa0002"))
    new = Phone.objects.get(mac="805ec0aa0002")
    assert (new.label, new.assigned_to, new.current_address) == ("", None, None)
    assert sip_username(alice) == before


def test_replacement_of_a_common_area_phone_is_one_too(signed_in, acme):
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    factories.address(lobby)
    act(signed_in, lobby, "replace", **device("805ec0aa0002"))
    new = Phone.objects.get(mac="805ec0aa0002")
    assert (new.kind, new.label, new.current_address.city) == (Kind.COMMON, "Lobby", "New York")


def test_replaced_common_area_phone_is_retired_once(signed_in, acme):  # R37
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    act(signed_in, lobby, "replace", **device("805ec0aa0002"))
    versions = Phone.pgh_event_model.objects.filter(pgh_obj_id=lobby.pk)
    ended = versions.exclude(retired_at=None).values_list("retired_at", flat=True)
    assert len(set(ended)) == 1
    assert [each.replaced_by_id is None for each in versions.order_by("pgh_id")] == [
        True, True, False,
    ], "added, retired, replaced"  # fmt: skip


def test_replacement_by_a_mac_in_use_changes_nothing(signed_in, desk, alice, acme):
    factories.phone(acme, mac="805ec0aa0002")
    before = sip_username(alice)
    response = act(signed_in, desk, "replace", **device("805ec0aa0002"))
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


def test_removed_phone_is_retired_and_kept_on_record(signed_in, desk, alice, acme):  # R38
    before = sip_username(alice)
    assert act(signed_in, desk, "remove").url == "/phones/"
    removed = Phone.objects.get(pk=desk.pk)
    assert (removed.assigned_to, removed.current_address) == (None, None) and removed.retired_at
    assert EmergencyAddress.objects.get().status == "withdrawn"
    assert sip_username(alice) != before
    assert PhoneCount.objects.get(account=acme).phones == 0
    refused = signed_in.get(f"/phones/{desk.pk}/label/")
    assert refused.status_code == 422
    assert "Front desk has been removed." in text(refused)


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
    assert act(signed_in, phone, "remove", HTMX).status_code == 204
    assert Phone.objects.get().retired_at


@pytest.mark.parametrize(("seen", "status"), [("", 400), ("forged", 409), ("0" * 32, 409)])
def test_removal_of_an_assigned_phone_needs_what_was_seen(
    signed_in, desk, alice, seen, status
):  # R17, R42
    response = act(signed_in, desk, "remove", HTMX, seen=seen)
    assert response.status_code == status
    assert ("Something changed" in response.content.decode()) == (status == 409)
    assert Phone.objects.get(pk=desk.pk).assigned_to == alice


def hand_over(phone: Phone, to) -> None:
    """Give the phone to another person by the rule of assigning."""
    moves = [assignment.Move(phone.pk, to.pk)]
    seen = assignment.plan(account_id=phone.account_id, moves=moves).seen
    assignment.carry_out(account_id=phone.account_id, moves=moves, seen=seen)


def test_replacement_of_a_phone_that_became_anothers_does_nothing(
    signed_in, acme, desk, alice
):  # R42
    vic = factories.person(acme, "Vic", "Vance", ext="12")
    url = f"/phones/{desk.pk}/replace/"
    asked = read_question(signed_in, url)
    hand_over(desk, vic)
    before = {sip_username(alice), sip_username(vic)}
    response = signed_in.post(url, asked | device("805ec0aa0002"))
    page = text(response)
    assert response.status_code == 409 and "Something changed" in page
    assert "The new phone goes to Vic Vance, 12." in page
    assert "goes to Alice Archer" not in page
    assert not Phone.objects.filter(mac="805ec0aa0002").exists()
    assert Phone.objects.get(pk=desk.pk).assigned_to == vic
    assert {sip_username(alice), sip_username(vic)} == before


def give_address(phone: Phone) -> None:
    factories.address(phone, standardised="1 Other Road, New York, NY 10038")


def give_waiting_address(phone: Phone) -> None:
    factories.address(phone, status="pending", current=False)


MEANWHILE = {
    "label": (
        lambda phone: Phone.objects.filter(pk=phone.pk).update(label="Back door"),
        "Another phone can have its label, Back door.",
    ),
    "address": (
        give_address,
        "Its E911 address, 1 Other Road, New York, NY 10038, is withdrawn.",
    ),
    "waiting": (
        give_waiting_address,
        "Its pending E911 address, 100 Gold Street, New York, NY 10038, is withdrawn.",
    ),
    "person": (
        lambda phone: hand_over(phone, User.objects.get(first_name="Alice")),
        "Alice Archer, 100, will have no desk phone.",
    ),
}
NOBODYS = [{}, {"kind": Kind.COMMON, "label": "Lobby"}]
ADDED = [(fields, what) for fields in NOBODYS for what in MEANWHILE]


@pytest.mark.parametrize(
    ("fields", "what"), [each for each in ADDED if each != (NOBODYS[1], "person")]
)
def test_removal_of_a_phone_to_which_something_was_added_meanwhile_names_it(
    signed_in, acme, alice, fields, what
):  # R42
    add_it, named = MEANWHILE[what]
    phone = factories.phone(acme, **fields)
    url = f"/phones/{phone.pk}/remove/"
    first = signed_in.get(url).content.decode()
    asked = read_question(signed_in, url)
    add_it(phone)
    response = signed_in.post(url, asked)
    assert response.status_code == 409
    assert named in text(response) and named not in first
    assert Phone.objects.get(pk=phone.pk).retired_at is None
    assert not EmergencyAddress.objects.filter(status="withdrawn").exists()
    again = dict(HIDDEN.findall(response.content.decode()))
    assert signed_in.post(url, again).status_code == 302  # once this was seen too
    assert Phone.objects.get(pk=phone.pk).retired_at


@pytest.mark.parametrize("what", ["remove", "replace", "correct"])
def test_question_about_a_phone_without_label_names_its_person_first(
    signed_in, acme, alice, what
):  # R45
    phone = factories.phone(acme, alice, mac="805ec0aa0007")
    page = signed_in.get(f"/phones/{phone.pk}/{what}/", headers=HTMX).content.decode()
    assert "Alice Archer’s phone, 100" in re.search(r"<h1.*?</h1>", compact(page), re.S).group()
    second = re.search(r'<p class="device">.*?</p>', page, re.S).group()
    assert plain(second) == "Yealink SIP-T54W, 80:5E:C0:AA:00:07"


def test_row_behind_a_changed_question_is_as_new_as_the_question(signed_in, desk):
    """Cancel closes the dialog, and the row must not be older than what was read in it."""
    url = f"/phones/{desk.pk}/remove/"
    asked = read_question(signed_in, url, headers=HTMX)
    Phone.objects.filter(pk=desk.pk).update(label="Back door")
    page = compact(signed_in.post(url, asked, headers=HTMX).content.decode())
    row = re.search(rf'<template><tr id="phone-{desk.pk}".*?</template>', page, re.S).group()
    assert 'hx-swap-oob="true"' in row and "Back door" in row


@pytest.mark.parametrize("company", ["acme", "other"])
def test_mac_of_a_removed_phone_may_come_again_in_any_account(
    signed_in, desk, company, request
):  # R38
    act(signed_in, desk, "remove")
    again = factories.phone(request.getfixturevalue(company), mac=desk.mac, label=desk.label)
    with scope.entered(scope="support"):
        assert Phone.objects.filter(mac=desk.mac, retired_at=None).get() == again


@pytest.mark.parametrize(("what", "status"), [("remove", 302), ("replace", 422)])
def test_phone_that_is_just_being_removed_is_gone_for_the_next(committed, owner, what, status):
    """The second who removes it has what they wanted; the second who replaces it learns why not."""
    account = factories.account()
    one, other = administrators(account)
    phone = factories.phone(account)
    url, locked = f"/phones/{phone.pk}/", f"SELECT FROM users_account WHERE id = {account.pk}"
    first = read_question(one, f"{url}remove/")
    again = read_question(other, f"{url}{what}/")
    if what == "replace":
        again |= device("805ec0aa0002")
    assert in_turn(
        owner, locked, (one, f"{url}remove/", first), (other, f"{url}{what}/", again)
    ) == [
        302,
        status,
    ]
