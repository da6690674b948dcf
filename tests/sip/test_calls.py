"""A call is between its two ends (R49): what gets through, who calls, what no phone learns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.conf import settings

from tests import factories
from users.models import User

from .conftest import Registrar, change
from .probe import Dialog, Message, Probe, tag_of

HOST, STRANGER = "127.0.0.60", "127.0.0.99"
BOTH = pytest.mark.parametrize("transport", ["udp", "tcp"])
SDP = (
    "v=0\r\no={} 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0\r\n"
)
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
    r"(?mi)^(p-|remote-party|diversion|history|alert|call-info|answer-mode|priv-|referred|b|x-|identity|y|join|privacy|"
    r"reply-to)[ \t]*[-\w]*[ \t]*:.*$"
)


@dataclass
class Office:
    """Three phones of one account and one of another, registered, and a host that hears nothing."""

    registrar: Registrar
    people: dict[str, User]
    ann: Probe
    bob: Probe
    tim: Probe
    mal: Probe
    host: Probe
    stranger: Probe

    @property
    def everybody(self) -> list[Probe]:
        return [self.ann, self.bob, self.tim, self.mal, self.host, self.stranger]


@pytest.fixture
def transport() -> str:
    return "udp"


@pytest.fixture
def office(registrar: Registrar, transport: str) -> Office:
    acme, other = factories.account("Acme"), factories.account("Other")
    people = {
        "ann": factories.person(acme, "Ann", "Lee", ext="101", caller_id="+14155550101"),
        "bob": factories.person(acme, "Bob", "Ross", ext="102"),
        "tim": factories.person(acme, "Tim", "Ng", ext="103"),
        "mal": factories.person(other, "Mal", "Ory", ext="101"),
    }
    phones = {name: registrar.probe_of(user, transport=transport) for name, user in people.items()}
    for phone in phones.values():
        assert phone.register() == 200
        phone.answers |= dict.fromkeys(
            ("INVITE", "UPDATE", "PRACK", "INFO", "REFER", "OPTIONS"), 200
        )
    host = registrar.probe("nobody", "", host=HOST)
    stranger = registrar.probe("nobody", "", host=STRANGER, transport=transport)
    return Office(registrar, people, **phones, host=host, stranger=stranger)


def in_call(caller: Probe, callee: Probe, ext: str) -> tuple[Dialog, Dialog]:
    """Call an extension that answers; return what caller and callee know of the call."""
    assert caller.invite(ext) == 200
    callee.wait_for("ACK sip:")
    return caller.dialog, callee.dialogs[caller.dialog.call_id]


def uri(user: str) -> str:
    return f"sip:{user}@{settings.SIP_DOMAIN}"


def silent(phone: Probe) -> bool:
    """Tell whether there is nothing more that has reached a phone."""
    return phone.received.empty()


# --- who gets what through ------------------------------------------------------------------------

METHODS = {
    "INVITE": [],
    "ACK": [],
    "UPDATE": [],
    "PRACK": [],
    "INFO": [],
    "REFER": [f"Refer-To: <{uri('103')}>"],
    "OPTIONS": [],
    "MESSAGE": [],
    "SUBSCRIBE": ["Event: dialog"],
    "PUBLISH": ["Event: dialog"],
    "NOTIFY refer": ["Event: refer"],
    "NOTIFY check-sync": ["Event: check-sync;reboot=true"],
    "NOTIFY refer, check-sync": ["Event: refer, check-sync"],
    "NOTIFY refer-check-sync": ["Event: refer-check-sync"],
    "NOTIFY two events": ["Event: refer", "Event: check-sync"],
    "NOTIFY short form": ["Event: refer", "o: check-sync"],
    "notify": ["Event: check-sync"],
    "REFER for another method": [f"Refer-To: <{uri('103')};method=REGISTER>"],
    "BYE": [],
}
SERVED = {"INVITE", "ACK", "BYE", "UPDATE", "PRACK", "INFO", "REFER", "OPTIONS", "NOTIFY refer"}
ENDED = {"ACK", "BYE"}
TARGETS = ("other end", "phone of the account", "phone of another account", "any host")


@dataclass(frozen=True)
class Attempt:
    """One request that claims to belong to a call."""

    actor: str
    sender: Probe
    method: str
    target: str
    call_id: str
    cseq: str
    allowed: Probe | None  # who may get it


def attempts(
    office: Office,
    actor: str,
    sender: Probe,
    known: Dialog,
    other: Probe | None,
    served: set[str] = SERVED,
) -> Iterator[Attempt]:
    """Send every method to every target with all that is known of a call; wait for the answers."""
    places = {
        "other end": known.target,
        "phone of the account": office.tim.contact[1:-1],
        "phone of another account": office.mal.contact[1:-1],
        "any host": f"sip:z@{HOST}:{office.host.port}",
    }
    unanswered: set[str] = set()

    def wait_for_answers() -> None:
        while unanswered:
            via = sender.response().header("Via")
            unanswered.difference_update([branch for branch in unanswered if branch in via])

    for method, headers in METHODS.items():
        if method == "BYE":  # it must not overtake the others
            wait_for_answers()
        for target in TARGETS:
            verb = method.split()[0]
            branch = sender.within(known, verb, *headers, target=places[target])
            if verb != "ACK":
                unanswered.add(branch)
            allowed = other if target == "other end" and method in served else None
            yield Attempt(
                actor, sender, method, target, known.call_id, f"{known.sequence} {verb}", allowed
            )
    wait_for_answers()


@BOTH
def test_request_within_a_call_reaches_nobody_but_its_other_end(
    office: Office, owner: psycopg.Connection, transport
):
    """Try actors, with all that either end knows, × methods × targets.

    The table stands in the test's output.
    """
    ann, bob = office.ann, office.bob
    made: list[Attempt] = []
    first, first_of_bob = in_call(ann, bob, "102")
    for actor, sender in (
        ("stranger", office.stranger),
        ("other account", office.mal),
        ("same account", office.tim),
    ):
        made += attempts(office, f"{actor}, as the caller", sender, first.stolen(), None)
        made += attempts(office, f"{actor}, as the callee", sender, first_of_bob.stolen(), None)
    second, _ = in_call(ann, bob, "102")
    made += attempts(office, "caller", ann, second, bob)
    made += attempts(office, "caller, has just hung up", ann, second, bob, ENDED)
    _, third_of_bob = in_call(ann, bob, "102")
    made += attempts(office, "callee", bob, third_of_bob, ann)
    fourth, fourth_of_bob = in_call(ann, bob, "102")
    change(office.people["ann"])
    change(office.people["bob"])
    made += attempts(office, "caller, credentials changed", ann, fourth, bob)
    owner.execute("UPDATE registrar.call SET until = now()")
    owner.commit()
    made += attempts(office, "caller, credentials changed, call over", ann, fourth, None)
    made += attempts(office, "callee, credentials changed, call over", bob, fourth_of_bob, None)

    got = {
        (m.header("Call-ID"), m.header("CSeq"), id(phone))
        for phone in office.everybody
        for m in phone.seen
        if m.method
    }
    table: dict[tuple[str, str], list[int]] = {}
    wrong, lost = [], []
    for one in made:
        reached = [
            p
            for p in office.everybody
            if p is not one.sender and (one.call_id, one.cseq, id(p)) in got
        ]
        row = table.setdefault((one.actor, one.target), [0, 0, 0])
        row[0] += bool(reached)
        row[1] += 1
        if any(phone is not one.allowed for phone in reached):
            row[2] += 1
            wrong.append(one)
        if one.allowed and one.allowed not in reached:
            lost.append(one)
    print(
        f"{transport}: {len(made)} requests, {len(wrong)} reached whom they must not, {len(lost)} "
        "were lost"
    )
    for (actor, target), (through, of, bad) in table.items():
        print(f"{actor:42} {target:26} {through:3} of {of} through, {bad} wrong")
    assert [(one.actor, one.method, one.target) for one in wrong] == []
    assert [(one.actor, one.method, one.target) for one in lost] == []


def test_nobody_takes_over_a_call_by_its_call_id(office: Office, owner: psycopg.Connection):
    in_call(office.ann, office.bob, "102")
    dialog = office.ann.dialog
    asked = "SELECT caller, callee, until FROM registrar.call"
    before = owner.execute(asked).fetchall()
    owner.rollback()
    for phone in (office.ann, office.bob, office.tim, office.mal):
        phone.call_id, phone.tag = dialog.call_id, tag_of(dialog.local)
        answer = phone.ask("INVITE", uri("101"), to=uri("101"))
        assert answer.status == 407
        again = phone.authorization("INVITE", uri("101"), answer)
        assert phone.ask("INVITE", uri("101"), again, to=uri("101")).status == 481
    assert owner.execute(asked).fetchall() == before


def test_end_that_has_registered_from_elsewhere_goes_on_with_its_call(office: Office):
    """Routers forget and TCP connections break: the line is then only where it registered anew."""
    caller, callee = in_call(office.ann, office.bob, "102")
    moved = office.registrar.probe_of(office.people["ann"])
    assert moved.ask_within(caller, "INFO").status == 481
    assert moved.register() == 200
    moved.answers["INFO"] = 200
    assert moved.ask_within(caller, "INFO").status == 200
    assert office.bob.ask_within(callee, "INFO").status == 200
    assert moved.wait_for("INFO sip:")


# --- who calls, and what makes a phone answer -----------------------------------------------------


def harmful(message: Message) -> list[str]:
    """Return the headers no phone may send to another, except those the registrar itself wrote."""
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
    ):
        office.bob.contact = contact
        office.bob.answers["INVITE"] = 302
        answer = office.ann.request("INVITE", uri("102"), to=uri("102"))
        assert (answer.status, answer.headers("Contact")) == (302, shown)


# --- transfers ------------------------------------------------------------------------------------


def replaces(dialog: Dialog) -> str:
    """Return the header that gives away one's own call: to-tag is the other end's (RFC 3891 §3)."""
    return (
        f"Replaces: {dialog.call_id};to-tag={tag_of(dialog.remote)};from-tag={tag_of(dialog.local)}"
    )


@BOTH
def test_transfer_with_consultation(office: Office):
    """RFC 5589 §7.1: Ann talks to Bob, asks Tim, and gives Bob to Tim.

    Bob calls Tim's Contact as Ann saw it.
    """
    ann, bob, tim, mal = office.ann, office.bob, office.tim, office.mal
    talking, _ = in_call(ann, bob, "102")
    consulting, _ = in_call(ann, tim, "103")
    header = replaces(consulting)
    escaped = header.partition(": ")[2].replace(";", "%3B").replace("=", "%3D")
    assert (
        ann.ask_within(
            talking, "REFER", f"Refer-To: <{consulting.target}?Replaces={escaped}>"
        ).status
        == 200
    )
    assert consulting.target in bob.wait_for("REFER sip:").header("Refer-To")
    progress = [
        "Event: refer",
        "Subscription-State: active;expires=60",
        "Content-Type: message/sipfrag;version=2.0",
    ]
    bob.within(bob.dialogs[talking.call_id], "NOTIFY", *progress, body="SIP/2.0 100 Trying\r\n")
    assert ann.wait_for("NOTIFY sip:").body.startswith("SIP/2.0 100")
    # Not for another account, nor by other tags, nor without saying which call.
    assert mal.call(consulting.target, header).status == 481
    assert mal.call(uri("101"), header).status == 481
    assert bob.call(consulting.target, header.replace("from-tag=", "from-tag=x")).status == 481
    assert bob.call(consulting.target).status == 404
    assert (
        bob.call(consulting.target, header, "Require: replaces", "Referred-By: <sip:911@x>").status
        == 200
    )
    got = tim.wait_for("Replaces:")
    assert got.header("Replaces") == header.partition(": ")[2]
    assert (
        got.header("From").startswith(f'"Bob Ross" <{uri("102")}>')
        and got.headers("Referred-By") == []
    )
    assert tim.ask_within(tim.dialogs[consulting.call_id], "BYE").status == 200
    assert ann.wait_for("BYE sip:")
    assert bob.hang_up() == 200
    assert tim.wait_for("BYE sip:")


def test_transfer_with_consultation_by_the_end_that_was_called(office: Office):
    _, consulted = in_call(office.ann, office.tim, "103")  # Tim gives his call with Ann to Bob
    assert office.bob.call(consulted.target, replaces(consulted)).status == 200
    assert office.ann.wait_for("Replaces:")


def test_transfer_without_consultation(office: Office):
    talking, _ = in_call(office.ann, office.bob, "102")
    office.ann.within(talking, "REFER", f"Refer-To: <{uri('103')}>", "Referred-By: <sip:911@x>")
    assert office.bob.wait_for("REFER sip:").headers("Referred-By") == [f"<{uri('101')}>"]
    assert office.bob.invite("103", f"Referred-By: <{uri('101')}>") == 200


# --- early answers, and a registrar that dies -----------------------------------------------------


@BOTH
def test_acknowledged_early_answer_reaches_its_end(office: Office):
    """PRACK (RFC 3262) goes within a call that nobody has answered yet."""
    ann, bob = office.ann, office.bob
    bob.answers["INVITE"] = None
    ann.ring("102")
    ringing = bob.wait_for("INVITE sip:")
    bob.answer(ringing, 183, "Require: 100rel", "RSeq: 1")
    early = early_answer(ann)
    assert early.header("RSeq") == "1"
    ann.begin(early)
    assert ann.ask_within(ann.dialog, "PRACK", f"RAck: 1 {ann.sequence} INVITE").status == 200
    assert bob.wait_for("PRACK sip:").header("RAck") == f"1 {ann.sequence} INVITE"
    bob.answer(ringing, 200)
    assert ann.response().status == 200


def early_answer(phone: Probe) -> Message:
    while not 100 < (message := phone.responses.get(timeout=5)).status < 200:
        pass
    return message


@BOTH
def test_calls_outlive_the_registrar(office: Office, transport: str):
    """After a kill, answered calls go on, and ringing ones can still be answered (R64)."""
    ann, bob, registrar = office.ann, office.bob, office.registrar
    caller, _ = in_call(ann, bob, "102")
    bob.answers["INVITE"] = None
    ann.ring("102")
    ringing = bob.wait_for("INVITE sip:")
    registrar.kill()
    registrar.start()
    if transport == "udp":
        bob.answer(ringing, 200)
        answer = ann.response()
        assert answer.status == 200 and bob.username not in answer.text
        ann.begin(answer)
        assert bob.wait_for("ACK sip:")
        assert ann.hang_up() == 200
    else:  # connections break; phones come back with new ones
        ann = registrar.probe_of(office.people["ann"], transport="tcp")
        bob = registrar.probe_of(office.people["bob"], transport="tcp")
        assert [phone.register() for phone in (ann, bob)] == [200, 200]
    bob.answers["INFO"] = 200
    assert ann.ask_within(caller, "INFO").status == 200
    assert ann.ask_within(caller, "BYE").status == 200
    assert bob.wait_for("BYE sip:")


@BOTH
def test_call_that_nobody_answers_leaves_no_row(office: Office, owner: psycopg.Connection):
    office.bob.answers["INVITE"] = 486
    assert office.ann.invite("102") == 486
    assert owner.execute("SELECT count(*) FROM registrar.call").fetchone() == (0,)


# --- registering ----------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("what", ["lower CSeq", "star that does not end"])
def test_register_that_makes_no_sense_gets_one_answer(office: Office, what: str):
    ann = office.ann
    if what == "lower CSeq":
        ann.sequence += 100
        assert ann.register() == 200
        ann.sequence -= 50
    else:
        ann.contact = "*"
    before = len(ann.seen)
    assert ann.register() >= 400
    ann.contact = f"<sip:{ann.username}@{ann.host}:{ann.port};transport={ann.transport}>"
    ann.ask("OPTIONS", f"sip:{settings.SIP_DOMAIN}")  # comes after whatever else there was
    answers = [
        m.status
        for m in ann.seen[before:]
        if "REGISTER" in m.header("CSeq") and m.status not in (100, 401)
    ]
    assert len(answers) == 1
