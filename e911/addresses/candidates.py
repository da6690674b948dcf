"""Find every place where a house number can stand, each with the evidence for it as a score.

A number and the words behind it, up to the end of the piece or a unit, are a candidate.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from e911.addresses import evidence, places, streets, units
from e911.addresses.endings import End
from e911.addresses.house_numbers import IN_WORDS, HouseNumber, split_house_number
from e911.addresses.numbered_roads import is_numbered_road, split_trailing_unit
from e911.addresses.street_shape import (
    NEEDS_NO_TYPE,
    SURE,
    Shape,
    read_shape,
    split_french_middle,
    split_french_town,
    split_town,
)
from e911.addresses.street_words import drop_directions, is_street_kind

# The lowest score of a house.
LEAST = 1.0
START = re.compile(r"(?<![^\s(])(?=[^\W_])")
GRID = re.compile(r"[nsew]\d{2,5}(?:\s?[nsew]\d{2,5})?\s", re.IGNORECASE)
LETTERED = re.compile(r"[a-z]{1,2}-?\d", re.IGNORECASE)
# "#202-121 14th Street" is unit 202, "Suite 200-210 100 Main St" is two suites.
UNIT_FIRST = [
    re.compile(
        rf"(?:(?P<kind>{units.SURE})\b\.?\s*\#?\s*|\#\s*)(?P<unit>{unit})(?:\s*-\s*|[\s,]+)(?=\d)",
        re.IGNORECASE,
    )
    for unit in (r"[a-z]{0,2}-?\d[\w-]*|[a-z](?:\s?&\s?[a-z])?", r"[a-z]{0,2}\d\w*")
]
LONE_UNIT = re.compile(r"\d{1,5}[a-z]?(?:-\d{1,5}[a-z]?)?|[a-z]", re.IGNORECASE)
LETTERED_UNIT = re.compile(rf"(?P<kind>{units.UNSURE})\.?\s+(?P<id>[a-z])", re.IGNORECASE)
# "Calle Loíza 1850": in Puerto Rico the number may stand last.
NUMBER_LAST = re.compile(
    r"(?P<type>calle|avenida|ave|avda|paseo|camino|via)\b\.?\s+(?P<name>[^\d]+?)"
    r"\s*(?:\#|num\.?|no\.?)?\s*(?P<number>\d{1,5}[a-z]?)",
    re.IGNORECASE,
)
SPOT = re.compile(
    r"\s(?:lobby|reception|rear|front(?:\s+desk)?|back|upstairs|downstairs|entrance|garage|house)$",
    re.IGNORECASE,
)
BESIDE = re.compile(
    r"\s(?:near|between|btwn|behind|opposite|across|next\s+to|just\s+off|rear|corner\s+of"
    r"|cross\s+streets?)\b.*$",
    re.IGNORECASE,
)
# "500 W" before "200 S Street" is where that number stands on the grid, and "S" before "1725 E".
ON_GRID = re.compile(
    r"(?:^|\d[a-z]?\s+)(?:north|south|east|west|[nsew]|[ns][ew])\W*$", re.IGNORECASE
)
GLUED_GRID = re.compile(r"(?P<number>\d{1,5}[nsew])\s+(?P<street>\d{1,5}[nsew])", re.IGNORECASE)
LONGEST_NUMBER = 9
LONGEST_STREET = 6


class HasText(Protocol):
    """A piece, as `pieces` cuts it."""

    @property
    def text(self) -> str: ...
    @property
    def starts_line(self) -> bool: ...


@dataclass
class Candidate:
    """A place where the house number may stand.

    `piece` is the index of its piece, `before` the words before it there, and `after` the units
    behind its street. `is_sure` tells whether the street is one whatever stands around it. `town`
    is what is probably the city, if none is known. `other` is number and unit in a second reading
    of the same words.
    """

    piece: int
    before: str
    number: str
    suffix: str
    street: str
    parts: dict[str, str]
    score: float
    is_sure: bool = False
    after: str = ""
    unit: str = ""
    unit_type: str = ""
    remark: str = ""
    town: str = ""
    other: tuple[str, str] = ("", "")


def find_candidates(pieces: Sequence[HasText], end: End) -> list[Candidate]:
    """Return every place where the house number may stand, the likeliest first."""
    all_units = [is_all_units(piece.text, end) for piece in pieces]
    last = max((at for at, is_unit in enumerate(all_units) if not is_unit), default=-1)
    found = []
    for at, piece in enumerate(pieces):
        if all_units[at]:
            continue
        for candidate in find_in_text(piece.text, at, end):
            if not candidate.before:
                candidate.score += 1.5 if piece.starts_line else 1
            candidate.score += 1 if at == last else -0.5 * (last - at - 1)
            found.append(candidate)
    return sorted(found, key=lambda candidate: -candidate.score)


def is_all_units(text: str, end: End) -> bool:
    """Tell whether a piece is nothing but units."""
    if LONE_UNIT.fullmatch(text):
        return True
    if not units.ANY.search(text):
        return False
    if LETTERED_UNIT.fullmatch(text):
        return True
    return not units.take_out(text, units.Inside(), state=end.state).strip(f" ,&-{units.TAKEN}")


def find_in_text(text: str, piece: int, end: End) -> list[Candidate]:
    """Return the candidates within the text of one piece."""
    if behind_unit := begin_with_unit(text, piece, end):
        return [behind_unit]
    found = []
    for start in START.finditer(text):
        rest, before = text[start.start() :], text[: start.start()].strip(" ,-")
        is_lettered = not before and LETTERED.match(rest)
        if rest[0].isdigit() or is_lettered or GRID.match(rest):
            candidate = begin_with_digits(rest, before, piece, end)
        elif not before:
            candidate = begin_with_words(rest, piece, end)
        else:
            candidate = None
        if candidate:
            found.append(candidate)
    if end.country == "US" and (match := GLUED_GRID.fullmatch(text)):
        parts = {"street_name": match["street"]}
        found.append(Candidate(piece, "", match["number"], "", match["street"], parts, SURE))
    if not found and end.state == "PR" and (match := NUMBER_LAST.fullmatch(text)):
        parts = {"street_type_before": match["type"], "street_name": match["name"]}
        street = f"{match['type']} {match['name']}"
        found.append(Candidate(piece, "", match["number"], "", street, parts, SURE))
    return found


def begin_with_unit(text: str, piece: int, end: End) -> Candidate | None:
    """Return the likeliest candidate behind the unit that a text begins with."""
    found = []
    for pattern in UNIT_FIRST:
        if (match := pattern.match(text)) and (
            candidate := begin_with_digits(text[match.end() :], "", piece, end)
        ):
            if not candidate.unit:
                candidate.unit, candidate.unit_type = match["unit"], match["kind"] or ""
            found.append(candidate)
    return max(found, key=lambda each: each.score, default=None)


def begin_with_digits(text: str, before: str, piece: int, end: End) -> Candidate | None:
    """Return the candidate whose number in digits begins a text."""
    found = split_house_number(text, end)
    if not found or (found.remark == "number_range" and before):
        return None
    found.street, after = split_units(found.street, end)
    if not after:
        found.street, unit = split_trailing_unit(found.street, end)
        found.unit = found.unit or unit
    score = 0.0
    if not found.number.strip("0") or len(re.sub(r"\D", "", found.number)) > LONGEST_NUMBER:
        score -= 3
    if re.fullmatch(r"\d+[a-z]", found.number, re.IGNORECASE):
        score -= 0.5  # "3M"
    return complete(found, after, before, score, piece, end)


def begin_with_words(text: str, piece: int, end: End) -> Candidate | None:
    """Return the candidate whose number in words begins a text: "One Penn Plaza".

    It needs a street type, because companies are named so too.
    """
    if not (match := IN_WORDS.match(text)):
        return None
    found = HouseNumber(match.group(), text[match.end() :].strip())
    found.street, after = split_units(found.street, end)
    bare = split_behind_type(found.street)[0] if end.city else found.street
    words = drop_directions(places.normalize_name(bare).split())
    if not 2 <= len(words) <= 4 or not is_street_kind(words[-1]):
        return None
    score = -0.5 if words[-1] in evidence.SURE_TYPES else -1.5
    return complete(found, after, "", score, piece, end)


def split_units(street: str, end: End) -> tuple[str, str]:
    """Return a street and the units behind it."""
    if not units.ANY.search(street) and not units.SPANISH.search(street):
        return street, ""
    if end.state == "PR" and (match := units.SPANISH.search(street)):
        return street[: match.start()].strip(" ,-"), street[match.start() :]
    taken = units.take_out(f"1 {street}", units.Inside(), state=end.state)[2:]
    at = taken.find(units.TAKEN)
    kept = taken[:at].strip(" ,-")
    if at < 0 or not kept:
        return street, ""  # "1010 Tower Ln" has no unit
    return kept, street[len(taken[:at].rstrip()) :].strip(" ,-")


def split_behind_type(street: str) -> tuple[str, str]:
    """Return a street and what stands behind its type: "Dale Rd Vintage Faire Mall" is Dale Rd."""
    if (match := BESIDE.search(street)) and is_sure_end(street[: match.start()]):
        return street[: match.start()].strip(" ,"), match.group().strip()
    if (match := SPOT.search(street)) and len(street[: match.start()].split()) > 1:
        return street[: match.start()].strip(" ,"), match.group().strip()
    words = street.split()
    keys = [places.normalize_name(word) for word in words]
    if len(words) < 4 or drop_directions(keys)[-1] in evidence.SURE_TYPES:
        return street, ""
    for at in range(len(keys) - 2, 0, -1):
        if not ends_street_at(keys, at) or keys[at + 1][:1].isdigit():
            continue
        stop = at + 1
        while stop < len(keys) and keys[stop] in streets.DIRECTIONS:
            stop += 1
        if stop < len(keys) and len(keys[stop]) > 1:
            return " ".join(words[:stop]), " ".join(words[stop:])
    return street, ""


def ends_street_at(keys: list[str], at: int) -> bool:
    """Tell whether a street's name has ended before this word, which is its type."""
    if all(key in streets.DIRECTIONS for key in keys[:at]) or is_numbered_road(keys[: at + 2]):
        return False
    following = keys[at + 1]
    if keys[at] == "st":  # no saint: "I St SE The Garrett", "Gold St Gold Plaza"
        return following in streets.DIRECTIONS or following in ("the", keys[at - 1])
    return keys[at] in evidence.ENDING_TYPES and following not in evidence.NAME_GOES_ON


