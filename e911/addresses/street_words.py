"""Tell from its words whether a text is a street, or two streets that cross."""

from __future__ import annotations

import re

import usaddress

from e911.addresses import places, streets
from e911.addresses.evidence import SURE_TYPES

ORDINAL = re.compile(r"\d+(?:st|nd|rd|th|e|er|re|ème|ieme)", re.IGNORECASE)
SEPARATOR = re.compile(r"\s+(?:and|at|et)\s+|\s*[@&]\s*|\s+/\s+", re.IGNORECASE)
CORNER = re.compile(
    r"^(?:corner|intersection|junction|jct|angle|coin)\b|\b(?:corner of|angle)\b", re.IGNORECASE
)
ORDINAL_STREET = re.compile(
    r"\d+(?:st|nd|rd|th)(?:\s+(?:st|street|ave|avenue|rd|road|blvd))?\.?", re.IGNORECASE
)


def is_street_kind(word: str) -> bool:
    """Tell whether a word, as `places.normalize_name` makes it, is a kind of street."""
    return (
        word in usaddress.STREET_NAMES or word in streets.MORE_KINDS or word in streets.FRENCH_KINDS
    )


def drop_directions(words: list[str]) -> list[str]:
    """Return the words of a street without the directions behind it."""
    while len(words) > 1 and words[-1] in streets.DIRECTIONS:
        words = words[:-1]
    return words


def looks_like_street(text: str) -> bool:
    """Tell whether a text ends as streets end: with a kind of street, an ordinal, or a numbered
    road's number.
    """
    words = places.normalize_name(text).split()
    while words and words[-1] in streets.DIRECTIONS:
        words.pop()
    if not words:
        return False
    last = words[-1]
    return (
        is_street_kind(last)
        or last in streets.BARE_NAMES
        or bool(ORDINAL.fullmatch(last))
        or (len(words) > 1 and last.isdigit() and words[-2] in streets.NUMBERED)
    )


def is_intersection(line: str, *, has_number: bool) -> bool:
    """Tell whether a line names two streets.

    Behind a house number both sides must look like streets: "1 Lewis and Clark Rd" is one.
    """
    first, *others = SEPARATOR.split(line)
    both = bool(others) and looks_like_street(first) and all(map(looks_like_street, others))
    if not has_number:
        return both or bool(CORNER.search(line))
    if both or len(others) != 1:
        return both
    other = others[0].strip(" ,")
    if ORDINAL_STREET.fullmatch(other):
        return True  # "100 Main & 5th Ave"
    return ends_surely(first) or (
        not looks_like_street(other) and bool(re.search(r"\w{3}\s*[@&/]\s*\w{3}", line))
    )


def ends_surely(text: str) -> bool:
    """Tell whether a text with a house number is a whole street: "1201 Main St"."""
    words = drop_directions(places.normalize_name(text).split())
    is_numbered = words[-1].isdigit() and len(words) > 2 and words[-2] in streets.NUMBERED
    return is_numbered or (len(words) > 2 and words[-1] in SURE_TYPES)
