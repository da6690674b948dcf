"""The interpreters of Poly's, Cisco's and Snom's dial plans: their guides' examples.

What phones ship with can't dial an office's extensions; that is why files set a dial plan (R47).
"""

import pytest

from .dialing import cisco, poly, snom
from .dialing.parts import Sent

CISCO_GUIDE = (
    "( [1-8]xx | 9, xxxxxxx | 9, <:1>[2-9]xxxxxxxxx | 8, <:1212>xxxxxxx | 9, 1 [2-9] xxxxxxxxx "
    "| 9, 1 900 xxxxxxx ! | 9, 011xxxxxx. | 0 | [49]11 )"
)


def test_poly_factory_map_sends_a_part_of_an_extension():
    factory = poly.DigitMap(*poly.FACTORY)
    assert factory.type_keys("101") == Sent("10", "10")
    assert factory.type_keys("1001") == Sent("10", "10")
    assert factory.type_keys("911") == Sent("911", "911")


def test_cisco_factory_plan_never_completes_an_extension():
    factory = cisco.DialPlan(cisco.FACTORY, 3, 10)
    for ext in ("101", "1001"):
        assert factory.type_keys(ext) is None
        assert factory.press_send(ext) is None
    assert factory.type_keys("911") == Sent("911", "911", 3)  # seven digits could follow
    assert factory.type_keys("12125550100") == Sent("12125550100", "12125550100")


def test_snom_factory_plan_sends_nothing_by_itself():
    factory = snom.DialPlan("", "sip.example.com", None)
    for number in ("101", "911"):
        assert factory.type_keys(number) is None
        assert factory.press_send(number) == number


@pytest.mark.parametrize(
    ("text", "keys", "sent"),
    [
        # Technical Bulletin 11572 and the guides' own example for a dot.
        ("911xxx.T", "91112", Sent("91112", "91112", 3)),
        ("911xxx.T", "911123", Sent("911123", "911123", 3)),
        ("911xxx.T", "9111", None),
        # The shortest match wins: what follows is lost.
        ("xxxx|[2-9]xxxxxxxxx", "2125550100", Sent("2125", "2125")),
        ("[2-9]xxxT|[2-9]xxxxxxxxx", "2125550100", Sent("2125550100", "2125550100")),
        ("0T|011xxx.T", "0", Sent("0", "0", 3)),
    ],
)
def test_poly_map_does_what_its_guide_says(text, keys, sent):
    assert poly.DigitMap(text, "3", 2).type_keys(keys) == sent


@pytest.mark.parametrize(
    ("impossible", "sent"), [(0, Sent("10", "10")), (1, None), (2, None)], ids=str
)
def test_poly_impossible_match_is_handled_as_set(impossible, sent):
    assert poly.DigitMap("[0-1][2-9]x", "3", impossible).type_keys("101") == sent


@pytest.mark.parametrize("text", ["", "911|", "91y", "[2-9", "R9RRxxx"])
def test_poly_map_of_another_form_is_noticed(text):
    with pytest.raises(AssertionError):
        poly.DigitMap(text, "3", 2)


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ("123", Sent("123", "123")),
        ("95550100", Sent("95550100", "95550100", 3)),
        ("97255550112", Sent("917255550112", "97255550112")),
        ("85550112", Sent("812125550112", "85550112")),
        ("919005550112", None),
        ("912125550112", Sent("912125550112", "912125550112")),
        ("0", Sent("0", "0")),
        ("911", Sent("911", "911", 3)),  # 9 and a number could follow
        ("99", None),
        ("*97", None),
    ],
)
def test_cisco_plan_does_what_its_guide_says(keys, sent):
    assert cisco.DialPlan(CISCO_GUIDE, 3, 10).type_keys(keys) == sent


def test_cisco_sequence_with_no_pause_is_sent_though_others_go_on():
    plan = cisco.DialPlan("(9,8<:1408>[2-9]xxxxxx|9,8,1[2-9]xxxxxxxxxS0|9,8,xx.|[1-7]xx)", 3, 10)
    assert plan.type_keys("9812125550112") == Sent("9812125550112", "9812125550112", 0)
    assert plan.type_keys("985550112") == Sent("9814085550112", "985550112", 3)


@pytest.mark.parametrize("text", ["911S0", "(91y)", "()", "(911|)", "(x..)"])
def test_cisco_plan_of_another_form_is_noticed(text):
    with pytest.raises(AssertionError):
        cisco.DialPlan(text, 3, 10)


@pytest.mark.parametrize(
    ("text", "keys", "sent"),
    [
        (r"|([0-9]{5})|sip:\1@\d|d", "12345", Sent("12345", "12345")),
        (r"|([0-9]{5})|sip:\1@\d|d", "1234", Sent("1234", "1234", 5)),
        (r"|^1([0-9]{2})$|sip:1\1@\d|d", "101", Sent("101", "101")),
        # The first that fits is taken, and only d dials.
        (r"|^([0-9]+)$|sip:\1@\d| |^(911)$|sip:\1@\d|d", "911", Sent("911", "911", 5)),
        (r"!^0([0-9]*)$!sip:+1\1@\d!", "0212", Sent("+1212", "0212", 5)),
    ],
)
def test_snom_plan_does_what_its_guide_says(text, keys, sent):
    assert snom.DialPlan(text, "sip.example.com", 5).type_keys(keys) == sent
