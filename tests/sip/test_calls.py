"""A call stays between its two ends (R49): what gets through, who calls, and what stays hidden."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.conf import settings

from .conftest import change
from .messages import Dialog, Message, tag_of
from .office import BOTH, HOST, Office, in_call, uri
from .probe import Probe

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
    allowed: Probe | None  # who may receive it


def attempts(
    office: Office,
    actor: str,
    sender: Probe,
    known: Dialog,
    other: Probe | None,
    served: set[str] = SERVED,
) -> Iterator[Attempt]:
    """Send every method to every target with everything known of a call; wait for the answers."""
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
        if method == "BYE":  # must arrive after the others
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
    """Try actors × methods × targets, with all that either end knows, and print the table."""
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
    """Routers forget and TCP breaks: the line is then only where the phone registered last."""
    caller, callee = in_call(office.ann, office.bob, "102")
    moved = office.registrar.probe_of(office.people["ann"])
    assert moved.ask_within(caller, "INFO").status == 481
    assert moved.register() == 200
    moved.answers["INFO"] = 200
    assert moved.ask_within(caller, "INFO").status == 200
    assert office.bob.ask_within(callee, "INFO").status == 200
    assert moved.wait_for("INFO sip:")


# --- early answers, and a registrar that dies -----------------------------------------------------


@BOTH
def test_acknowledged_early_answer_reaches_its_end(office: Office):
    """PRACK (RFC 3262) travels within a call before anyone answers it."""
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
    """After a kill, answered calls continue, and ringing ones can still be answered (R64)."""
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
    ann.ask("OPTIONS", f"sip:{settings.SIP_DOMAIN}")  # comes after anything else that was sent
    answers = [
        m.status
        for m in ann.seen[before:]
        if "REGISTER" in m.header("CSeq") and m.status not in (100, 401)
    ]
    assert len(answers) == 1
