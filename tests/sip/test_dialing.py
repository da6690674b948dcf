"""A phone can dial an extension of its account, and without a carrier nothing else (R13, R40)."""

from __future__ import annotations

import re

import pytest

from tests import factories

from .conftest import change, update
from .office import silent, uri


def test_call_by_extension_is_answered_and_ends(registrar, phones):
    ann, bob = phones
    bob.answers["INVITE"] = 200
    answered = ann.request("INVITE", uri("102"), to=uri("102"))
    assert answered.status == 200
    assert answered.header("From") == f"<{uri(ann.username)}>;tag={ann.tag}", (
        "to itself it is who it said"
    )
    ann.begin(answered)
    assert ann.hang_up() == 200
    # Over UDP, a later packet may overtake an earlier one.
    assert sorted(bob.received.get(timeout=5).method for _ in range(3)) == ["ACK", "BYE", "INVITE"]


def test_old_registration_neither_rings_nor_calls_from_the_commit_on(
    registrar, phones, bob, registered
):  # R33
    ann, old = phones
    change(bob)
    assert ann.invite("102") == 480
    assert old.invite("101") == 407
    assert old.register() == 401
    assert silent(old) and silent(ann)
    assert [name for name, _ in registered()] == [ann.username, old.username], (
        "it is how to ask that phone to restart"
    )
    new = registrar.probe_of(bob)
    assert new.register() == 200
    assert ann.invite("102") == 486
    assert new.received.get(timeout=5).method == "INVITE" and silent(old)


def test_extensions_of_another_account_are_not_there(registrar, phones):
    stranger = factories.person(factories.account("Other"), "Sam", "Stranger", ext="201")
    phone = registrar.probe_of(stranger)
    assert phone.register() == 200
    ann, _ = phones
    assert ann.invite("201") == ann.invite(phone.username) == phone.invite("101") == 404
    assert silent(phone) and silent(ann)


def test_same_extension_in_two_accounts_rings_at_home(registrar, phones):
    namesake = factories.person(factories.account("Other"), ext="102")
    phone = registrar.probe_of(namesake)
    assert phone.register() == 200
    ann, bob = phones
    assert ann.invite("102") == 486
    assert bob.received.get(timeout=5).method == "INVITE" and silent(phone)


@pytest.mark.parametrize("number", ["100", "*97", "102'--", "00000000102", "9911x"])
def test_what_is_nobodys_extension_is_not_found(registrar, phones, number):
    ann, bob = phones
    answer = ann.call(uri(number))
    assert answer.text.startswith("SIP/2.0 404 No Such Extension\r\n")
    assert silent(bob)


@pytest.mark.parametrize("number", ["911", "9911", "112", "933", "4155550123", "+14155550102"])
def test_without_a_carrier_the_answer_says_so_at_once(registrar, phones, number):  # R13, R40
    for phone in phones:  # Bob has no caller number
        answer = phone.call(uri(number))
        assert answer.text.startswith("SIP/2.0 404 No Carrier\r\n")


def test_emergency_call_is_logged_without_secrets(registrar, phones, acme):
    before = len(registrar.log.read_text(errors="replace"))
    assert phones[0].invite("112") == 404
    said = registrar.log.read_text(errors="replace")[before:]
    assert (
        f"emergency call to 911 from extension 101 of account {acme.pk} failed: no carrier" in said
    )
    assert phones[0].username not in said and "Lee" not in said


def test_address_elsewhere_is_not_called(registrar, phones):
    ann, bob = phones
    assert ann.request("INVITE", f"sip:102@127.0.0.1:{bob.port}").status == 404
    assert ann.request("INVITE", uri("102"), f"Route: <sip:127.0.0.1:{bob.port};lr>").status == 486
    assert bob.received.get(timeout=5).header("Route") == ""


def test_person_who_may_register_but_has_no_extension_cannot_call(registrar, phones, ann):
    update(ann, ext=None)
    assert phones[0].invite("102") == 403


def test_caller_is_who_the_row_says(registrar, phones):  # R32
    ann, bob = phones
    claims = [
        f"{name}: <sip:911@evil.example>"
        for name in ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID")
    ]
    assert ann.invite("102", *claims) == 486
    call = bob.received.get(timeout=5)
    assert call.header("From").startswith(f'"Ann Lee" <{uri("101")}>')
    assert call.headers("P-Asserted-Identity") == [f'"Ann Lee" <{uri("101")}>, <tel:+14155550101>']
    assert "evil" not in call.text and "Authorization" not in call.text


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ('Ann "Ace"', "O\\Hara", 'Ann "Ace" O\\Hara'),
        ("Zoë", "Łukasz-Ñandú 漢字", "Zoë Łukasz-Ñandú 漢字"),
        ("Ann\r\nX-Evil: yes\r\n\r\n", "Lee\x7f\x85", "AnnX-Evil: yes Lee"),
        ("$rU $(avp(ha1))", "%rm", "$rU $(avp(ha1)) %rm"),
        ('"' * 60, "\\" * 60, '"' * 60),
    ],
)
def test_no_name_breaks_out_of_its_quotation_marks(registrar, phones, ann, first, last, shown):
    update(ann, first_name=first, last_name=last.strip())
    assert phones[0].invite("102") == 486
    call = phones[1].received.get(timeout=5)
    for field in ("From", "P-Asserted-Identity"):
        quoted = re.match(r'"((?:[^"\\]|\\.)*)" <', call.header(field))
        assert re.sub(r"\\(.)", r"\1", quoted[1]) == shown
    assert call.headers("X-Evil") == []


@pytest.mark.parametrize(
    "method", ["SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "INFO", "UPDATE", "BYE", "NONSENSE"]
)
def test_other_requests_are_not_served(registrar, phones, method):
    ann, bob = phones
    assert ann.request(method, uri("102"), to=uri("102")).status == 405
    assert silent(bob)


def test_call_over_tcp_and_to_udp_and_back(registrar, ann, bob):
    over_tcp, over_udp = registrar.probe_of(ann, transport="tcp"), registrar.probe_of(bob)
    assert [over_tcp.register(), over_udp.register()] == [200, 200]
    for caller, called, ext in ((over_tcp, over_udp, "102"), (over_udp, over_tcp, "101")):
        called.answers["INVITE"] = 200
        assert caller.invite(ext) == 200
        assert caller.hang_up() == 200
        # The registrar's processes pass requests on in parallel, so a later one may arrive first.
        assert sorted(called.received.get(timeout=5).method for _ in range(3)) == [
            "ACK",
            "BYE",
            "INVITE",
        ]
    over_tcp.close()
    assert registrar.check_sync(over_tcp.username) == 408