def is_sure_end(text: str) -> bool:
    """Tell whether a text is a name and a sure street type."""
    words = drop_directions(places.normalize_name(text).split())
    return len(words) > 1 and words[-1] in evidence.SURE_TYPES


def complete(
    found: HouseNumber, after: str, before: str, score: float, piece: int, end: End
) -> Candidate | None:
    """Return the candidate of a number and its street, or None if that can't be a street."""
    if not found.street:
        return None
    if end.city:
        for split_off in (split_behind_type, partial(split_french_middle, end=end)):
            found.street, more = split_off(found.street)
            after = f"{more} {units.TAKEN} {after}" if more else after
    shape, town = read_shape(found.street, end), ""
    if not end.city and not after:
        split = split_french_town(found.street, end)
        if not split and (not shape or shape.score < SURE):
            split = split_town(found.street, end)
        if split:
            shape, found.street, town = split
    if not shape:
        return None
    return Candidate(
        piece=piece,
        before=before,
        number=found.number,
        suffix=found.suffix,
        street=found.street,
        parts=shape.parts,
        score=score + shape.score + score_surroundings(found.street, before, shape),
        is_sure=shape.score >= NEEDS_NO_TYPE,
        after=after,
        unit=found.unit,
        unit_type=found.unit_type,
        remark=found.remark,
        town=town,
        other=found.other,
    )


def score_surroundings(street: str, before: str, shape: Shape) -> float:
    """Return what the words before a number and those of the street's name take from its score."""
    words = places.normalize_name(street).split()
    score = 0.0
    if before:
        last = places.normalize_name(before).split()[-1:] or [""]
        is_taken = last[0] in evidence.NUMBER_TAKERS or ON_GRID.search(before)
        score -= 4 if is_taken else 1
    if shape.score < SURE:
        if words[-1] in evidence.COMPANY_ENDINGS:
            score -= 2
        if not evidence.COMPANY_ENDINGS.isdisjoint(words[:-1]):
            score -= 1
        if words[0] in evidence.MEASURES:
            score -= 3
    return score - max(0, len(words) - LONGEST_STREET)
