"""Ringing at the carrier, giving up, and what a phone hears when the carrier fails (R40)."""

from __future__ import annotations

import re

import pytest

from phoneadmin.operations import kamailio, media
from tests.sip.conftest import Registrar
from tests.sip.office import uri


def test_early_answer_is_acknowledged_before_the_carrier_answers(carrier, phone):
    """PRACK names the INVITE's number (RFC 3262 §7.2), which differs if we had to sign in."""
    carrier.answers["INVITE"] = None
    phone.ring("911")
    ringing = carrier.wait_for("INVITE sip:911@")
    carrier.answer(ringing, 183, "Require: 100rel", "RSeq: 7")
    while (early := phone.responses.get(timeout=5)).status != 183:
        pass
    phone.begin(early)
    asked = phone.ask_within(phone.dialog, "PRACK", f"RAck: 7 {phone.sequence} INVITE")
    assert asked.status == 200
    acknowledged = carrier.wait_for("PRACK sip:")
    assert acknowledged.header("RAck") == f"7 {ringing.header('CSeq')}"
    assert "edge" in acknowledged.header("Route")
    carrier.answer(ringing, 200)
    answer = phone.response()
    assert (answer.status, answer.header("CSeq")) == (200, f"{phone.sequence} INVITE")


def test_caller_gives_up_before_the_carrier_answers(carrier, phone, owner):
    carrier.answers["INVITE"] = None
    phone.ring("911")
    ringing = carrier.wait_for("INVITE sip:911@")
    carrier.answer(ringing, 180)
    while phone.responses.get(timeout=5).status != 180:
        pass
    phone.cancel()
    cancelled = carrier.wait_for("CANCEL sip:")
    assert cancelled.header("CSeq") == ringing.header("CSeq").replace("INVITE", "CANCEL")
    carrier.answer(ringing, 487)
    assert 487 in (phone.response().status, phone.response().status)
    assert owner.execute("SELECT count(*) FROM registrar.call").fetchone() == (0,)


@pytest.mark.ci
@pytest.mark.parametrize("running", ["tcp, by password"], indirect=True)
def test_wrong_password_is_told_as_a_failure_of_the_carrier(carrier, phone):
    right, carrier.credentials = carrier.credentials, ("trunk", "changed")
    try:
        answer = phone.call(uri("911"))
    finally:
        carrier.credentials = right
    assert answer.text.startswith("SIP/2.0 502 Carrier Failed\r\n")
    assert "Authenticate" not in answer.text


@pytest.mark.parametrize(
    ("answer", "heard"), [(486, 486), (403, 403), (302, 502), (401, 502), (500, 502), (503, 502)]
)
def test_refusal_by_the_carrier_is_final_and_clear(carrier, phone, owner, answer, heard):
    """No answer makes the phone try elsewhere, or sign in to the carrier itself."""
    carrier.answers["INVITE"] = answer
    before = len(phone.seen)
    heard_by_phone = phone.call(uri("911"))
    assert heard_by_phone.status == heard
    assert "Authenticate" not in heard_by_phone.text and "Retry-After" not in heard_by_phone.text
    assert [m.status for m in phone.seen[before:] if m.status >= 200] == [407, heard]
    assert owner.execute("SELECT count(*) FROM registrar.call").fetchone() == (0,)


@pytest.mark.ci
def test_silence_of_the_carrier_is_told_soon(carrier, phone):
    carrier.answers["INVITE"] = None
    assert phone.invite("911") == 504


def test_what_a_call_needs_is_kept_for_as_long_as_it_may_ring(monkeypatch):
    """A dispatcher's queue may ring for ten minutes, and the answer then must pass as any other."""
    folder = kamailio.CONFIGURATION.parent
    carrier = (folder / "kamailio" / "carrier.cfg").read_text()
    ringing = int(re.search(r't_set_fr\("(\d+)000"', carrier)[1])
    whole = int(re.search(r't_set_max_lifetime\("(\d+)000"', carrier)[1])
    asked = re.search(r'"asked=>.*autoexpire=(\d+)"', kamailio.CONFIGURATION.read_text())
    monkeypatch.setattr(media, "find_program", lambda: "rtpengine")
    monkeypatch.setattr(media, "find_privileges", lambda: ())
    options = media.build_relay(("127.0.0.1", 2223)).argv
    (offered,) = (option for option in options if option.startswith("--offer-timeout="))
    assert 600 <= ringing < whole < min(int(asked[1]), int(offered.partition("=")[2]))


@pytest.mark.ci
def test_carrier_that_cannot_be_found_is_told_and_logged(registrar, ann, owner, tmp_path):
    made = Registrar(tmp_path / "log", PHONEADMIN_CARRIER="sip:missing.localhost")
    try:
        made.start()
        with made.probe_of(ann) as phone:
            assert phone.register() == 200
            assert phone.call(uri("911")).text.startswith("SIP/2.0 504 Carrier Unreachable\r\n")
        assert "failed: the carrier cannot be reached" in made.log.read_text(errors="replace")
        assert owner.execute("SELECT count(*) FROM registrar.call").fetchone() == (0,)
    finally:
        made.stop()
