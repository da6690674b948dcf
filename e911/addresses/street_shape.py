"""A small grammar of streets: which word is direction, name or type, and how sure that is."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from e911.addresses import evidence, french, places, streets, units
from e911.addresses.doubts import find_closest
from e911.addresses.endings import End
from e911.addresses.numbered_roads import is_numbered_road
from e911.addresses.street_words import ORDINAL, is_street_kind

# "O", "est" and "sud" are directions in Canada only: "1222 O Avenue Pl" is a street in Iowa.
ENGLISH_DIRECTIONS = {
    word: code
    for word, code in streets.DIRECTIONS.items()
    if word not in ("o", "n o", "s o", "est", "nord", "sud", "ouest")
}
SURE, NEEDS_NO_TYPE, UNSURE = 3.0, 2.0, 1.5
CARDINALS = places.split_words("n s e w no so north south east west")
NAMELESS = re.compile(r"\d{1,5}")
SECOND_NUMBER = re.compile(r"\s\d{3,}")
ROAD_HALVES = frozenset({"1 2", "1 4", "3 4"})
TWO_LETTERS = ("N", "S", "E", "W", "NE", "NW", "SE", "SW")


@dataclass
class Shape:
    """A street in its parts, named as CivicAddress names them, and what they are worth as evidence.

    From SURE on it is a street whatever stands around it.
    """

    parts: dict[str, str]
    score: float


def read_shape(street: str, end: End) -> Shape | None:
    """Return a street in its parts, or None if these words can't be a street."""
    words = street.replace(",", " ").split()
    keys = [places.normalize_name(word) for word in words]
    if not any(keys):
        return None
    return (
        read_french(street, end)
        or read_numbered_road(words, keys, end)
        or read_spanish(words, keys, end)
        or read_grid(words, keys, end)
        or read_english(words, keys, end)
    )


def list_directions(end: End) -> dict[str, str]:
    """Return the words that are directions in the country of an address."""
    return streets.DIRECTIONS if end.country == "CA" else ENGLISH_DIRECTIONS


def read_french(street: str, end: End) -> Shape | None:
    """Return a street whose type comes first, as in French."""
    if end.country != "CA":
        return None
    with_city = replace(end, city=end.city or "x")  # so that no word of the street becomes the city
    parts = french.parse_french_street(f"1 {street}", with_city, units.Inside())
    if not parts or places.normalize_name(parts["street_name"]) in streets.DIRECTIONS:
        return None
    if SECOND_NUMBER.search(parts["street_name"]):
        return None
    del parts["house_number"], parts["house_number_suffix"]
    return Shape(parts, SURE)


def read_numbered_road(words: list[str], keys: list[str], end: End) -> Shape | None:
    """Return a road that has a number for a name, with directions around it."""
    directions = list_directions(end)
    flat = " ".join(filter(None, keys)).split()
    has_direction = keys[0] in directions and len(flat) > 2
    is_road = is_numbered_road(flat, end.state)
    if not is_road and not (has_direction and is_numbered_road(flat[1:], end.state)):
        return None
    parts: dict[str, str] = {}
    first, last = 0, len(words)
    if has_direction:
        parts["pre_directional"], first = words[0].replace(".", ""), 1
    if keys[-1] in directions and len(words) - first > 2:
        last -= 1
        parts["post_directional"] = words[last].replace(".", "")
    return Shape(parts | {"street_name": " ".join(words[first:last])}, SURE)


def read_spanish(words: list[str], keys: list[str], end: End) -> Shape | None:
    """Return a street whose type comes first, as in Spanish."""
    types = evidence.SPANISH_TYPES if end.state == "PR" else evidence.LONG_SPANISH_TYPES
    if keys[0] not in types or len(keys) < 2:
        return None
    return Shape({"street_type_before": words[0], "street_name": " ".join(words[1:])}, SURE)


def read_grid(words: list[str], keys: list[str], end: End) -> Shape | None:
    """Return a street of a grid, as in Utah and Indiana, that is not a number between directions:
    "W 550 N-57", "W 200 S Street", "W 500", "400 N".
    """
    if end.country != "US":
        return None
    kinds = "".join(map(name_grid_word, keys))
    if kinds == "dn":
        parts, score = {"pre_directional": words[0], "street_name": words[1]}, UNSURE
    elif kinds == "nd":
        parts, score = {"street_name": words[0], "post_directional": words[1]}, UNSURE
    elif kinds == "dng":
        name = f"{words[1]} {words[2]}"
        parts, score = {"pre_directional": words[0], "street_name": name}, SURE
    elif kinds == "dndt":
        name = f"{words[1]} {words[2]}"
        parts, score = {"pre_directional": words[0], "street_name": name}, SURE
        parts["street_type"] = words[3]
    else:
        return None
    return Shape({part: text.replace(".", "") for part, text in parts.items()}, score)


def name_grid_word(key: str) -> str:
    """Return what a word is on a grid: direction, number, "N-57" (g), type, or something else."""
    if key in CARDINALS:
        return "d"
    if NAMELESS.fullmatch(key):
        return "n"
    if re.fullmatch(r"[nsew] \d{1,3}", key):
        return "g"
    return "t" if is_street_kind(key) else "x"


