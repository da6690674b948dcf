"""The page asks phones to restart and says what each answered (R34)."""

from __future__ import annotations

from django.test import Client

from phones import lifecycle, restarts
from phones.models import Phone
from tests import factories

from ..conftest import free_port
from ..messages import Message
from .asking import (
    AGAIN,
    PAGE,
    assign,
    keys,
    message,
    notified,
    on_record,
    question,
    restart,
    seen_by,
    status,
    text,
    unread,
)


def assert_cannot_be_asked(browser: Client, phone: Phone) -> None:
    """Assert that question and answer say beforehand that a phone can't be asked (R43)."""
    for answer in (question(browser, phone), browser.post(PAGE, unread(phone))):
        assert answer.status_code == 422
        assert (f"Front desk isn’t registered, so it can’t be asked to restart. {AGAIN}.") in text(
            answer
        )
        assert b"<button" not in answer.content


def test_question_names_the_phones_and_asks_none_of_them(acme, desk, boot, browser):
    probe = boot(desk)
    page = text(question(browser, desk, factories.phone(acme, label="Spare")))
    assert "Restart Front desk and Spare ?" in page
    assert f"Spare isn’t registered, so it can’t be asked to restart. {AGAIN}." in page  # R43
    assert "911 included" in page
    assert probe.received.empty()
    assert on_record(acme) == []


def test_answer_says_of_each_phone_what_it_answered_and_renews_its_row(
    acme, vic, desk, boot, browser
):  # R18
    theirs = factories.phone(acme, vic, label="Warehouse")
    spare, refusing = factories.phone(acme, label="Spare"), factories.person(acme)
    fourth = factories.phone(acme, refusing, label="Kitchen")
    boot(desk), boot(theirs).unregister()
    boot(fourth).answers["NOTIFY"] = 489
    answer = restart(browser, desk, theirs, spare, fourth)
    assert message(answer) == (
        "Front desk was asked to restart. “Needs restart” goes away when the phone is back."
        f" Warehouse isn’t registered, so it can’t be asked. {AGAIN}."
        f" Spare isn’t registered, so it can’t be asked. {AGAIN}."
        f" Kitchen answered that it doesn’t know this request. {AGAIN}."
    )
    assert [status(answer, phone) for phone in (desk, theirs, spare, fourth)] == [
        "Registered", "Not registered", "Free, not set up", "Registered",
    ]  # fmt: skip
    assert [what for _, _, what in on_record(acme)] == [
        "asked", "not registered", "not registered", "not known",
    ]  # fmt: skip


def test_free_phone_on_standby_can_be_restarted(acme, desk, boot, browser):  # R50
    boot(desk)
    assign(desk, None)
    assert restart(browser, desk).status_code == 200
    standby = boot(desk)
    assert restart(browser, desk).status_code == 200
    notified(standby)
    assert [what for _, _, what in on_record(acme)] == ["asked", "asked"]


def test_phone_that_is_not_registered_is_not_offered_a_restart(acme, desk, boot, browser):  # R43
    assert_cannot_be_asked(browser, desk)
    probe = boot(desk)
    assert b"<button" in question(browser, desk).content
    probe.unregister()
    assert_cannot_be_asked(browser, desk)
    assert on_record(acme) == []


def test_phone_that_went_away_after_the_question_is_not_asked(acme, vic, desk, boot, browser):
    theirs = factories.phone(acme, vic, label="Warehouse")
    probe = boot(desk)
    boot(theirs)
    asked = question(browser, desk, theirs)
    probe.unregister()
    form = unread(desk, theirs) | {"seen": asked.context["confirmation"].seen}
    answer = browser.post(PAGE, form)
    assert answer.status_code == 409
    assert f"Front desk isn’t registered, so it can’t be asked to restart. {AGAIN}." in text(answer)
    assert on_record(acme) == []


def test_restart_that_is_sent_twice_is_asked_for_once(acme, desk, boot, browser):  # R42
    probe = boot(desk)
    shown = question(browser, desk)
    seen, key = shown.context["confirmation"].seen, shown.context["request_key"]
    form = {"phones": keys(desk), "seen": seen, "key": key}
    first, second = (browser.post(PAGE, form) for _ in range(2))
    assert (first.status_code, message(first)) == (200, message(second))
    notified(probe)
    assert len(on_record(acme)) == 1


