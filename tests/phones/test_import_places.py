"""Common-area phones are imported and downloaded with their extensions and numbers (R57)."""

from __future__ import annotations

import pytest

from phones.models import Kind, Phone
from tests import factories
from users.models import CallerNumber, User

from .importing import MODEL, USER, bring_in, outcomes, reasons

COLUMNS = "MAC,Model,Label,Kind,Assigned extension,Own extension,Caller number\n"
TAKEN = "A person or common-area phone already has this extension."
PERSONS = "A user phone has the extension and caller number of its person. Leave them empty."


def place(mac: str = "805ec0aa0001", *, kind="common", assigned="", ext="200", number=""):
    return f"{mac},{MODEL},Place {mac[-2:]},{kind},{assigned},{ext},{number}\n"


def test_place_comes_in_with_its_line(acme):  # R58
    report = bring_in(phones=COLUMNS + place(number="(212) 555-0133"))
    assert outcomes(report.phones) == {"added": 1}
    lobby = Phone.objects.get()
    assert (lobby.kind, lobby.ext, lobby.caller_id) == (Kind.COMMON, "200", "+12125550133")
    assert lobby.sip.kind == "place"
    number = CallerNumber.objects.get()
    assert (number.e164, number.confirmed_at) == ("+12125550133", None), "support confirms it"


def test_place_without_these_columns_comes_in_as_before(acme):
    bring_in(phones=f"MAC,Model,Label,Kind\n805ec0aa0001,{MODEL},Lobby,common\n")
    assert (Phone.objects.get().ext, Phone.objects.get().caller_id) == (None, None)


def test_download_of_both_kinds_imports_again_unchanged(signed_in, acme, alice):
    factories.address(factories.phone(acme, alice, model=MODEL))
    factories.phone(acme, model=MODEL, label="=Spare")
    lobby = {"kind": Kind.COMMON, "ext": "0200", "caller_id": "+12125550133"}
    for fields in (lobby, {"kind": Kind.COMMON}):
        factories.address(factories.phone(acme, model=MODEL, **fields))
    before = list(Phone.objects.order_by("pk").values())
    for name in ("user-phones", "common-area-phones"):
        file = b"".join(signed_in.get(f"/phones/{name}.csv").streaming_content)
        report = bring_in(phones=file)
        assert (outcomes(report.phones), report.notes) == ({"unchanged": 2}, ())
    assert list(Phone.objects.order_by("pk").values()) == before


def test_download_comes_in_whole_after_the_phones_are_gone(signed_in, acme):
    lobby = factories.phone(
        acme, kind=Kind.COMMON, model=MODEL, label="Lobby", ext="0200", caller_id="+12125550133"
    )
    factories.address(lobby)
    file = b"".join(signed_in.get("/phones/common-area-phones.csv").streaming_content)
    Phone.objects.filter(pk=lobby.pk).update(
        retired_at="2026-01-01T00:00Z", ext=None, caller_id=None, current_address=None
    )
    assert outcomes(bring_in(phones=file).phones) == {"added": 1}
    again = Phone.objects.get(retired_at=None)
    assert (again.mac, again.label, again.kind) == (lobby.mac, "Lobby", Kind.COMMON)
    assert (again.ext, again.caller_id) == ("0200", "+12125550133")
    assert again.current_address.standardised == "100 Gold Street, New York, NY 10038"


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (place(ext="9115"), [("Own extension", "An extension can’t start with 911")]),  # R13
        (place(ext="2OO"), [("Own extension", "digits")]),
        (place(ext="100"), [("Own extension", TAKEN)]),  # Alice's
        (place(ext="300"), [("Own extension", TAKEN)]),  # the kitchen's
        (place() + place("805ec0aa0002"), [("Own extension", "It’s already on line 2.")]),
        (place(number="12"), [("Caller number", "")]),
        (place(kind="user"), [("Own extension", PERSONS)]),
        (place(kind="user", ext="", number="+12125550133"), [("Caller number", PERSONS)]),
    ],
)
def test_line_that_cannot_be_is_refused(acme, alice, rows, told):
    factories.phone(acme, kind=Kind.COMMON, label="Kitchen", ext="300")
    found = reasons(bring_in(phones=COLUMNS + rows))
    assert [column for column, _ in found] == [column for column, _ in told]
    assert all(part in said for (_, said), (_, part) in zip(found, told, strict=True))
    assert Phone.objects.count() == 1


def test_extension_of_a_new_person_is_not_a_places(acme):
    people = USER + "Anna,Ek,anna@acme.example,200,Pro,,\n"
    report = bring_in(users=people, phones=COLUMNS + place())
    assert reasons(report) == [("Own extension", TAKEN)]


def test_extension_of_a_place_is_not_a_new_persons(acme):
    factories.phone(acme, kind=Kind.COMMON, label="Kitchen", ext="300")
    report = bring_in(users=USER + "Anna,Ek,anna@acme.example,300,Pro,,\n")
    assert reasons(report) == [("Extension", TAKEN)]
    assert not User.objects.filter(first_name="Anna").exists()


def test_place_that_differs_is_refused_and_not_changed(acme):  # R57
    factories.phone(
        acme, kind=Kind.COMMON, mac="805ec0aa0001", model=MODEL, label="Place 01", ext="201"
    )
    found = reasons(bring_in(phones=COLUMNS + place(number="+12125550133")))
    assert [column for column, _ in found] == ["Own extension", "Caller number"]
    assert "with “201”" in found[0][1]
    assert Phone.objects.get().ext == "201"
