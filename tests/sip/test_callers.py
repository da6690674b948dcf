"""A call shows who calls (R49): no phone can forge it, and each end learns only its own data."""

from __future__ import annotations

import re

import psycopg
import pytest

from .messages import Message, tag_of
from .office import BOTH, HOST, SDP, Office, in_call, silent, uri

FORGED = [
    "P-Asserted-Identity: <sip:911@x>",
    "p-ASSERTED-identity : <sip:998@x>",
    "P-Preferred-Identity: <sip:997@x>",
    "REMOTE-PARTY-ID: <sip:996@x>",
    "Diversion: <sip:995@x>",
    "History-Info: <sip:994@x>",
    "Alert-Info: ;info=alert-autoanswer",
    "Call-Info: <sip:x>;answer-after=0",
    "Answer-Mode: Auto",
    "Priv-Answer-Mode: Auto",
    "Referred-By: <sip:993@x>",
    "b: <sip:992@x>",
    "P-Auto-Answer: normal",
    "X-Auto-Answer: true",
    "Identity: abc",
    "y: abc",
    "Join: a;to-tag=1;from-tag=2",
    "Privacy: id",
    "X-Registrar-Key: guess",
    "Reply-To: <sip:991@x>",
]
HARMFUL = re.compile(
    r"(?mi)^(p-|remote-party|diversion|history|alert|call-info|answer-mode|priv-|referred|b|x-|"
    r"identity|y|join|privacy|reply-to)[ \t]*[-\w]*[ \t]*:.*$"
)


# --- who calls, and what makes a phone answer -----------------------------------------------------


def harmful(message: Message) -> list[str]:
    """Return headers that no phone may send to another, except those the registrar itself wrote."""
    ours = (
        'P-Asserted-Identity: "Ann Lee" <sip:101@',
        'P-Asserted-Identity: "Bob Ross" <sip:102@',
        "Referred-By: <sip:10",
    )
    return [found[0] for found in HARMFUL.finditer(message.head) if not found[0].startswith(ours)]


@BOTH
def test_no_phone_forges_who_calls_or_makes_another_answer(office: Office):
    ann, bob = office.ann, office.bob
    assert ann.call(uri("102"), *FORGED).status == 200
    ringing = bob.wait_for("INVITE sip:")
    assert harmful(ringing) == []
    assert ringing.header("From").startswith(f'"Ann Lee" <{uri("101")}>;tag=')
    assert ringing.headers("P-Asserted-Identity") == [
        f'"Ann Lee" <{uri("101")}>, <tel:+14155550101>'
    ]
    caller, callee = ann.dialog, bob.dialogs[ann.dialog.call_id]
    for sender, receiver, dialog, name, ext in (
        (ann, bob, caller, "Ann Lee", "101"),
        (bob, ann, callee, "Bob Ross", "102"),
    ):
        dialog.local = f'"The CEO" <{uri("100")}>;tag={tag_of(dialog.local)}'
        for method in (
            "INVITE",
            "UPDATE",
            "INFO",
            "REFER",
            "OPTIONS",
            *(["BYE"] if sender is bob else []),
        ):
            refer = [f"Refer-To: <{uri('103')}>"] if method == "REFER" else []
            sender.within(dialog, method, *FORGED, *refer)
            got = receiver.wait_for(f"{dialog.sequence} {method}")
            assert harmful(got) == [] and "CEO" not in got.text and "sip:100@" not in got.text
            assert got.header("From").startswith(f'"{name}" <{uri(ext)}>;tag=')
            if method in ("INVITE", "UPDATE"):
                assert got.header("P-Asserted-Identity").startswith(f'"{name}" <{uri(ext)}>')
            if method == "REFER":
                assert got.headers("Referred-By") == [f"<{uri(ext)}>"]


@pytest.mark.parametrize(
    ("to", "status"),
    [
        (f'"answer" <{uri("102")};intercom=true;user=phone>', 200),
        (f"<{uri('102')}>;answer-after=0", 400),
        (f'"<>" <{uri("102")}>;info=alert-autoanswer', 400),
        (f"{uri('102')};answer-after=0;x=<>", 400),
    ],
)
def test_no_parameter_of_to_reaches_the_phone_that_is_called(office: Office, to: str, status: int):
    assert office.ann.request("INVITE", uri("102"), to=to).status == status
    if status == 200:
        assert office.bob.wait_for("INVITE sip:").header("To") == f"<{uri('102')}>"
    assert silent(office.bob)


def test_answer_shows_the_caller_itself_as_it_was(office: Office):
    answered = office.ann.call(uri("102"))
    assert answered.header("From") == f"<{uri(office.ann.username)}>;tag={office.ann.tag}"
    assert answered.header("To").startswith(f"<{uri('102')}>;tag=")