def test_without_scripts_the_answer_is_on_the_list(acme, desk, boot, browser):
    boot(desk)
    bold = factories.phone(acme, label="<b>Spare")
    browser.defaults.pop("HTTP_HX_REQUEST")
    answer = restart(browser, desk, bold, follow=True)
    assert answer.redirect_chain == [("/phones/", 302)]
    assert message(answer).startswith("Front desk was asked to restart.")
    assert "<strong>&lt;b&gt;Spare</strong> isn’t registered" in answer.content.decode()


def test_phone_chosen_twice_is_asked_once(acme, alice, desk, boot, browser):
    probe = boot(desk)
    assert restart(browser, desk, desk).status_code == 200
    notified(probe)
    assert len(on_record(acme)) == 1


def test_phones_of_another_account_are_not_found_and_nobody_is_asked(acme, desk, boot, browser):
    elsewhere = factories.account("Other")
    theirs = factories.phone(elsewhere, factories.person(elsewhere))
    probes = [boot(desk), boot(theirs)]
    for phones in ([theirs], [desk, theirs]):
        assert question(browser, *phones).status_code == 404
        assert browser.post(PAGE, unread(*phones)).status_code == 404
    assert all(probe.received.empty() for probe in probes)
    assert on_record(acme) == on_record(elsewhere) == []


def test_removed_phone_is_not_asked(acme, vic, desk, boot, browser):  # R38
    probe = boot(desk)
    with seen_by(acme.pk):
        lifecycle.remove_phone(desk)
    for answer in (question(browser, desk), browser.post(PAGE, unread(desk))):
        assert answer.status_code == 422
        assert "Front desk has been removed." in text(answer)
    assert on_record(acme) == []
    assert probe.received.empty()


def test_anything_but_a_few_phones_is_a_bad_request(browser):
    many = ",".join(map(str, range(1, restarts.MAX_PHONES + 2)))
    for phones in (
        "",
        "x",
        "0",
        "-1",
        "1.5",
        "1,",
        ",1",
        "1;2",
        "1, 2",
        "٣",
        "1" * 19,
        "1\x00",
        many,
    ):
        assert browser.get(PAGE, {"phones": phones}).status_code == 400, phones
        assert browser.post(PAGE, unread() | {"phones": phones}).status_code == 400, phones
    assert browser.post(PAGE).status_code == 400


def test_registrar_out_of_reach_means_that_nobody_was_asked_and_nothing_is_known(
    acme, desk, boot, browser, settings
):
    probe = boot(desk)
    spare = factories.phone(acme, label="Spare")
    settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
    for answer in (question(browser, desk, spare), browser.post(PAGE, unread(desk, spare))):
        assert answer.status_code == 422
        assert (
            "The SIP registrar can’t be reached right now, so phones can’t be asked to restart."
            " Unplug the phone and plug it back in, or try again later."
        ) in text(answer)
        assert b"<button" not in answer.content
    page = browser.get("/phones/")
    assert [status(page, phone) for phone in (desk, spare)] == ["Not known", "Free"]
    assert probe.received.empty()
    assert on_record(acme) == []


def test_registrar_that_goes_away_in_between_takes_nothing_back(
    acme, vic, desk, boot, browser, settings
):
    theirs = factories.phone(acme, vic, label="Warehouse")
    first, second = boot(desk), boot(theirs)

    def last_words(request: Message) -> str:
        settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
        return ""

    first.challenge = last_words
    answer = restart(browser, desk, theirs)
    assert message(answer).startswith("Front desk was asked to restart.")
    assert message(answer).endswith(
        "Warehouse wasn’t asked: the SIP registrar can’t be reached right now. Unplug the phone and"
        " plug it back in, or try again later."
    )
    assert [what for _, _, what in on_record(acme)] == ["asked", "unreachable"]
    assert second.received.empty()
