"""Find what looks missing or misspelled in an address, and may all the same be right."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache

from e911.addresses import places, streets
from e911.addresses.civic import CivicAddress
from e911.addresses.findings import Finding, make_finding
from e911.addresses.street_words import is_street_kind

# Cities whose streets exist once in each quarter, so that a direction decides which one is meant.
QUARTERED = {("DC", "washington"), ("AB", "calgary"), ("AB", "edmonton")}


def find_doubts(address: CivicAddress) -> Iterable[Finding]:
    """Yield hints: what looks missing or misspelt, and may all the same be right."""
    if address.house_number and places.normalize_name(address.street_name):
        if meant := find_misspelt_direction(address):
            typed, word = meant
            yield make_finding("directional_suspect", typed=typed, meant=word.title())
        elif needs_direction(address):
            yield make_finding("directional_suspect", "missing")
        if meant := find_misspelt_type(address):
            typed, word = meant
            yield make_finding("suffix_suspect", typed=typed, meant=word.title())
        elif lacks_type(address):
            yield make_finding("suffix_suspect", "missing")
    if address.city and (city := find_other_city(address)):
        yield make_finding("city_zip_mismatch", code=address.postal_code[:5], city=city)


@lru_cache(maxsize=4096)
def find_closest(word: str, words: frozenset[str], likeness: float) -> str:
    """Return which of these words a word is most like, or nothing."""
    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=likeness)), "")


def find_misspelt_direction(address: CivicAddress) -> tuple[str, str] | None:
    """Return the first or last word of a street that is nearly a direction, and the direction."""
    words = places.normalize_name(address.street_name).split() or [""]
    ends = [words[0], words[-1]] if len(words) > 1 or not address.street_type else []
    for word in (*ends, places.normalize_name(address.street_type)):
        known = len(word) < 4 or word in streets.LONG_DIRECTIONS or word in COMMON_NAMES
        if not known and (meant := find_closest(word, streets.LONG_DIRECTIONS, 0.8)):
            return word, meant
    return None


# Names and kinds of street that are nearly a direction.
COMMON_NAMES = places.split_words(
    "worth forth norte norths weston easton easter souths mouth youth sooth guest quest"
)


def needs_direction(address: CivicAddress) -> bool:
    """Tell whether a street lacks a direction in a city that tells its streets apart by it."""
    if address.pre_directional or address.post_directional:
        return False
    return (address.state, places.normalize_city(address.city)) in QUARTERED


def find_misspelt_type(address: CivicAddress) -> tuple[str, str] | None:
    """Return a misspelt kind of street and what it is most likely meant to be: "Gold Stret" has one
    at its end.
    """
    if address.street_type_before:
        return None
    *name, last = address.street.removesuffix(address.post_directional).split() or [""]
    if not name or is_street_kind(places.normalize_name(last)) or not last.strip(".").isalpha():
        return None
    meant = find_closest(
        places.normalize_name(last), streets.COMMON_KINDS, 0.7 if address.street_type else 0.8
    )
    return (last, meant) if meant else None


def lacks_type(address: CivicAddress) -> bool:
    """Tell whether a street has no kind and is none of those that do without: "Broadway", "County
    Road 12".
    """
    if address.street_type_before:
        return False
    words = places.normalize_name(address.street_name).split()
    if is_street_kind(places.normalize_name(address.street_type)):
        return False
    if any(
        word in streets.BARE_NAMES or word in streets.NUMBERED or is_street_kind(word)
        for word in words
    ):
        return False
    # On a grid a street is a number between two directions: "144 S 500 E".
    return not (address.pre_directional and address.post_directional and words[0][:1].isdigit())


def find_other_city(address: CivicAddress) -> str:
    """Return what the post office calls the city of a ZIP code, where the address calls it
    something else.
    """
    if address.country != "US" or not (known := places.find_zip(address.postal_code)):
        return ""
    return (
        ""
        if places.normalize_city(address.city) in places.list_zip_cities(address.postal_code)
        else known.cities[0]
    )
