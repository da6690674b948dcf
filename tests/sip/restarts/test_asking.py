"""A phone is asked to restart by the username it uses, and no other phone is (R34)."""

from __future__ import annotations

import time

from phones import restarts
from phones.models import Phone, Provisioning
from phones.registrar_client import Answer
from tests import factories

from ..conftest import change
from .asking import (
    ChallengingPhone,
    asked,
    assign,
    message,
    notified,
    on_record,
    restart,
    seen_by,
    username,
)

# --- a phone is asked by the username it uses -----------------------------------------------------


def test_registered_phones_are_asked_as_their_makes_understand(acme, alice, registrar):
    events = {
        "Yealink SIP-T54W": "check-sync;reboot=true",
        "Cisco CP-8841-3PCC": "check-sync",
        "Poly VVX 450": "check-sync",
    }
    people = [factories.person(acme) for _ in events]
    phones = [
        factories.phone(acme, person, model=model)
        for person, model in zip(people, events, strict=True)
    ]
    probes = [registrar.probe_of(person) for person in people]
    assert {probe.register() for probe in probes} == {200}
    assert asked(alice, *phones) == [Answer.ASKED] * 3
    requests = [probe.received.get(timeout=5) for probe in probes]
    assert [(each.method, each.header("Event")) for each in requests] == [
        ("NOTIFY", each) for each in events.values()
    ]
    assert not any(registrar.key in each.text for each in requests)
    assert on_record(acme) == [(phone.pk, alice.pk, "asked") for phone in phones]


def test_phone_with_its_present_credentials_stays_registered(alice, uma, desk, boot, registered):
    boot(desk)
    assert asked(alice, desk) == [Answer.ASKED]
    assert registered() == {username(uma)}


def test_old_registration_goes_once_the_phone_was_asked_by_it(
    alice, uma, desk, boot, registered
):  # R33
    old = boot(desk)
    change(uma)
    assert old.register() == 401  # can't call anymore, but still leads to the phone
    assert registered() == {old.username}
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old)
    assert registered() == set()


def test_phone_that_does_not_do_this_says_so_and_keeps_its_registration(
    acme, alice, uma, desk, boot, registered
):
    old = boot(desk)
    change(uma)
    said = {
        403: Answer.NOT_TRUSTED,
        405: Answer.NOT_KNOWN,
        480: Answer.CANNOT,  # it's there: the registrar's own 480 has other words
        481: Answer.NOT_SUBSCRIBED,
        486: Answer.CANNOT,
        489: Answer.NOT_KNOWN,
        501: Answer.NOT_KNOWN,
    }
    for code, answer in said.items():
        old.answers["NOTIFY"] = code
        assert asked(alice, desk) == [answer], code
    assert registered() == {old.username}
    assert on_record(acme) == [(desk.pk, alice.pk, answer) for answer in said.values()]


def test_phone_may_answer_that_it_will_later(alice, desk, boot):
    boot(desk).answers["NOTIFY"] = 202
    assert asked(alice, desk) == [Answer.ASKED]


def test_phone_that_wants_to_know_who_asks_is_told(acme, alice, desk, boot):
    probe = boot(desk, ChallengingPhone)
    for probe.qop in ("", "auth", "auth-int, auth"):
        assert asked(alice, desk) == [Answer.ASKED], probe.qop
        first, second = probe.received.get(timeout=5), probe.received.get(timeout=5)
        assert (first.header("Authorization"), second.header("Authorization").split()[0]) == (
            "",
            "Digest",
        )
    assert on_record(acme) == [(desk.pk, alice.pk, "asked")] * 3


def test_phone_whose_username_was_made_with_an_older_key_is_told_too(
    alice, uma, desk, boot, settings
):
    old = boot(desk, ChallengingPhone)
    settings.SIP_KEYS = ["a newer key than the phone’s", *settings.SIP_KEYS]
    change(uma)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old, times=3)  # unproven, proven with the wrong key, proven with its own


def test_phone_that_nobody_can_prove_himself_to_cannot_be_restarted(alice, desk, boot, settings):
    boot(desk, ChallengingPhone)
    settings.SIP_KEYS = ["another key than the phone’s was made with"]
    assert asked(alice, desk) == [Answer.NOT_TRUSTED]


def test_silent_phones_are_given_up_after_four_seconds_together(acme, alice, registrar, browser):
    people = [factories.person(acme, ext=f"20{n}") for n in range(4)]
    phones = [factories.phone(acme, person, label=f"Silent {n}") for n, person in enumerate(people)]
    for person in people:
        probe = registrar.probe_of(person)
        probe.answers["NOTIFY"] = None
        assert probe.register() == 200
    started = time.monotonic()
    answer = restart(browser, *phones)
    assert 4 < time.monotonic() - started < 15  # one after another it would be sixteen
    assert message(answer) == " ".join(
        f"Silent {n} didn’t answer. It may be off, or its network may block the request. Unplug it"
        " and plug it back in."
        for n in range(4)
    )
    assert on_record(acme) == [(phone.pk, alice.pk, "silent") for phone in phones]


