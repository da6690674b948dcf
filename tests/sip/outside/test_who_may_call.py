"""Who may call whom outside, by which digits (R13, R40, R50, R58, R67)."""

from __future__ import annotations

import pytest

from phones.models import Kind
from tests import factories
from tests.sip.office import HOME, silent, uri

from .carrier import AT
from .lines import own_line


def test_emergency_call_needs_no_number(carrier, registrar, acme):  # R13
    """It says what is known, the name and the extension, and invents nothing."""
    phone = registrar.probe_of(factories.person(acme, "Bob", "Ross", ext="102"))
    assert phone.register() == 200
    assert phone.invite("911") == 200
    call = carrier.wait_for("INVITE sip:911@")
    assert call.header("From").startswith(f'"Bob Ross" <{uri("102")}>;tag=')
    assert call.headers("P-Asserted-Identity") == [f'"Bob Ross" <{uri("102")}>']
    refused = phone.call(uri("4155550123"))
    assert (refused.status, refused.text.splitlines()[0]) == (
        403,
        "SIP/2.0 403 Caller Number Not Confirmed",
    )
    with pytest.raises(TimeoutError):
        carrier.wait_for("0123", patience=0.1)


def test_number_that_nobody_confirmed_is_shown_to_a_dispatcher_only(carrier, registrar, acme):
    factories.caller_number(acme, "+14155550102", confirmed=False)
    person = factories.person(acme, "Bob", "Ross", ext="102", caller_id="+14155550102")
    phone = registrar.probe_of(person)
    assert phone.register() == 200
    assert phone.invite("4155550123") == 403
    assert phone.invite("933") == 200
    assert "<tel:+14155550102>" in carrier.wait_for("INVITE sip:933@").header("P-Asserted-Identity")


def test_common_area_phone_calls_as_itself(carrier, registrar, acme):  # R58
    lobby = factories.phone(
        acme, kind=Kind.COMMON, label="Lobby", ext="150", caller_id="+14155550150"
    )
    phone = own_line(registrar, lobby)
    for number in ("911", "4155550123"):
        assert phone.invite(number) == 200
        call = carrier.wait_for("INVITE sip:")
        assert call.header("From").startswith(f'"Lobby" <{uri("+14155550150")}>')
    phone.answers["INVITE"] = 200
    assert carrier.invite("+14155550150") == 200


def test_phone_on_standby_neither_calls_nor_is_called(carrier, registrar, phone, acme):  # R50
    free = own_line(registrar, factories.phone(acme))
    for number in ("101", "911", "9911", "4155550123"):
        assert free.call(uri(number)).text.startswith("SIP/2.0 403 On Standby\r\n")
    assert phone.invite(free.username) == phone.call(f"sip:{free.username}@{AT}").status == 404
    assert silent(carrier) and silent(free)
    assert registrar.check_sync(free.username) == 200


def test_guesser_in_the_office_does_not_silence_an_emergency_call(carrier, registrar, phone):
    guesser = registrar.probe(phone.username, "wrong")
    assert {guesser.register() for _ in range(20)} == {401}
    challenged = guesser.ask("REGISTER", HOME)
    guesser.send("REGISTER", HOME, guesser.authorization("REGISTER", HOME, challenged))
    with pytest.raises(TimeoutError):
        guesser.response(0.2)
    assert phone.invite("911") == 200


@pytest.mark.parametrize(
    "number",
    ["100", "0", "555-0123", "1234567890", "+12", "+1415555012345678", "*67", "911x", "9112", "91"],
)
def test_what_is_no_number_goes_nowhere(carrier, phone, number):
    assert phone.invite(number) == 404
    assert silent(carrier)


def test_extension_comes_before_an_outside_number(carrier, phone, registrar, acme):
    colleague = registrar.probe_of(factories.person(acme, ext="988"))
    assert colleague.register() == 200
    assert phone.invite("988") == 486
    assert silent(carrier)


