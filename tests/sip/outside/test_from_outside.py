"""A dispatcher calls back, and nobody else can call as the carrier (R40, R49)."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.conf import settings

from phones.models import Kind
from tests import factories
from tests.sip.conftest import Registrar
from tests.sip.office import HOST, silent, uri

from .carrier import AT, Carrier
from .lines import own_line


@pytest.fixture
def dispatcher(carrier: Carrier) -> Iterator[Carrier]:
    """The carrier, calling as a number outside."""
    carrier.username, before = "+19165550911", carrier.username
    try:
        yield carrier
    finally:
        carrier.username = before


@pytest.mark.parametrize("number", ["+14155550101", "14155550101", "4155550101"])
def test_call_from_outside_rings_whose_number_it_is(dispatcher, phone, number):
    phone.answers["INVITE"] = 200
    proxies = ["<sip:edge.invalid;lr>, <sip:two.invalid;lr>", "<sip:three.invalid;lr>"]
    forged = ["P-Asserted-Identity: <sip:101@x>", "Alert-Info: ;info=alert-autoanswer"]
    answer = dispatcher.call(uri(number), *forged, *(f"Record-Route: {one}" for one in proxies))
    assert answer.status == 200
    assert ", ".join(answer.headers("Record-Route")) == ", ".join(proxies)
    assert phone.username not in answer.text
    call = phone.wait_for("INVITE sip:")
    assert call.header("From").startswith(f'"" <{uri("+19165550911")}>;tag=')
    assert call.header("To") == f"<{uri('101')}>"
    assert "invalid" not in call.text and "Alert-Info" not in call.text
    phone.wait_for("ACK sip:")
    theirs = phone.dialogs[answer.header("Call-ID")]
    assert phone.ask_within(theirs, "INFO").status == 200
    assert dispatcher.wait_for("INFO sip:").header("Route") == ", ".join(proxies)
    assert dispatcher.hang_up() == 200
    assert phone.wait_for("BYE sip:")


def test_phone_hangs_up_on_the_dispatcher(dispatcher, phone):
    phone.answers["INVITE"] = 200
    answer = dispatcher.call(uri("+14155550101"))
    phone.wait_for("ACK sip:")
    assert phone.ask_within(phone.dialogs[answer.header("Call-ID")], "BYE").status == 200
    assert dispatcher.wait_for("BYE sip:")


def test_call_from_outside_shows_no_caller_that_is_no_number(carrier, phone):
    carrier.username, before = "101", carrier.username
    try:
        assert carrier.invite("+14155550101") == 486
    finally:
        carrier.username = before
    assert phone.wait_for("INVITE sip:").header("From").startswith(f'"" <{uri("anonymous")}>')


def test_of_two_with_one_number_the_one_that_called_911_is_called_back(
    dispatcher, phone, registrar, acme, owner
):
    colleague = registrar.probe_of(factories.person(acme, ext="104", caller_id="+14155550101"))
    assert colleague.register() == 200
    dispatcher.answers["INVITE"] = 486
    for last, other in ((phone, colleague), (colleague, phone)):
        assert last.invite("911") == 486
        assert other.invite("933") == 486  # a test
        before = len(other.seen)
        assert dispatcher.invite("+14155550101") == 486
        assert last.wait_for("INVITE sip:")
        assert "INVITE" not in {message.method for message in other.seen[before:]}
    owner.execute("UPDATE registrar.line SET emergency_at = emergency_at - interval '1 day'")
    owner.commit()
    assert dispatcher.invite("+14155550101") == 404


def test_call_from_outside_to_nobodys_or_two_peoples_number_is_not_found(
    dispatcher, phone, registrar, acme
):
    assert dispatcher.invite("+14155550199") == 404
    factories.person(acme, ext="104", caller_id="+14155550101")
    assert dispatcher.invite("+14155550101") == 404
    assert silent(phone)


def test_flood_in_the_carriers_name_does_not_silence_it(dispatcher, phone):
    asked = b"OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%d;branch=z9hG4bK%d\r\n"
    asked += b"From: <sip:x@x>;tag=1\r\nTo: <sip:x@x>\r\nCall-ID: %d\r\nCSeq: 1 OPTIONS\r\n"
    asked += b"Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    domain = dispatcher.domain.encode()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as forger:
        forger.bind((AT, 0))
        forger.settimeout(2)
        port = forger.getsockname()[1]
        with suppress(TimeoutError):  # it is silenced, or a full buffer has dropped the last
            for number in range(3100):
                asking = asked % (domain, AT.encode(), port, number, number)
                forger.sendto(asking, dispatcher.registrar)
                forger.recv(2000)
    assert dispatcher.invite("+14155550101") == 486
    assert phone.wait_for("INVITE sip:")


def test_stranger_calls_nobody_from_outside(registrar, phone, dispatcher):
    for transport in ("udp", "tcp"):
        stranger = registrar.probe("+19165550911", "", host=HOST, transport=transport)
        assert stranger.invite("+14155550101") == 407
    if dispatcher.credentials:  # then an address proves nothing over UDP
        forger = registrar.probe("+19165550911", "", host=AT)
        assert forger.invite("+14155550101") == 407
    assert silent(phone)


def test_dispatcher_calls_back_a_line_without_extension(dispatcher, registrar, acme):  # R58
    phone = own_line(
        registrar, factories.phone(acme, kind=Kind.COMMON, label="Lift", caller_id="+14155550150")
    )
    phone.answers |= {"INVITE": 200, "INFO": 200}
    assert dispatcher.invite("+14155550150") == 200
    assert phone.wait_for("INVITE sip:").header("To") == f"<{uri('+14155550150')}>"
    assert dispatcher.ask_within(dispatcher.dialog, "INFO").status == 200
    assert dispatcher.hang_up() == 200


def test_confirmed_number_is_called_back_and_the_same_unconfirmed_one_is_not(
    dispatcher, registrar, acme
):  # R67
    other = factories.account("Other")
    factories.caller_number(other, "+14155550177", confirmed=False)
    theirs = registrar.probe_of(factories.person(other, ext="500", caller_id="+14155550177"))
    theirs.answers["INVITE"] = 200
    assert theirs.register() == 200
    assert dispatcher.invite("+14155550177") == 200  # the only account that has it
    assert theirs.wait_for("INVITE sip:")
    factories.caller_number(acme, "+14155550177")
    assert dispatcher.invite("+14155550177") == 404  # acme's, but nobody's line
    ours = registrar.probe_of(factories.person(acme, ext="104", caller_id="+14155550177"))
    assert ours.register() == 200
    assert dispatcher.invite("+14155550177") == 486
    assert ours.wait_for("INVITE sip:")
    assert [m for m in theirs.seen if m.method == "INVITE"][1:] == []


@pytest.mark.ci
@pytest.mark.parametrize("named", [True, False])
def test_carrier_with_a_password_calls_over_udp_from_addresses_that_are_named(
    registrar, ann, tmp_path, named
):
    made = Registrar(tmp_path / "log")
    with Carrier(
        made.address, settings.SIP_DOMAIN, host=AT, credentials=("trunk", "secret")
    ) as carrier:
        made.variables |= {
            "PHONEADMIN_CARRIER": carrier.setting,
            "PHONEADMIN_CARRIER_PASSWORD": "secret",
            "PHONEADMIN_CARRIER_CALLS_FROM": f"192.0.2.0/24,{AT}" if named else "",
        }
        try:
            made.start()
            with made.probe_of(ann) as phone:
                assert phone.register() == 200
                carrier.username = "+19165550911"
                assert carrier.invite("+14155550101") == (486 if named else 407)
                with made.probe("+19165550911", "", host=HOST) as stranger:
                    assert stranger.invite("+14155550101") == 407
                assert phone.call(uri("011442079460123")).text.startswith(
                    "SIP/2.0 403 No International Calls\r\n"
                )
                assert phone.invite("4155550123") == 200
        finally:
            made.stop()
