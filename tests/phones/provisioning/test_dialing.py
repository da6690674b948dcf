"""Each make's dial plan, run by an interpreter of its language (R13, R47)."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from phones.provisioning.dialing import EMERGENCY, list_emergency_numbers, list_immediate_patterns
from phones.provisioning.makes import MAKES

from .desks import DESK
from .dialing import PLANS, grandstream
from .dialing.parts import Plan, Sent

PREFIXES = ["", *"0123456789"]
lengths = st.integers(2, 10)
prefixes = st.sampled_from(PREFIXES)
extensions = st.from_regex(r"[0-9]{1,10}", fullmatch=True)
outside_numbers = st.from_regex(r"(1?[2-9]|011[1-9])[0-9]{7,14}", fullmatch=True)
LONGEST_PAUSE = 10


def read_plan(make: str, ext_length: int, outside_prefix: str) -> Plan:
    desk = replace(DESK, ext_length=ext_length, outside_prefix=outside_prefix)
    return PLANS[make](MAKES[make].render_configuration(desk))


@pytest.fixture(params=sorted(MAKES))
def make(request) -> str:
    return request.param


@pytest.mark.parametrize("prefix", PREFIXES)
def test_emergency_numbers_go_out_at_once_whatever_follows(make, prefix):
    for length in (2, 3, 4, 7, 10):
        plan = read_plan(make, length, prefix)
        for number in list_emergency_numbers(prefix):
            assert plan.type_keys(number) == Sent(number, number)
            assert plan.type_keys(number + "0123456789") == Sent(number, number)
            assert plan.press_send(number) == number


@settings(database=None, deadline=None, max_examples=100)
@given(length=lengths, prefix=prefixes, ext=extensions)
@pytest.mark.parametrize("key", sorted(MAKES))
def test_every_extension_can_be_dialed(key, length, prefix, ext):
    """Of the usual length or shorter by typing it, longer with the send key at least."""
    assume(not ext.startswith(list_emergency_numbers(prefix)))
    plan = read_plan(key, length, prefix)
    assert plan.press_send(ext) == ext
    sent = plan.type_keys(ext)
    assert sent is not None
    if len(ext) <= length or not prefix or ext.startswith(prefix):
        assert (sent.number, sent.typed) == (ext, ext)
        assert (sent.after == 0) == is_immediate(ext, length, prefix)
        assert sent.after <= LONGEST_PAUSE


def is_immediate(ext: str, length: int, prefix: str) -> bool:
    return any(fits(ext, pattern) for pattern in list_immediate_patterns(length, prefix))


def fits(ext: str, pattern: list[str]) -> bool:
    return len(ext) == len(pattern) and all(
        digit in digits for digit, digits in zip(ext, pattern, strict=True)
    )


@settings(database=None, deadline=None, max_examples=50)
@given(
    length=lengths,
    prefix=prefixes,
    number=st.from_regex(r"(1?[2-9]|011[1-9])[0-9]{7,14}", fullmatch=True),
)
@pytest.mark.parametrize("key", sorted(MAKES))
def test_outside_numbers_are_sent_whole(key, length, prefix, number):
    dialed = prefix + number
    assume(not dialed.startswith(list_emergency_numbers(prefix)))
    plan = read_plan(key, length, prefix)
    assert plan.press_send(dialed) == dialed
    sent = plan.type_keys(dialed)
    assert sent is not None and (sent.number, sent.typed) == (dialed, dialed)
    assert 0 < sent.after <= LONGEST_PAUSE


@pytest.mark.parametrize("code", ["*97", "*8101", "*0", "*72102", "**5"])
@pytest.mark.parametrize("prefix", ["", "9"])
def test_star_codes_are_sent_as_they_are(make, prefix, code):
    plan = read_plan(make, 3, prefix)
    assert plan.press_send(code) == code
    sent = plan.type_keys(code)
    assert sent is not None and (sent.number, sent.typed) == (code, code)


def test_usual_extensions_go_at_once_where_outside_numbers_have_a_prefix(make):
    plan = read_plan(make, 3, "9")
    assert plan.type_keys("101") == Sent("101", "101")
    assert plan.type_keys("110") == Sent("110", "110")
    for waits in ("901", "991", "10"):
        sent = plan.type_keys(waits)
        assert sent is not None and sent.number == waits and sent.after > 0


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("length", range(2, 11))
def test_immediate_patterns_leave_emergency_numbers_whole(length, prefix):
    emergency = list_emergency_numbers(prefix)
    assert set(EMERGENCY) <= set(emergency)
    for pattern in list_immediate_patterns(length, prefix):
        assert len(pattern) == length and all(pattern) and prefix not in pattern[0]
        for number in emergency:
            common = zip(number, pattern, strict=False)
            assert not all(digit in digits for digit, digits in common), (number, pattern)


@settings(database=None)
@given(prefix=st.sampled_from("0123456789"), ext=st.from_regex(r"[0-9]{2,10}", fullmatch=True))
def test_immediate_patterns_hold_every_usual_extension_that_nothing_continues(prefix, ext):
    emergency, length = list_emergency_numbers(prefix), len(ext)
    waits = ext.startswith((prefix, *emergency)) or any(n.startswith(ext) for n in emergency)
    found = [pattern for pattern in list_immediate_patterns(length, prefix) if fits(ext, pattern)]
    assert len(found) == (0 if waits else 1)


@settings(database=None, deadline=None, max_examples=50)
@given(length=lengths, prefix=prefixes, ext=extensions)
def test_grandstream_that_waits_for_longer_numbers_still_dials_emergency_numbers_at_once(
    length, prefix, ext
):
    """Grandstream doesn't say whether a complete number waits while a longer one is possible."""
    desk = replace(DESK, ext_length=length, outside_prefix=prefix)
    text = MAKES["grandstream"].render_configuration(desk)
    plan = grandstream.read_plan(text, patient=True)
    for number in EMERGENCY:
        assert plan.type_keys(number + ext) == Sent(number, number)
    assume(not ext.startswith(EMERGENCY))
    sent = plan.type_keys(ext)
    assert sent is not None and sent.number == ext and sent.after <= LONGEST_PAUSE