def test_phone_whose_connection_is_gone_does_not_answer(alice, uma, desk, registrar):
    with registrar.probe_of(uma, transport="tcp") as probe:
        assert probe.register() == 200
        assert asked(alice, desk) == [Answer.ASKED]
    assert asked(alice, desk) == [Answer.SILENT]


def test_phone_that_is_not_registered_cannot_be_asked(acme, alice, desk, boot):
    boot(desk).unregister()
    assert asked(alice, desk) == [Answer.NOT_REGISTERED]
    assert on_record(acme) == [(desk.pk, alice.pk, "not registered")]


def test_free_phone_without_a_registration_cannot_be_asked(acme, alice):
    spare = factories.phone(acme)
    assert asked(alice, spare) == [Answer.NOT_REGISTERED]
    assert on_record(acme) == [(spare.pk, alice.pk, "not registered")]


def test_phone_freed_just_now_is_asked_by_its_old_registration_and_goes_on_standby(  # R50
    alice, desk, boot, registered
):
    old = boot(desk)
    assign(desk, None)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old)
    assert registered() == set()
    assert boot(desk).username.startswith("s")


def test_phone_reassigned_twice_is_asked_by_the_username_it_really_uses(
    acme, alice, vic, desk, boot, registered
):
    theirs, wyn = factories.phone(acme, vic), factories.person(acme, "Wyn", "Wolf", ext="13")
    used, freed = boot(desk), boot(theirs)
    assign(desk, vic)
    assign(desk, wyn)
    assert asked(alice, desk, theirs) == [Answer.ASKED, Answer.ASKED]
    notified(used), notified(freed)
    assert registered() == set()
    assert boot(desk).username == username(wyn)
    assert asked(alice, desk) == [Answer.ASKED]


def test_softphone_with_the_new_credentials_is_not_asked_in_the_phones_place(
    alice, uma, desk, boot, registrar, registered
):
    old = boot(desk)
    change(uma)
    softphone = registrar.probe_of(uma)
    assert softphone.register() == 200
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old), notified(softphone, times=0)
    assert registered() == {softphone.username}


def test_softphone_of_a_person_who_lost_the_phone_again_is_not_asked_in_its_place(
    acme, alice, vic, desk, boot, registrar, registered
):
    wyn = factories.person(acme, "Wyn", "Wolf", ext="13")
    used = boot(desk)
    assign(desk, vic)
    softphone = registrar.probe_of(vic)
    assert softphone.register() == 200
    assign(desk, wyn)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(used), notified(softphone, times=0)
    assert registered() == {softphone.username}


def test_phone_that_got_its_new_credentials_by_hand_is_asked_by_them_after_the_next_change(
    alice, uma, desk, boot, registrar
):
    boot(desk).unregister()
    change(uma)
    by_hand = registrar.probe_of(uma)
    assert by_hand.register() == 200
    change(uma)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(by_hand)


# --- several phones, and no other -----------------------------------------------------------------


def test_phones_are_asked_in_turn_with_a_pause(acme, alice, vic, desk, boot):
    theirs = factories.phone(acme, vic)
    boot(desk), boot(theirs)
    started = time.monotonic()
    assert asked(alice, theirs, desk) == [Answer.ASKED, Answer.ASKED]
    assert time.monotonic() - started >= restarts.PAUSE


def test_restarting_and_assigning_a_phone_touch_no_other(acme, alice, uma, vic, desk, boot, owner):
    wyn = factories.person(acme, "Wyn", "Wolf", ext="13")
    phones = [
        factories.phone(acme, vic),
        factories.phone(acme, factories.person(acme)),
        factories.phone(acme),
    ]
    probes = [boot(phone) for phone in (desk, *phones)]

    def untouched() -> tuple:
        """Assert that nothing happened to the other phones."""
        names = [probe.username for probe in probes[1:]]
        contacts = (
            "SELECT username, contact, received, callid, cseq, expires FROM registrar.location"
        )
        found = owner.execute(
            f"{contacts} WHERE username = ANY (%s) ORDER BY username", [names]
        ).fetchall()
        owner.rollback()
        with seen_by(acme.pk):
            handed = list(Provisioning.objects.filter(phone__in=phones).order_by("phone").values())
            rows = list(
                Phone.objects.filter(pk__in=[phone.pk for phone in phones]).order_by("pk").values()
            )
        assert [len(found), len(handed), len(rows)] == [3, 3, 3]
        return found, handed, rows

    before = untouched()
    assert asked(alice, desk) == [Answer.ASKED]
    assign(desk, wyn)
    assert asked(alice, desk) == [Answer.ASKED]
    assert untouched() == before
    for probe, times in zip(probes, (2, 0, 0, 0), strict=True):
        notified(probe, times=times)
    assert {phone for phone, _, _ in on_record(acme)} == {desk.pk}
