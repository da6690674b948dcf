"""The page asks phones to restart and says what each answered (R34)."""

from __future__ import annotations

from phones import assignment, lifecycle, restarts
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
    seen_by,
    status,
    text,
)


def test_question_names_the_phones_and_asks_none_of_them(acme, desk, boot, browser):
    probe = boot(desk)
    page = text(browser.get(PAGE, {"phones": keys(desk, factories.phone(acme, label="Spare"))}))
    assert (
        "Restart these phones?" in page
        and "Front desk" in page
        and "Spare" in page
        and "911 included" in page
    )
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
    answer = browser.post(PAGE, {"phones": keys(desk, theirs, spare, fourth)})
    assert message(answer) == (
        "Front desk was asked to restart. A call in progress goes on first."
        " The mark “Needs restart” goes when the phone is back."
        " Warehouse is not registered, so it cannot be asked. Unplug it and plug it in again."
        " Spare has no line, so it cannot be asked. Unplug it and plug it in again."
        " Kitchen cannot be restarted from here. Unplug it and plug it in again."
    )
    assert [status(answer, phone) for phone in (desk, theirs, spare, fourth)] == [
        "Registered", "Not registered", "Free", "Registered",
    ]  # fmt: skip
    assert [what for _, _, what in on_record(acme)] == ["asked", "not registered", "", "cannot"]


def test_free_phone_that_has_its_line_off_has_no_line_to_be_asked_by(desk, boot, browser):
    boot(desk)
    assign(desk, None)
    assert browser.post(PAGE, {"phones": keys(desk)}).status_code == 200
    assert boot(desk) is None
    answer = browser.post(PAGE, {"phones": keys(desk)})
    assert (
        message(answer)
        == "Front desk has no line, so it cannot be asked. Unplug it and plug it in again."
    )


def test_without_scripts_the_answer_is_on_the_list(acme, desk, boot, browser):
    boot(desk)
    bold = factories.phone(acme, label="<b>Spare")
    browser.defaults.pop("HTTP_HX_REQUEST")
    answer = browser.post(PAGE, {"phones": keys(desk, bold)}, follow=True)
    assert answer.redirect_chain == [("/phones/", 302)]
    assert message(answer).startswith("Front desk was asked to restart.")
    assert "<strong>&lt;b&gt;Spare</strong> has no line" in answer.content.decode()


def test_phone_chosen_twice_is_asked_once(acme, alice, desk, boot, browser):
    probe = boot(desk)
    assert browser.post(PAGE, {"phones": keys(desk, desk)}).status_code == 200
    notified(probe)
    assert len(on_record(acme)) == 1


def test_phones_of_another_account_are_not_found_and_nobody_is_asked(acme, desk, boot, browser):
    elsewhere = factories.account("Other")
    theirs = factories.phone(elsewhere, factories.person(elsewhere))
    probes = [boot(desk), boot(theirs)]
    for phones in (keys(theirs), keys(desk, theirs)):
        assert browser.get(PAGE, {"phones": phones}).status_code == 404
        assert browser.post(PAGE, {"phones": phones}).status_code == 404
    assert all(probe.received.empty() for probe in probes)
    assert on_record(acme) == on_record(elsewhere) == []


def test_removed_phone_is_not_found(acme, vic, desk, boot, browser):  # R38
    probe = boot(desk)
    with seen_by(acme.pk):
        lifecycle.remove_phone(
            desk,
            seen=assignment.plan(account_id=acme.pk, moves=[assignment.Move(desk.pk, None)]).seen,
        )
    assert browser.post(PAGE, {"phones": keys(desk)}).status_code == 404
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
        assert browser.post(PAGE, {"phones": phones}).status_code == 400, phones
    assert browser.post(PAGE).status_code == 400


def test_registrar_out_of_reach_means_that_nobody_was_asked_and_nothing_is_known(
    acme, desk, boot, browser, settings
):
    probe = boot(desk)
    spare = factories.phone(acme, label="Spare")
    settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
    answer = browser.post(PAGE, {"phones": keys(desk, spare)})
    assert message(answer) == (
        f"Front desk was not asked: the SIP registrar cannot be reached now. {AGAIN}, or try later."
        f" Spare has no line, so it cannot be asked. {AGAIN}."
    )
    assert [status(answer, phone) for phone in (desk, spare)] == ["Not known", "Free"]
    assert probe.received.empty()
    assert [what for _, _, what in on_record(acme)] == ["unreachable", ""]


def test_registrar_that_goes_away_in_between_takes_nothing_back(
    acme, vic, desk, boot, browser, settings
):
    theirs = factories.phone(acme, vic, label="Warehouse")
    first, second = boot(desk), boot(theirs)

    def last_words(request: Message) -> str:
        settings.REGISTRAR_RPC = f"127.0.0.1:{free_port()}"
        return ""

    first.challenge = last_words
    answer = browser.post(PAGE, {"phones": keys(desk, theirs)})
    assert message(answer).startswith("Front desk was asked to restart.")
    assert message(answer).endswith(
        f"Warehouse was not asked: the SIP registrar cannot be reached now. {AGAIN}, or try later."
    )
    assert [what for _, _, what in on_record(acme)] == ["asked", "unreachable"]
    assert second.received.empty()
