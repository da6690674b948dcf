"""Roads that have a number or a letter for a name: "County Road 12", "IA 10 W", "Avenue B"."""

from __future__ import annotations

import re

from e911.addresses import places, streets
from e911.addresses.endings import End
from e911.addresses.places import split_words
from e911.addresses.street_words import is_street_kind

QUALIFIER = (
    r"(?:(?:[a-z]+\s)?(?:county|country|co|parish|township|twp|regional|municipal)|us|u\s?s|state"
    r"|old|forest\s+service|fs|farm(?:\s+to\s+market)?|ranch(?:\s+to\s+market)?"
    r"|range|rge|concession|conc|line|side"
    r"|[a-z]{2}(?=\sh|\sr))"
)
DIRECTION = r"n|s|e|w|ne|nw|se|sw|north|south|east|west|bypass|alt|alternate|business|loop|spur"
NUMBERED = re.compile(
    rf"""(?:(?:{QUALIFIER}\s)*(?:highway|hwy|hgwy|route|rte|rt|road|rd)
          | (?:[a-z]+\s)?(?:highway|hwy|autoroute|interstate|turnpike)
          | (?:us|state|farm|ranch|county|business|old)\s(?:loop|spur|line|business)
          | business|line|concession|conc|sideroad|sdrd|loop|spur
          | i|ih|us|cr|sr|fm|rm|rr|pr|co|carr|carretera|calle|avenue|ave|avenida
          | (?P<state>[a-z]{{2}}))
        \s?(?P<id>\d{{1,5}}[a-z]?(?:\s?[a-z])?|[a-z]{{1,2}})
        (?:\s(?:road|rd|highway|hwy))?(?:\s(?:{DIRECTION}))?""",
    re.IGNORECASE | re.VERBOSE,
)
LETTERED_TYPES = split_words("highway hwy road rd route rte avenue ave calle")
TWO_DIRECTIONS = ("ne", "nw", "se", "sw")
TRAILING_NUMBER = re.compile(
    r"(?P<street>(?:.*\s)?(?P<kind>[^\W\d]+)\.?(?:\s(?:[nsew]|[ns][ew])\.?)?)"
    r"\s+(?:-\s+)?(?P<unit>\d{1,5}[a-z]?(?:-\d{1,5}[a-z]?)?|[a-dfg-mo-rt-vx-z])",
    re.IGNORECASE,
)
# "East 300 South 200": on a grid, the second number is the street and the third the unit.
CARDINAL = r"(?:north|south|east|west|[nsew])\.?"
ID = r"\d{1,5}[a-z]?(?:-\d{1,5}[a-z]?)?"
UNIT = rf"(?P<unit>{ID})"
BEHIND_GRID = re.compile(rf"(?P<street>{CARDINAL}\s\d{{1,5}}\s{CARDINAL})\s{UNIT}", re.IGNORECASE)
BEHIND_ROAD = re.compile(rf"(?P<street>.+\s\d+[a-z]?(?:\s[nsew])?)\s{UNIT}", re.IGNORECASE)
BEHIND_DASH = re.compile(r"(?P<street>.+?)\s+-+\s+(?P<unit>\d{1,5}[a-z]?|[a-z])", re.IGNORECASE)
# "rue Principale 200": where the type comes first, the number behind the name is the unit.
BEHIND_FRENCH = re.compile(
    rf"(?P<street>(?!route|rang|autoroute)(?P<kind>[^\W\d]+)\.?\s.*[^\W\d]{{2}})"
    rf"\s(?P<unit>{ID}|[a-dfg-mp-rt-vx-z])",
    re.IGNORECASE,
)


def is_numbered_road(words: list[str], state: str = "") -> bool:
    """Tell whether words, as `places.normalize_name` makes them, are a numbered road.

    A road of a state is one in that state only: "1974 or 71" has nothing to do with Oregon.
    """
    match = NUMBERED.fullmatch(" ".join(words))
    if not match:
        return False
    has_digits = match["id"][0].isdigit()
    if match["state"]:
        region = places.find_region("US", match["state"])
        if not has_digits or not region or state not in ("", region):
            return False
    return has_digits or (
        not LETTERED_TYPES.isdisjoint(words) and match["id"] not in TWO_DIRECTIONS
    )


def split_trailing_unit(street: str, end: End) -> tuple[str, str]:
    """Return a street and the unit number behind it: "E Bayshore Road 270", but not "County Road
    270".
    """
    if match := BEHIND_DASH.fullmatch(street) or BEHIND_GRID.fullmatch(street):
        return match["street"], match["unit"]
    match = BEHIND_ROAD.fullmatch(street)
    if match and is_directed_road(places.normalize_name(match["street"]).split(), end.state):
        return match["street"], match["unit"]
    match = BEHIND_FRENCH.fullmatch(street) if end.country == "CA" else None
    if match and places.normalize_name(match["kind"]) in streets.FRENCH_KINDS:
        return match["street"], match["unit"]
    match = TRAILING_NUMBER.fullmatch(street)
    if match and is_unit_behind_type(match, end.state):
        return match["street"], match["unit"]
    return street, ""


def is_directed_road(words: list[str], state: str) -> bool:
    """Tell whether words are a numbered road, perhaps with a direction before it."""
    without_direction = words[1:] if words[0] in streets.DIRECTIONS else words
    return is_numbered_road(words, state) or is_numbered_road(without_direction, state)


def is_unit_behind_type(match: re.Match[str], state: str) -> bool:
    """Tell whether a number or letter behind a street is a unit and not the street's own."""
    words = places.normalize_name(match["street"]).split()
    if is_directed_road([*words, places.normalize_name(match["unit"])], state):
        return False
    kind = places.normalize_name(match["kind"])
    if kind in streets.DIRECTIONS:
        kind = words[-2] if len(words) > 1 else ""
    if kind in streets.BARE_NAMES:
        return True
    if is_street_kind(kind):
        if match["unit"].isalpha() and kind == words[-1] and words[0].isdigit():
            return False  # "333 Avenue C" is a house and its street
        return any(word != kind and word not in streets.DIRECTIONS for word in words)
    return (  # "N Lamar 200"
        kind == words[-1]
        and kind not in streets.NUMBERED
        and words[0] in streets.DIRECTIONS
        and len(words) > 1
    )
