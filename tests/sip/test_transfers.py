"""One phone transfers a call to another (RFC 5589), with or without consulting it first."""

from __future__ import annotations

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


def test_transfer_without_consultation(office: Office):
    talking, _ = in_call(office.ann, office.bob, "102")
    office.ann.within(talking, "REFER", f"Refer-To: <{uri('103')}>", "Referred-By: <sip:911@x>")
    assert office.bob.wait_for("REFER sip:").headers("Referred-By") == [f"<{uri('101')}>"]
    assert office.bob.invite("103", f"Referred-By: <{uri('101')}>") == 200
