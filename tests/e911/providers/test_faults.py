"""Every fault at every step becomes one of two errors without credentials in it (R28, R30)."""

from __future__ import annotations

import gzip
import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from e911.providers import Misconfigured, Unavailable
from tests.e911.providers.conftest import UMA, VIC, Phone
from tests.e911.providers.server import (
    drips,
    echoes_credentials,
    floods,
    hangs,
    obeys_and_hangs_up,
    says,
)

STEPS = ("new_address", "new_caller")
LIES = {
    "nothing": b"",
    "html": b"<!doctype html><title>Welcome</title>",
    "text": b"OK",
    "half": b'{"data": {"id": "a-1", "status": "acti',
    "list": b"[]",
    "null": b"null",
    "no data": b"{}",
    "data is a list": b'{"data": []}',
    "data is a word": b'{"data": "activated"}',
    "no id": b'{"data": {"status": "activated", "validationStatus": "VALID"}}',
    "id leads elsewhere": b'{"data": {"id": "../x", "orderId": "../x", "status": "activated"}}',
    "id is no text": b'{"data": {"id": {"a": 1}, "orderId": true, "status": "activated"}}',
    "deep": b"[" * 200_000,
    "not UTF-8": b'{"data": "\xff"}',
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lie", LIES)
def test_lie_is_never_taken_for_an_acceptance(play, phone, step, lie):
    play.on(*getattr(play, step), says(200, LIES[lie]))
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register(UMA).state == "accepted"
    assert (len(play.addresses), play.callers) == (1, [UMA])


@pytest.mark.parametrize("status", [None, True, [], {"status": "activated"}])
def test_status_that_is_no_word_is_never_taken_for_an_acceptance(play, phone, status):
    play.caller_status = play.words["wait"]
    phone.register()
    look = {
        "id": phone.known.get("next", {}).get("id"),
        "orderId": phone.known.get("order", {}).get("id"),
    }
    play.on(*play.look_at_caller, says(200, {"data": look | {"status": status}}))
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register().state == "pending"


def test_answer_about_something_else_is_not_believed(play, phone):
    play.caller_status = play.words["wait"]
    phone.register()
    other = {
        "id": "x-9",
        "orderId": "x-9",
        "status": play.words["yes"],
        "endpoints": [{"id": "e-9"}],
    }
    play.on(*play.look_at_caller, says(200, {"data": other}))
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register().state == "pending"


def test_answer_about_another_address_is_not_believed(play, phone):
    play.address_status = {"pending": "pending", "RECEIVED": "UNVALIDATED"}[play.words["wait"]]
    phone.register()
    other = {"id": "x-9", "status": "activated", "validationStatus": "VALID"}
    play.on(*play.look_at_address, says(200, {"data": other}))
    with pytest.raises(Unavailable):
        phone.register()
    assert play.callers == []


def test_compressed_answer_is_not_unfolded(play, phone):
    bomb = gzip.compress(b'{"data": {"id": "a-1", "status": "activated"}}' + b" " * 10_000_000)
    play.on(*play.new_address, says(200, bomb, Content_Encoding="gzip"))
    with pytest.raises(Unavailable, match="no answer to the question"):
        phone.register()


def test_refusal_without_a_reason_is_a_fault_and_no_answer(play, phone):
    play.on(*play.new_address, says(422, b"<html>Unprocessable</html>"))
    with pytest.raises(Unavailable):
        phone.register()


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_status_that_can_pass_is_worth_another_try(play, phone, step, status):
    play.on(*getattr(play, step), says(status, b"<h1>Sorry</h1>"))
    with pytest.raises(Unavailable) as fault:
        phone.register()
    assert fault.value.retry_after is None
    assert phone.register().state == "accepted"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        (timedelta(hours=2), 7200),
        (timedelta(days=-1), 0),
        (timedelta(days=20_000), 24 * 3600),
        ("999999999", 24 * 3600),
        ("-5", None),
        ("nan", None),
        ("soon", None),
        ("", None),
    ],
)
def test_wish_to_be_left_alone_for_a_while_is_passed_on(play, phone, retry_after, seconds):
    if isinstance(retry_after, timedelta):
        retry_after = format_datetime(datetime.now(UTC) + retry_after, usegmt=True)
    play.on(*play.new_address, says(429, Retry_After=retry_after))
    with pytest.raises(Unavailable) as fault:
        phone.register()
    assert fault.value.retry_after == (
        seconds if seconds is None else pytest.approx(seconds, abs=60)
    )


@pytest.mark.parametrize("status", [402, 403, 404, 405])
def test_status_that_no_retry_mends_is_for_the_operator(play, phone, status):
    play.on(*play.new_address, says(status, {"errors": [{"title": "No", "description": "No"}]}))
    with pytest.raises(Misconfigured, match=f"{phone.provider.name}.*{status}"):
        phone.register()


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_is_not_followed(play, phone, status):
    play.on(*play.new_address, says(status, Location=f"{play.url}/elsewhere"))
    with pytest.raises(Misconfigured, match="elsewhere"):
        phone.register()
    assert f"{play.new_address[0]} /elsewhere" not in play.asked()


def test_provider_that_is_down_is_unavailable(play, phone):
    phone.register()
    known = dict(phone.known)
    play.stop()
    for ask in (Phone().register, phone.withdraw, lambda: phone.update_caller(VIC)):
        with pytest.raises(Unavailable):
            ask()
    assert phone.known == known


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", [hangs, drips])
def test_provider_that_is_slow_is_unavailable(play, phone, fault):
    play.on(*play.new_caller, fault)
    with pytest.raises(Unavailable):
        phone.register()
    assert phone.register().state == "accepted"


def test_answer_of_50_megabytes_is_not_read(play, phone):
    play.on(*play.new_address, floods)
    with pytest.raises(Unavailable, match="more than 1,000,000 bytes"):
        phone.register()


def test_words_of_a_provider_are_made_fit_to_be_kept_and_shown(play, phone):
    said = "No\x00 such\n street \u202e\ud800" + "x" * 10_000
    play.on(*play.new_address, says(422, {"errors": [{"title": said, "description": said}]}))
    words = phone.register().words
    assert (words[:14], len(words)) == ("No such street", 500)
    assert words.isprintable()


def test_credential_is_in_no_message_no_chain_and_no_log(play, phone, caplog, impatient):
    caplog.set_level(logging.DEBUG)
    faults = [
        *(echoes_credentials(status) for status in (401, 403, 402, 422, 429, 500)),
        *(says(200, b"garbage"), says(302, Location="/"), hangs, obeys_and_hangs_up, floods),
    ]
    shown = [repr(phone.provider)]
    for fault in faults:
        play.on(*play.new_address, fault)
        try:
            shown.append(repr(Phone().register()))
        except (Unavailable, Misconfigured) as error:
            shown += [
                str(error),
                repr(error),
                repr(vars(error)),
                "".join(traceback.format_exception(error)),
            ]
            assert (error.__cause__, error.__context__) == (None, None)
    assert play.faults == []  # every fault was met
    secrets = [play.secret, *getattr(play, "tokens", [])]
    assert [
        text for text in [*shown, caplog.text] if any(secret in text for secret in secrets)
    ] == []
