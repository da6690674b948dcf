"""Say which digits a phone sends at once, for every make's dial plan (R13, R47).

A phone sends at once what can be complete. Everything else it sends after a pause or with its send
key; extensions longer than usual are typed before lifting the handset, so that nothing goes out
early. The plan follows from two settings of the account, never from the numbers in use.

Each make writes these patterns in its own language. A pattern is a list of positions, and each
position the digits that fit it: `["9", "23", "0123456789"]`.
"""

from __future__ import annotations

from functools import cache

from users.emergency_numbers import EMERGENCY_NUMBERS as EMERGENCY

DIGITS = "0123456789"
PAUSE = 3  # seconds after the last digit
LONGEST = 20  # digits: 011 and 15 of E.164, and a prefix

Pattern = list[str]


@cache
def list_emergency_numbers(outside_prefix: str) -> tuple[str, ...]:
    """Return emergency numbers as people dial them, with and without the outside prefix."""
    prefixed = [outside_prefix + number for number in EMERGENCY]
    # Nothing can follow a number that was sent: with prefix 9, 9112 is 911.
    return tuple(
        number
        for number in dict.fromkeys((*EMERGENCY, *prefixed))
        if not any(number != other and number.startswith(other) for other in EMERGENCY)
    )


@cache
def list_immediate_patterns(ext_length: int, outside_prefix: str) -> list[Pattern]:
    """Return the extensions of usual length that go out at once.

    Extensions go at once if outside numbers begin with a prefix: then nothing but an emergency
    number can be longer. The patterns overlap neither each other nor emergency numbers.
    """
    if not outside_prefix:
        return []
    first = DIGITS.replace(outside_prefix, "")
    return _exclude([first, *[DIGITS] * (ext_length - 1)], list_emergency_numbers(outside_prefix))


def write_pattern(pattern: Pattern, any_digit: str = "x") -> str:
    """Return a pattern as most makes write it: "9[23]x"."""
    return "".join(
        digits if len(digits) == 1 else any_digit if digits == DIGITS else f"[{digits}]"
        for digits in pattern
    )


def _exclude(pattern: Pattern, numbers: tuple[str, ...]) -> list[Pattern]:
    """Split a pattern so that no number begins with what it fits, nor the other way around."""
    first, *rest = pattern
    begun = sorted({number[0] for number in numbers if number[0] in first})
    free = "".join(digit for digit in first if digit not in begun)
    found = [[free, *rest]] if free else []
    for digit in begun:
        tails = tuple(number[1:] for number in numbers if number[0] == digit)
        if rest and all(tails):
            found += [[digit, *tail] for tail in _exclude(rest, tails)]
    return found