def read_english(words: list[str], keys: list[str], end: End) -> Shape | None:
    """Return a street with its type last, with directions around it."""
    directions = list_directions(end)
    parts: dict[str, str] = {}
    first, last = 0, len(words)
    if last > 1 and keys[last - 1] in directions:
        last -= 1
        parts["post_directional"] = words[last].replace(".", "")
    kind = keys[last - 1] if last > 1 and is_street_kind(keys[last - 1]) else ""
    if last == 1 and keys[0] in evidence.SURE_TYPES and keys[0] not in streets.BARE_NAMES:
        return None  # "12 St NE": the number is the street's
    if kind:
        last -= 1
        parts["street_type"] = words[last].replace(".", "")
    is_number_sign = keys[0] == "no" and bool(kind) and keys[1][:1].isdigit()  # "No. 3 Road"
    if last > 1 and keys[0] in directions and not is_number_sign:
        parts["pre_directional"], first = words[0].replace(".", ""), 1
    named = [key for key in keys[first:last] if key]
    if not is_name(named, kind, parts, directions):
        return None
    parts["street_name"] = " ".join(words[first:last]).strip(" .,")
    return Shape(parts, score_english(named, keys[0], kind, parts))


def is_name(named: list[str], kind: str, parts: dict[str, str], directions: dict[str, str]) -> bool:
    """Tell whether words can be the name of a street that has this type and these directions."""
    if not named:
        return False
    if kind:
        return True
    if len(named) == 1 and named[0] in directions:
        return False
    if all(NAMELESS.fullmatch(key) for key in named):
        return "pre_directional" in parts and "post_directional" in parts
    return True


def score_english(named: list[str], first: str, kind: str, parts: dict[str, str]) -> float:
    """Return what speaks for a street: its type, its directions, and no number in its name."""
    directed = not parts.keys().isdisjoint({"pre_directional", "post_directional"})
    on_grid = {"pre_directional", "post_directional"} <= parts.keys()
    if len(named) == 1 and named[0].isdigit() and on_grid:
        return SURE  # "S 1725 E"
    score = score_numbers_within(named, kind)
    if not evidence.CONNECTIVES.isdisjoint(named):
        score -= 2
    if kind in evidence.SURE_TYPES:
        return score + SURE + directed / 2
    score += directed
    last = named[-1]
    if last in streets.BARE_NAMES or ORDINAL.fullmatch(last):
        return score + NEEDS_NO_TYPE
    if kind:
        return score + UNSURE
    if (
        len(named) > 1
        and last.isalpha()
        and last not in evidence.COMPANY_ENDINGS
        and find_closest(last, streets.COMMON_KINDS, 0.84)
    ):
        return score + UNSURE  # "Stree"
    if first in evidence.FIRST_WORDS and len(named) > 1:
        return score + NEEDS_NO_TYPE - directed
    return score


def score_numbers_within(named: list[str], kind: str) -> float:
    """Return what a number within the name of a street takes from its score."""
    inner = [
        key
        for key in named
        if re.search(r"\d", key) and not ORDINAL.fullmatch(key) and key not in ROAD_HALVES
    ]
    if not inner:
        return 0
    if any(ends_street(named, at) for at in range(1, len(named))):
        return -8  # "Cactus Rd 3149" is two streets
    is_name = (
        bool(kind)
        and named[0] == inner[0]
        and bool(re.fullmatch(r"\d+[a-z]?", inner[0]))
        and set(named[1:]) <= {*ROAD_HALVES, "mile"}
    )
    if not is_name:
        return -4
    return -3 if len(inner[0]) > 3 else 0  # streets are numbered to 300 or so


def ends_street(named: list[str], at: int) -> bool:
    """Tell whether a street has ended before a number: "W Cactus Rd 3149", "E 300 N 34 21"."""
    before, number = named[at - 1], named[at]
    if not re.search(r"\d", number) or ORDINAL.fullmatch(number) or before == "no":
        return False
    if len(number) > 3:
        return True
    is_last = at == len(named) - 1
    if before in streets.NUMBERED and is_last:
        return False
    return before in evidence.SURE_TYPES or before in ENGLISH_DIRECTIONS


def split_french_town(street: str, end: End) -> tuple[Shape, str, str] | None:
    """Return the shape of a street in French, the street, and the town behind it."""
    if end.country != "CA":
        return None
    trial = replace(end)
    parts = french.parse_french_street(f"1 {street}", trial, units.Inside())
    if not parts or not trial.city or not street.endswith(trial.city):
        return None
    del parts["house_number"], parts["house_number_suffix"]
    return Shape(parts, SURE), street.removesuffix(trial.city).strip(" ,"), trial.city


def split_french_middle(street: str, end: End) -> tuple[str, str]:
    """Return a street in French and what stands behind its direction: "rue Laurier Est Tour B"."""
    if end.country != "CA":
        return street, ""
    inside = units.Inside()
    with_city = replace(end, city=end.city or "x")
    parts = french.parse_french_street(f"1 {street}", with_city, inside)
    if not parts or not inside.building or not street.endswith(inside.building):
        return street, ""
    return street.removesuffix(inside.building).strip(" ,"), inside.building


def split_town(street: str, end: End) -> tuple[Shape, str, str] | None:
    """Return the shape of a street, the street, and the town behind it: "Main St Springfield".

    Only for an address of which no city is known yet.
    """
    words = street.split()
    for stop in range(2, len(words)):
        shape = read_shape(" ".join(words[:stop]), end)
        town = " ".join(words[stop:])
        if not shape or shape.score < SURE or len(words) - stop > 4 or re.search(r"[\d,]", town):
            continue
        while stop < len(words) - 1 and words[stop].strip(".").upper() in TWO_LETTERS:
            stop += 1
        whole = " ".join(words[:stop])
        if shape := read_shape(whole, end):
            return shape, whole, " ".join(words[stop:])
    return None