@pytest.mark.parametrize(
    ("method", "kind", "passes"),
    [
        ("INVITE", "application/sdp", True),
        ("INVITE", "APPLICATION/SDP; charset=utf-8", True),
        ("INVITE", "text/plain", False),
        ("INVITE", "multipart/mixed;boundary=x", False),
        ("INFO", "application/dtmf-relay", True),
        ("INFO", "application/x-as-feature-event+xml", False),
        ("NOTIFY", "message/sipfrag;version=2.0", True),
        ("NOTIFY", "application/simple-message-summary", False),
    ],
)
def test_body_passes_where_it_can_only_be_about_the_call(
    office: Office, method: str, kind: str, passes: bool
):
    caller, _ = in_call(office.ann, office.bob, "102")
    office.bob.answers[method] = 200
    event = ["Event: refer"] if method == "NOTIFY" else []
    answer = office.ann.ask_within(caller, method, f"Content-Type: {kind}", *event, body="x=y\r\n")
    assert answer.status == (200 if passes else 415)


@pytest.mark.parametrize(
    "odd",
    ["'; DROP TABLE call; --", "\\'", "$$", "%s", "a\x80\xff", "x" * 1200, '"q', "\t", "{nameaddr"],
)
def test_what_a_phone_writes_does_the_database_no_harm(
    office: Office, owner: psycopg.Connection, odd: str
):
    ann, bob = office.ann, office.bob
    ann.contact = f"<sip:{odd.strip()}@{ann.host}:{ann.port}>"
    ann.call_id, ann.tag = (
        f"c{odd}".replace("\t", ""),
        f"t'{odd}".replace("\t", "").replace('"', ""),
    )
    challenged = ann.ask("INVITE", uri("102"), to=uri("102"))
    if challenged.status == 407:
        again = ann.authorization("INVITE", uri("102"), challenged)
        assert ann.ask("INVITE", uri("102"), again, to=uri("102")).status in (
            200,
            400,
            404,
            480,
            481,
            500,
        )
    assert owner.execute("SELECT count(*) FROM registrar.call").fetchone()
    assert bob.register() == 200


# --- what no phone learns -------------------------------------------------------------------------


@BOTH
def test_neither_end_learns_the_others_username(office: Office):
    ann, bob = office.ann, office.bob
    bob.body = SDP.format(bob.username)
    assert ann.invite("102", body=SDP.format(ann.username)) == 200
    bob.wait_for("ACK sip:")
    caller, callee = ann.dialog, bob.dialogs[ann.dialog.call_id]
    assert bob.seen[-2].body.startswith("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n")
    for sender, dialog in ((ann, caller), (bob, callee)):
        for method in ("INVITE", "UPDATE", "INFO", "REFER", "OPTIONS"):
            refer = [f"Refer-To: <{uri('103')}>"] if method == "REFER" else []
            body = SDP.format(sender.username) if method in ("INVITE", "UPDATE") else ""
            sender.ask_within(dialog, method, *refer, body=body)
    ann.within(caller, "ACK", body=SDP.format(ann.username))
    assert ann.hang_up() == 200
    assert bob.wait_for("BYE sip:")
    told_to_bob = "".join(m.text for m in bob.seen if "REGISTER" not in m.text)
    told_to_ann = "".join(m.text for m in ann.seen if "REGISTER" not in m.text)
    assert (
        ann.username not in told_to_bob and "vsf=" not in told_to_bob and "vst=" not in told_to_bob
    )
    assert bob.username not in told_to_ann


@pytest.mark.parametrize("status", [180, 183, 486, 302])
def test_answer_that_is_no_success_hides_the_username_as_well(office: Office, status: int):
    office.bob.answers["INVITE"] = status if status >= 200 else None
    if status < 200:
        office.ann.ring("102")
        ringing = office.bob.wait_for("INVITE sip:")
        office.bob.answer(ringing, status)
        office.bob.answer(ringing, 486)
        assert office.ann.response().status == 486
    else:
        assert office.ann.invite("102") == status
    assert office.bob.username not in "".join(m.text for m in office.ann.seen)


def test_phone_that_forwards_to_an_extension_tells_the_caller_so_and_nothing_else(office: Office):
    office.bob.answers["INVITE"] = None
    for contact, shown in (
        (f"<sip:103@{office.bob.host}:5060;x=y>", [f"<{uri('103')}>"]),
        (f"<sip:z@{HOST}:{office.host.port}>", []),
        (f"<{uri('911')}>", []),  # nobody makes another's phone call it
        (f"<{uri('9911')}>", []),
    ):
        office.bob.contact = contact
        office.bob.answers["INVITE"] = 302
        answer = office.ann.request("INVITE", uri("102"), to=uri("102"))
        assert (answer.status, answer.headers("Contact")) == (302, shown)
