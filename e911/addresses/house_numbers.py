"""House numbers as they are written: ranges, letters, halves, grids, words, units before them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from e911.addresses import evidence, places, streets, units
from e911.addresses.endings import End
from e911.addresses.street_words import (
    ORDINAL,
    drop_directions,
    is_street_kind,
    looks_like_street,
)

DIGITS = r"\d{1,6}[a-z]?"
NUMBER = re.compile(
    r"""(?P<number>
        [nsew]\d{1,5}[nsew]?\s?[nsew]\d{1,5} | \d{1,3}[nsew]\d{2,5} | [nsew]\d{2,5}  # grids
      | \d{1,6}[a-z]?(?:-\d{1,6}[a-z]?|-[a-z])? | \d{1,5}\.5
      | [a-z]{1,2}-?\d{1,4}(?=\s+(?:calle|c|ave|avenida|paseo|camino|via)\b)  # Puerto Rico
      )(?P<slash>/\d{1,4})?
      (?:\s+(?P<fraction>[1-3]/[2-8])(?=\s))?(?=\s|$)""",
    re.IGNORECASE | re.VERBOSE,
)
RANGE = re.compile(
    rf"(?P<one>{DIGITS})\s*(?P<sign>-|&|\bto\b|\band\b|\bthru\b|\bà\b)\s*(?P<two>{DIGITS})"
    r"(?=\s+\S)",
    re.IGNORECASE,
)
_CARDINALS = sorted(evidence.CARDINALS, key=len, reverse=True)  # "sixty" before "six"
IN_WORDS = re.compile(
    rf"(?:{'|'.join(_CARDINALS)})"
    r"(?:[\s-](?:one|two|three|four|five|six|seven|eight|nine|hundred))?(?=\s)",
    re.IGNORECASE,
)
HALVES = ("1/2", "1/4", "3/4")
INNER_UNIT = re.compile(
    rf"(?:(?P<kind>{units.SURE})\b\.?\s*\#?|\#)\s*(?P<unit>[a-z]{{0,2}}-?\d[\w-]*|[a-z](?=\s))"
    r"\s+(?P<street>\S.*)",
    re.IGNORECASE,
)
# In these states a house number has a hyphen: 34-56 107th St, in Hawaii 91-1001 Kaimalie St.
HYPHENATED_STATES = ("NY", "NJ", "HI")
# Numbers of one building are at most this far apart.
FARTHEST_IN_RANGE = 40


@dataclass
class HouseNumber:
    """A house number and the words behind it.

    `other` is number and unit in a second reading of the same words; `remark` is the code of a hint
    about the number.
    """

    number: str
    street: str
    suffix: str = ""
    unit: str = ""
    unit_type: str = ""
    remark: str = ""
    other: tuple[str, str] = ("", "")


def split_house_number(text: str, end: End) -> HouseNumber | None:
    """Return the house number that a text begins with, or None if it begins with none."""
    found = split_range(text, end) or split_single(text)
    if not found or not found.street:
        return None
    if not found.suffix and found.number.isdigit():
        take_letter(found)
    match = INNER_UNIT.match(found.street)
    if match and looks_like_street(match["street"]) and len(match["street"].split()) > 1:
        found.unit, found.unit_type = match["unit"], match["kind"] or ""
        found.street = match["street"]
    return found


def split_single(text: str) -> HouseNumber | None:
    """Return a number that is one house's, with its half or the unit behind a slash."""
    match = NUMBER.match(text)
    if not match or ORDINAL.fullmatch(match["number"]):
        return None
    number, unit = match["number"], ""
    street = text[match.end() :].strip(" ,-")
    if match["slash"]:
        is_unit = number.isdigit() and number + match["slash"] not in HALVES
        if not is_unit or not re.search(r"[^\W\d]{2}", street):
            return None
        unit = match["slash"][1:]
    return HouseNumber(number, street, match["fraction"] or "", unit)


def split_range(text: str, end: End) -> HouseNumber | None:
    """Return what two numbers with a sign between them say: a range, a unit and a house, a house
    with a hyphen, or a house on a numbered street. None if a sign between numbers means nothing.
    """
    match = RANGE.match(text)
    if not match:
        return None
    one, two, hyphen = match["one"], match["two"], match["sign"] == "-"
    street = text[match.end() :].strip(" ,")
    words = places.normalize_name(street).split() or [""]
    is_near = (
        one.isdigit()
        and two.isdigit()
        and len(one) == len(two) > 2
        and 0 < int(two) - int(one) <= FARTHEST_IN_RANGE
    )
    if hyphen and is_street_kind(words[0]) and streets.DIRECTIONS.keys() >= set(words[1:]):
        return HouseNumber(one, f"{two} {street}")  # "10235 - 101 Street NW"
    if not hyphen:
        if is_near:
            return HouseNumber(f"{one}-{two}", street, remark="number_range")
        return None
    if end.country == "CA":
        return (
            HouseNumber(f"{one}-{two}", street) if is_near else HouseNumber(two, street, unit=one)
        )
    is_glued = match.group() == f"{one}-{two}"
    has_hyphen = end.state in HYPHENATED_STATES and (end.state == "HI" or len(two) == 2)
    is_open = not is_glued and not is_near and not has_hyphen
    return HouseNumber(f"{one}-{two}", street, other=(two, one) if is_open else ("", ""))


def take_letter(found: HouseNumber) -> None:
    """Move a letter from the street to the number: "1581 D Eglin Way".

    N, S, E and W stay directions, and "W St NE" is a street.
    """
    match = re.match(r"([a-z])\s+(\S.*)", found.street, re.IGNORECASE)
    if not match or match[1].casefold() in "nsew":
        return
    words = places.normalize_name(match[2]).split()
    is_whole_street = bool(words) and (
        bool(re.match(r"\d/\d", match[2]))
        or (
            is_street_kind(words[0])
            and all(word in streets.DIRECTIONS or is_street_kind(word) for word in words)
        )
    )
    if not is_whole_street and len(words) > 1 and is_street_kind(drop_directions(words)[-1]):
        found.suffix, found.street = match[1], match[2]
