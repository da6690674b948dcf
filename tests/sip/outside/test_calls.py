"""Calls reach the carrier as whom we say they are from, and stay between their ends (R40, R49)."""

from __future__ import annotations

import pytest
from django.conf import settings

from tests import factories
from tests.sip.conftest import Registrar, free_port
from tests.sip.messages import tag_of
from tests.sip.office import HOST, SDP, silent, uri

from .carrier import AT, Carrier, outside_call


@pytest.mark.parametrize(
    ("dialed", "arrives"),
    [
        ("911", "911"),
        ("9911", "911"),
        ("112", "911"),
        ("933", "933"),
        ("4155550123", "+14155550123"),
        ("14155550123", "+14155550123"),
        ("+442079460123", "+442079460123"),
        ("011442079460123", "+442079460123"),
        ("988", "988"),
    ],
)
def test_number_arrives_with_who_calls(carrier, phone, dialed, arrives):
    assert phone.invite(dialed, body=SDP.format(phone.username)) == 200
    call = carrier.wait_for("INVITE sip:")
    target = f"sip:{arrives}@{AT}:{carrier.port};transport={carrier.transport}"
    assert call.text.startswith(f"INVITE {target} SIP/2.0\r\n")
    who = f'"Ann Lee" <{uri("+14155550101")}>'
    assert call.header("From").startswith(f"{who};tag=")
    assert call.headers("P-Asserted-Identity") == [f"{who}, <tel:+14155550101>"]
    assert call.header("To") == f"<{uri(arrives)}>"
    assert (
        phone.username not in call.text and "Proxy-Authorization: Digest" not in phone.seen[-1].text
    )
    assert call.body.startswith("v=0\r\no=- ")
    assert phone.hang_up() == 200
    assert carrier.wait_for("BYE sip:")


def test_call_and_what_follows_go_the_carriers_way(carrier, phone):
    ours, _ = outside_call(phone, carrier, "911")
    route = f"Route: <sip:edge@{AT}:{carrier.port};transport={carrier.transport};lr;a=b>, "
    route += f"<sip:{AT}:5555;lr>, <sip:inner.invalid;lr>\r\n"
    target = carrier.contact[1:-1]
    for method in ("INFO", "INVITE", "BYE"):
        assert phone.ask_within(ours, method).status == 200
        got = carrier.wait_for(f"{method} {target} SIP/2.0")
        assert route in got.text and got.header("Contact") != phone.contact
        assert got.header("From").startswith(f'"Ann Lee" <{uri("+14155550101")}>')
    assert "edge" not in "".join(message.text for message in phone.seen)
    assert route in next(m.text for m in carrier.seen if m.method == "ACK" and target in m.text)


@pytest.mark.parametrize("connection", ["same", "new"])
def test_carrier_holds_and_hangs_up(carrier, phone, connection):
    phone.answers |= {"INVITE": 200, "UPDATE": 200}
    _, theirs = outside_call(phone, carrier, "911")
    if connection == "new" and carrier.transport == "tcp":
        carrier.reconnect()
    for method in ("INVITE", "UPDATE", "BYE"):
        assert carrier.ask_within(theirs, method).status == 200
        got = phone.wait_for(f"{method} sip:")
        assert got.header("From").startswith(f'"" <{uri("911")}>')


@pytest.mark.parametrize("where", [AT, HOST])
def test_nobody_else_speaks_for_the_carrier(registrar, carrier, phone, where):
    """Everything known of a call is of no use from another address (R49)."""
    phone.answers |= dict.fromkeys(("INVITE", "UPDATE", "INFO", "OPTIONS"), 200)
    ours, theirs = outside_call(phone, carrier, "911")
    thief = registrar.probe("nobody", "", host=where)
    for method in ("INVITE", "UPDATE", "INFO", "OPTIONS", "REFER", "NOTIFY", "BYE"):
        further = {"REFER": [f"Refer-To: <{uri('102')}>"], "NOTIFY": ["Event: refer"]}
        answer = thief.ask_within(theirs.stolen(), method, *further.get(method, []))
        if where == AT:  # the carrier may use any port, and yet makes no phone call anyone
            assert answer.status == (403 if method in further else 200)
        else:
            assert answer.status == 481
            assert thief.ask_within(ours.stolen(), method, *further.get(method, [])).status == 481
    assert silent(phone) == (where != AT)


def test_call_to_the_outside_is_not_transferred(carrier, phone, registrar, acme):
    """The carrier would call whom the phone says, at the account's cost, or refuse anyway."""
    ours, _ = outside_call(phone, carrier, "911")
    assert phone.ask_within(ours, "REFER", f"Refer-To: <{uri('4155550123')}>").status == 403
    colleague = registrar.probe_of(factories.person(acme, ext="104"))
    header = f"Replaces: {ours.call_id};to-tag={tag_of(ours.remote)};from-tag={tag_of(ours.local)}"
    assert colleague.call(ours.target, header).status == 481
    assert phone.ask_within(ours, "BYE").status == 200
    assert [m for m in carrier.seen if "Replaces" in m.text or m.method == "REFER"] == []


@pytest.mark.ci
def test_call_outlives_the_registrar(carrier, phone, registrar):  # R64
    phone.answers["INFO"] = 200
    ours, theirs = outside_call(phone, carrier, "911")
    registrar.kill()
    registrar.start()
    if carrier.transport == "tcp":
        carrier.reconnect()
    assert carrier.ask_within(theirs, "INFO").status == 200
    assert phone.ask_within(ours, "BYE").status == 200
    assert "edge" in carrier.wait_for("BYE sip:").header("Route")


@pytest.mark.ci
def test_carrier_reaches_us_beside_a_front_for_tls(registrar, ann, tmp_path):
    """Phones use the front, but the carrier uses the address on UDP."""
    behind = Registrar(tmp_path / "log")
    with Carrier(behind.address, settings.SIP_DOMAIN, host=AT) as carrier:
        behind.variables |= {
            "PHONEADMIN_CARRIER": carrier.setting,
            "PHONEADMIN_SIP_FRONT": f"127.0.0.1:{free_port()}",
            "PHONEADMIN_SIP_SERVER": "sip.example.com:5061;transport=tls",
        }
        try:
            behind.start()
            with behind.probe_of(ann) as phone:
                assert phone.register() == 200
                _, theirs = outside_call(phone, carrier, "911")
                assert f"@127.0.0.1:{behind.address[1]}" in theirs.target
                assert phone.dialog.target.endswith("@sip.example.com:5061;transport=tls")
                assert carrier.ask_within(theirs, "BYE").status == 200
        finally:
            behind.stop()
