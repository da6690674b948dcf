"""The interpreters of Yealink's, Grandstream's and Fanvil's dial plans: their guides' examples."""

import pytest

from .dialing import fanvil, grandstream
from .dialing.digit_map import DigitMap
from .dialing.parts import Sent


def grandstream_plan(text: str, **changes) -> grandstream.DialPlan:
    patterns = tuple(grandstream.parse_pattern(one.strip()) for one in text.split("|"))
    return grandstream.DialPlan(patterns, timeout=4, **changes)


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ("1", Sent("1", "1", 10)),
        ("15", Sent("15", "15", 10)),
        ("153", Sent("153", "153", 5)),
        ("15301", Sent("15301", "15301", 5)),
    ],
)
def test_yealink_waits_long_for_a_part_and_short_for_a_match(keys, sent):
    """The administrator's guide, on dialplan.digitmap.interdigit_long_timer."""
    assert DigitMap("1xxT|xxxxxT", 5, 10, dials_anyway=True).type_keys(keys) == sent


@pytest.mark.parametrize(
    ("text", "keys", "sent"),
    [
        ("123.T", "12333", Sent("12333", "12333", 3)),
        ("91[5-7]1234", "9161234", Sent("9161234", "9161234")),
        ("[35-7]", "6", Sent("6", "6")),
        ("[x*#+].T", "*72", Sent("*72", "*72", 3)),
        ("911|x.T", "911", Sent("911", "911")),
        ("xxx|x.T", "1012", Sent("101", "101")),
    ],
)
def test_yealink_map_does_what_its_guide_says(text, keys, sent):
    assert DigitMap(text, 3, 10, dials_anyway=True).type_keys(keys) == sent


@pytest.mark.parametrize(("anyway", "sent"), [(True, Sent("41", "41", 10)), (False, None)])
def test_yealink_number_that_fits_nothing_is_handled_as_set(anyway, sent):
    plan = DigitMap("911|1xxT", 3, 10, dials_anyway=anyway)
    assert plan.type_keys("41") == sent
    assert plan.press_send("41") == ("41" if anyway else None)


@pytest.mark.parametrize("text", ["", "911|", "[2-9", "91y", "9!"])
def test_yealink_map_of_another_form_is_noticed(text):
    with pytest.raises(AssertionError):
        DigitMap(text, 3, 10, dials_anyway=True)


@pytest.mark.parametrize(
    ("text", "keys", "sent"),
    [
        ("[369]11 | 1617xxxxxxx", "311", Sent("311", "311")),
        ("[369]11 | 1617xxxxxxx", "411", None),
        ("[369]11 | 1617xxxxxxx", "16175550100", Sent("16175550100", "16175550100")),
        ("1xxT", "101", Sent("101", "101", 3)),
        ("1xx", "1012", Sent("101", "101")),
        ("xx+", "1", None),
        ("xx+", "12", Sent("12", "12", 4)),
        (r"\+x+", "+1415", Sent("+1415", "+1415", 4)),
        ("*x+", "*72", Sent("*72", "*72", 4)),
    ],
)
def test_grandstream_plan_does_what_its_guide_says(text, keys, sent):
    assert grandstream_plan(text).type_keys(keys) == sent


def test_grandstream_that_waits_for_longer_numbers_sends_a_shorter_one_after_its_timeout():
    assert grandstream_plan("911|x+", patient=True).type_keys("911") == Sent("911", "911", 4)
    assert grandstream_plan("911|x+").type_keys("911") == Sent("911", "911")


@pytest.mark.parametrize("text", ["", "91y", "<2=011>x+", "^1900x+", "x+x"])
def test_grandstream_plan_of_another_form_is_noticed(text):
    with pytest.raises(AssertionError):
        grandstream_plan(text)


def test_fanvil_sends_by_its_rules_and_all_else_after_its_timeout():
    plan = fanvil.DialRules(("[2-9]11", "1[2-9]" + "[0-9]" * 9), timeout=3)
    assert plan.type_keys("9112") == Sent("911", "911")
    assert plan.type_keys("12125550100") == Sent("12125550100", "12125550100")
    assert plan.type_keys("101") == Sent("101", "101", 3)
