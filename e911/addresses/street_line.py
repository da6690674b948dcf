"""Ask the model (usaddress) which word of a street line is what, if no city is known.

Only then: where a comma, a known city or a sure street type separates them, `street_shape` is
surer.
"""

from __future__ import annotations

import re
import threading

import usaddress

from e911.addresses import places, streets, units
from e911.addresses.civic import join_parts
from e911.addresses.endings import End
from e911.addresses.street_words import looks_like_street

# The model is one object for all threads.
LOCK = threading.Lock()
NUMBER_WORDS = places.split_words("one two three four five six seven eight nine ten eleven twelve")
ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
HOUSE_NUMBER = re.compile(
    r"(\d+[a-z]?(?:-\d+[a-z]?|-[a-z])?)(?:\s+(\d/\d))?(?=[\s,]|$)[\s,]*", re.IGNORECASE
)


def squeeze_spaces(text: str) -> str:
    """Return text without doubled commas and spaces."""
    return re.sub(r"\s*,[\s,]*", ", ", " ".join(text.split())).strip(" ,;-")


# Which part each label of the model is.
PARTS = {
    "AddressNumberPrefix": "house_number",
    "AddressNumber": "house_number",
    "AddressNumberSuffix": "house_number_suffix",
    "StreetNamePreDirectional": "pre_directional",
    "StreetNamePreModifier": "street_name",
    "StreetNamePreType": "street_name",
    "StreetName": "street_name",
    "StreetNamePostType": "street_type",
    "StreetNamePostDirectional": "post_directional",
}
UNIT_LABELS = frozenset(
    {"OccupancyType", "OccupancyIdentifier", "SubaddressType", "SubaddressIdentifier"}
)
BUILDING_LABELS = frozenset({"BuildingName", "LandmarkName"})
CITY_LABELS = frozenset({"PlaceName", "StateName"})


def parse_english_street(line: str, end: End, inside: units.Inside) -> dict[str, str]:
    """Return the parts of a street line as the model labels its words; the city too, where none is
    known yet.
    """
    number = None if ORDINAL.match(line) else HOUSE_NUMBER.match(line)
    street = line[number.end() :] if number else line
    # A number such as "905A" or "12 1/2" makes the model doubt all the rest, and it knows no
    # Canada.
    digits = re.match("[0-9]{1,5}", line)
    shown = f"{digits.group()} {street}" if number and digits else line
    state, code = (
        (end.state, end.postal_code[:5]) if end.country == "US" and end.state else ("IL", "62701")
    )
    with LOCK:
        labelled = usaddress.parse(
            f"{shown}, {end.city}, {state} {code}" if end.city else f"{shown} {state} {code}"
        )
    made = assemble_street(labelled[: len(usaddress.tokenize(shown))], end, inside)
    if number and made.get("house_number", "0").isdigit():
        made["house_number"] = number.group(1)
        made["house_number_suffix"] = number.group(2) or made.get("house_number_suffix", "")
    if number and not street:
        made["street_name"] = ""
    elif not made.get("street_name"):
        made |= parse_nameless_street(street, made)
    return made


def assemble_street(
    labelled: list[tuple[str, str]], end: End, inside: units.Inside
) -> dict[str, str]:
    """Return the parts of a street line from the labels of its words."""
    parts: dict[str, list[str]] = {}
    unit: list[tuple[str, str]] = []
    building: list[str] = []
    city: list[str] = []
    before, city_apart = "", False
    for raw, label in labelled:
        word, part = raw.rstrip(",;").lstrip("("), PARTS.get(label)
        if part == "house_number" and (
            not is_number(word) or places.normalize_name(before) in streets.NUMBERED
        ):
            part = "street_name"
        if part == "house_number" and (parts.get("street_name") or parts.get("street_type")):
            unit.append(("OccupancyIdentifier", word))
        elif part:
            parts.setdefault(part, []).append(word)
        elif label in UNIT_LABELS or (re.search(r"\d", word) and parts.get("street_name")):
            if (
                word.isdigit()
                and not unit
                and streets.is_number_part_of_street(before, parts.get("street_name", []))
            ):
                parts["street_name"] = [
                    *parts.get("street_name", []),
                    *parts.pop("street_type", []),
                    word,
                ]
            else:
                unit.append((label, word))
        elif label in BUILDING_LABELS:
            building.append(word)
        elif label in CITY_LABELS:
            city_apart = city_apart if city else before.endswith(",")
            city.append(word)
        before = raw
    made = {part: " ".join(words) for part, words in parts.items()}
    if not city_apart:
        give_back(city, made, follows_unit=bool(unit))
    take_units(unit, inside)
    if places.normalize_name(" ".join(city)) in streets.DIRECTIONS and not made.get(
        "post_directional"
    ):
        made["post_directional"] = " ".join(city)
    elif end.city:
        building += city
    else:
        end.city = " ".join(city)
    if building and made.get("street_name"):
        inside.add_building("", " ".join(building))
    for part in {"pre_directional", "post_directional", "street_type"} & made.keys():
        made[part] = made[part].replace(".", "")
    return made


def give_back(city: list[str], made: dict[str, str], *, follows_unit: bool) -> None:
    """Give back to the street the words of which the model made a city, since it likes to see one
    at the end.
    """
    while city and (
        (kind := places.normalize_name(city[0]) in streets.COMMON_KINDS)
        or not made.get("street_name")
        or not (made.get("street_type") or follows_unit)
    ):
        name = join_parts(made.get("street_name", ""), made.pop("street_type", ""))
        made |= (
            {"street_name": name, "street_type": city[0]}
            if kind
            else {"street_name": join_parts(name, city[0])}
        )
        del city[0]


def parse_nameless_street(street: str, made: dict[str, str]) -> dict[str, str]:
    """Return the parts of a street that the model saw no name in: one called West, or taken for a
    building.
    """
    if made.get("street_type"):
        for part in ("post_directional", "pre_directional"):
            if made.get(part):
                return {"street_name": made[part], part: ""}
    recognised = join_parts(
        made.get("pre_directional", ""),
        made.get("street_type", ""),
        made.get("post_directional", ""),
    )
    more = len(recognised) < len(street) and bool(re.search(r"[^\W\d]{2}", street))
    more = more and places.normalize_name(street) not in streets.DIRECTIONS
    if more and (made.get("house_number") or looks_like_street(street)):
        return {
            "street_name": street,
            "pre_directional": "",
            "street_type": "",
            "post_directional": "",
        }
    return {"street_name": made.get("street_type", ""), "street_type": ""}


def is_number(text: str) -> bool:
    """Tell whether a word can be a house number: "12", "N165", "One", but not "12th"."""
    if text.casefold().strip(".") in NUMBER_WORDS:
        return True
    return bool(re.search(r"\d", text)) and not ORDINAL.fullmatch(text)


def take_units(labelled: list[tuple[str, str]], inside: units.Inside) -> None:
    """Take the units that the model found beyond those found by their words."""
    kind: list[str] = []
    ids: list[str] = []
    for label, word in [*labelled, ("Type", "")]:
        if label.endswith("Type"):
            if ids:
                inside.add_unit(" ".join(kind), " ".join(ids))
                kind, ids = [], []
            kind.append(word.rstrip("."))
        elif word != "#":
            ids.append(word)
