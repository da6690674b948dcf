"""One phone transfers a call to another (RFC 5589), with or without consulting it first."""

from __future__ import annotations

import pytest

from tests import factories
from users.models import Account

from .messages import Dialog, tag_of
from .office import BOTH, Office, in_call, uri


def replaces(dialog: Dialog) -> str:
    """Return the header that hands over one's own call; to-tag is the other end's (RFC 3891 §3)."""
    return (
        f"Replaces: {dialog.call_id};to-tag={tag_of(dialog.remote)};from-tag={tag_of(dialog.local)}"
    )


@BOTH
def test_transfer_with_consultation(office: Office):
    """Ann talks to Bob, consults Tim, and connects Bob to Tim (RFC 5589 §7.1).

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
    # Refused for another account, for wrong tags, and if the call isn't named.
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
    _, consulted = in_call(office.ann, office.tim, "103")  # Tim hands the call with Ann to Bob
    assert office.bob.call(consulted.target, replaces(consulted)).status == 200
    assert office.ann.wait_for("Replaces:")


def test_transfer_with_consultation_to_an_end_with_any_tag(office: Office):
    """Tags are words of RFC 3261 §25.1; Linphone's have all letters."""
    office.tim.tag = "tT.ab-%t!"
    consulting, _ = in_call(office.ann, office.tim, "103")
    assert office.bob.call(uri("103"), replaces(consulting)).status == 200
    assert office.tim.wait_for("Replaces:")


def test_transfer_without_consultation(office: Office):
    talking, _ = in_call(office.ann, office.bob, "102")
    office.ann.within(talking, "REFER", f"Refer-To: <{uri('103')}>", "Referred-By: <sip:911@x>")
    assert office.bob.wait_for("REFER sip:").headers("Referred-By") == [f"<{uri('101')}>"]
    assert office.bob.invite("103", f"Referred-By: <{uri('101')}>") == 200


@pytest.mark.parametrize(
    "target",
    [
        *(uri(number) for number in ("911", "112", "933", "9911", "9-1-1", "%39%31%31")),
        "sip:911@elsewhere.example",
        "sip:911;phone-context=x@elsewhere.example",
        "sips:+911@elsewhere.example;user=phone",
        "tel:911",
        "sip:elsewhere.example",
        "sip:9%3@elsewhere.example",
    ],
)
def test_nobody_is_made_to_call_an_emergency_number(office: Office, target):
    """The call would come from the colleague's desk, as the colleague."""
    talking, _ = in_call(office.ann, office.bob, "102")
    for header in (f"Refer-To: <{target}>", f"r: Desk <{target}>", f"Refer-To: {target}"):
        assert office.ann.ask_within(talking, "REFER", header).status == 403
    assert "REFER" not in {message.method for message in office.bob.seen}


@pytest.mark.parametrize("number", ["8911", "89911"])
def test_outside_prefix_hides_no_emergency_number(office: Office, number):
    """Without that prefix, these are extensions."""
    talking, _ = in_call(office.ann, office.bob, "102")
    target = f"Refer-To: <{uri(number)}>"
    assert office.ann.ask_within(talking, "REFER", target).status == 200
    with factories.everywhere():
        Account.objects.filter(pk=office.people["bob"].account_id).update(outside_prefix="8")
    assert office.ann.ask_within(talking, "REFER", target).status == 403