@pytest.mark.parametrize(
    ("dialed", "arrives"),
    [
        ("8911", "911"),
        ("89911", "911"),
        ("9911", "911"),
        ("8112", "911"),
        ("8933", "933"),
        ("911", "911"),
        ("84155550123", "+14155550123"),
        ("814155550123", "+14155550123"),
        ("8155550123", "+18155550123"),  # area code 815: eight is no prefix here
        ("8011442079460123", "+442079460123"),
        ("+14155550123", "+14155550123"),
    ],
)
def test_outside_prefix_is_taken_off(carrier, registrar, dialed, arrives):
    account = factories.account(outside_prefix="8")
    for ext in ("8911", "8988"):
        factories.person(account, ext=ext)
    phone = registrar.probe_of(
        factories.person(account, "Ann", "Lee", ext="101", caller_id="+14155550101")
    )
    assert phone.register() == 200
    assert phone.invite(dialed) == 200
    assert carrier.wait_for("INVITE sip:").text.startswith(f"INVITE sip:{arrives}@")


@pytest.mark.parametrize("dialed", ["8102", "8555", "88", "8", "9933"])
def test_prefix_alone_makes_no_number(carrier, registrar, dialed):
    account = factories.account(outside_prefix="8")
    phone = registrar.probe_of(factories.person(account, ext="101", caller_id="+14155550101"))
    assert phone.register() == 200
    assert phone.invite(dialed) == 404
    assert silent(carrier)


@pytest.mark.parametrize("caller_id", ["+14155550150", None])
@pytest.mark.parametrize("kind", ["place", "person"])
def test_line_without_extension_makes_emergency_calls_only(
    carrier, registrar, acme, kind, caller_id
):  # R13, R58
    """So are common-area phones after an upgrade, and new ones."""
    if kind == "place":
        lift = factories.phone(acme, kind=Kind.COMMON, label="Lift", caller_id=caller_id)
        phone, name = own_line(registrar, lift), "Lift"
    else:
        person = factories.person(acme, "Bob", "Ross", ext=None, caller_id=caller_id)
        phone, name = registrar.probe_of(person), "Bob Ross"
        assert phone.register() == 200
    for dialed, arrives in (("911", "911"), ("9911", "911"), ("933", "933")):
        assert phone.invite(dialed) == 200
        call = carrier.wait_for(f"INVITE sip:{arrives}@")
        who = f'"{name}" <{uri(caller_id) if caller_id else HOME}>'
        assert call.header("From").startswith(f"{who};tag=")
        also = f", <tel:{caller_id}>" if caller_id else ""
        assert call.headers("P-Asserted-Identity") == [who + also]
        assert phone.hang_up() == 200
        assert carrier.wait_for("BYE sip:").header("From").startswith(f"{who};tag=")
    for number in ("101", "4155550123"):
        assert phone.call(uri(number)).text.startswith("SIP/2.0 403 No Extension\r\n")


def test_number_that_another_account_has_confirmed_is_not_shown(carrier, registrar, acme):  # R67
    factories.caller_number(factories.account("Other"), "+14155550177")
    factories.caller_number(acme, "+14155550177", confirmed=False)
    phone = registrar.probe_of(
        factories.person(acme, "Bob", "Ross", ext="102", caller_id="+14155550177")
    )
    assert phone.register() == 200
    assert phone.invite("911") == 200
    call = carrier.wait_for("INVITE sip:911@")
    assert call.headers("P-Asserted-Identity") == [f'"Bob Ross" <{uri("102")}>']
    assert "0177" not in call.text
    assert phone.invite("4155550123") == 403


@pytest.mark.parametrize("number", ["988", "711"])
def test_call_to_a_service_needs_no_confirmed_number(carrier, registrar, acme, number):
    phone = registrar.probe_of(factories.person(acme, "Bob", "Ross", ext="102"))
    assert phone.register() == 200
    assert phone.invite(number) == 200
    assert carrier.wait_for(f"INVITE sip:{number}@")
