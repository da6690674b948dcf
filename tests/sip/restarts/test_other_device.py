"""A restart reaches the desk phone, or says that another device has its line (R51)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import transaction

from phones import line
from phones.models import Fetch, Phone
from phones.registrar_client import Answer
from tests import factories
from users.models import User
from users.tenancy import scope

from ..conftest import Registrar, change
from ..probe import Probe
from .asking import (
    PAGE,
    asked,
    message,
    notified,
    on_record,
    question,
    restart,
    seen_by,
    state,
    status,
    text,
    unread,
)

LINPHONE = "Linphone/5.2 (belle-sip/5.3)"


@pytest.fixture
def sign_in(registrar: Registrar) -> Callable[..., Probe]:
    """Sign a person's device in with their credentials."""

    def signed_in(person: User, agent: str = LINPHONE, **options: str) -> Probe:
        device = registrar.probe_of(person, **options)
        device.agent = agent
        assert device.register() == 200
        return device

    return signed_in


def test_softphone_that_has_the_line_is_named_in_the_list(uma, desk, boot, sign_in, browser):
    boot(desk)
    sign_in(uma)
    assert state(desk) == line.State(
        free=False, registered=False, unregistered=True, needs_restart=False, askable=False,
        held_by=LINPHONE,
    )  # fmt: skip
    page = browser.get("/phones/")
    assert status(page, desk) == "Another device"
    assert f'title="{LINPHONE} has this line"' in page.content.decode()


def test_softphone_that_has_the_line_is_not_asked_to_restart(acme, alice, uma, desk, boot, sign_in):
    boot(desk)
    softphone = sign_in(uma)
    assert asked(alice, desk) == [Answer.HELD]
    notified(softphone, times=0)
    assert on_record(acme) == [(desk.pk, alice.pk, "held")]


def test_question_says_what_has_the_line_and_offers_no_restart(
    acme, uma, desk, boot, sign_in, browser
):  # R43
    boot(desk)
    softphone = sign_in(uma)
    for answer in (question(browser, desk), browser.post(PAGE, unread(desk))):
        assert answer.status_code == 422
        assert (
            f"Another device has the line of Front desk : {LINPHONE} . So the phone can’t be asked"
            " to restart. Unplug it and plug it back in to give it the line back."
        ) in text(answer)
        assert b"<button" not in answer.content
    notified(softphone, times=0)
    assert on_record(acme) == []


def test_other_phones_are_restarted_and_the_answer_names_the_device(
    acme, uma, vic, desk, boot, sign_in, browser
):
    theirs = factories.phone(acme, vic, label="Warehouse")
    probe = boot(theirs)
    boot(desk)
    sign_in(uma, "Zoiper <b>5.6</b>")
    answer = restart(browser, desk, theirs)
    assert message(answer) == (
        "Front desk wasn’t asked: Zoiper <b>5.6</b> has its line. Unplug the phone and plug it back"
        " in to give it the line back. So that it keeps the line, sign Zoiper <b>5.6</b> out or"
        " change the SIP credentials."
        " Warehouse was asked to restart. “Needs restart” goes away when the phone is back."
    )
    assert "<b>5.6" not in answer.content.decode()
    notified(probe)
    assert [what for _, _, what in on_record(acme)] == ["held", "asked"]


def test_phone_takes_its_line_back(alice, uma, desk, boot, sign_in):
    probe = boot(desk)
    sign_in(uma)
    assert probe.register() == 200
    assert (state(desk).registered, state(desk).held_by) == (True, "")
    assert asked(alice, desk) == [Answer.ASKED]
    notified(probe)


def test_phone_is_asked_by_its_earlier_registration_while_a_softphone_has_the_new_line(
    alice, uma, desk, boot, sign_in
):
    old = boot(desk)
    change(uma)
    softphone = sign_in(uma)
    assert (state(desk).held_by, state(desk).askable) == (LINPHONE, True)
    assert asked(alice, desk) == [Answer.ASKED]
    notified(old), notified(softphone, times=0)


@pytest.mark.parametrize(
    "agent", ["Yealink SIP-T54W 96.86.0.100", "yealink SIP-T46U 108.86.0.45", ""]
)
def test_device_that_may_be_the_phone_counts_as_the_phone(uma, desk, boot, sign_in, agent):
    boot(desk)
    sign_in(uma, agent)
    assert (state(desk).registered, state(desk).held_by) == (True, "")


@pytest.mark.parametrize(
    ("fetched_as", "fetched_from", "is_own"),
    [
        ("Acme Phone 54 96.86", "127.0.0.1", True),  # firmware that goes by another name
        ("Acme Phone 54 96.86", "192.0.2.1", False),
        ("Yealink SIP-T54W 96.86.0.100", "127.0.0.1", False),
        ("", "127.0.0.1", False),
    ],
)
def test_phone_with_another_name_is_known_by_how_and_from_where_it_fetched(
    uma, desk, boot, sign_in, fetched_as, fetched_from, is_own
):
    boot(desk)
    with transaction.atomic(), scope.entered(scope="support"):
        Fetch.objects.filter(phone=desk).update(agent=fetched_as, sender=fetched_from)
    sign_in(uma, "Acme SIP 54")
    assert (state(desk).registered, state(desk).held_by) == (
        (True, "") if is_own else (False, "Acme SIP 54")
    )


def test_phone_is_known_over_tcp_as_well(uma, desk, boot, sign_in):
    boot(desk)
    with transaction.atomic(), scope.entered(scope="support"):
        Fetch.objects.filter(phone=desk).update(agent="Acme Phone", sender="127.0.0.1")
    sign_in(uma, "Acme SIP", transport="tcp")
    assert state(desk).registered


def test_states_of_held_and_other_phones_are_one_query(
    acme, uma, desk, boot, sign_in, django_assert_num_queries
):
    spare: Phone = factories.phone(acme)
    boot(desk), boot(spare)
    sign_in(uma)
    with seen_by(acme.pk), django_assert_num_queries(1):
        states = line.load_states(acme.pk, [desk.pk, spare.pk])
    assert [states[phone.pk].held_by for phone in (desk, spare)] == [LINPHONE, ""]
