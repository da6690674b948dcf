"""Parse the street line: what is left of an address once its end is cut off."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import Any

import usaddress

from e911.addresses import boxes, endings, french, places, streets, units
from e911.addresses.civic import CivicAddress, Remark, join_parts
from e911.addresses.endings import End

# The model is one object for all threads.
LOCK = threading.Lock()
NUMBER_WORDS = places.split_words("one two three four five six seven eight nine ten eleven twelve")
SOME_NUMBER = re.compile(rf"\d|\b(?:{'|'.join(NUMBER_WORDS)})\b", re.IGNORECASE)
ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.IGNORECASE)
HOUSE_NUMBER = re.compile(
    r"(\d+[a-z]?(?:-\d+[a-z]?|-[a-z])?)(?:\s+(\d/\d))?(?=[\s,]|$)[\s,]*", re.IGNORECASE
)
# A number later in the line, with what comes before and behind.
LATER_NUMBER = re.compile(
    r"(?P<building>\D\S.*?|\d+\D.*?)\s(?P<line>\d{1,5}[a-z]?\s(?P<street>\S.*))", re.IGNORECASE
)
UNIT_WORD = rf"(?:(?:{units.SURE})\b\.?\s*)?\#?\s*"
UNIT_AND_NUMBER = re.compile(
    rf"({UNIT_WORD})([a-z]{{0,3}}\d+[a-z]?)(\s*-\s*)(\d+[a-z]?)(,?)\s+(\S.*)", re.IGNORECASE
)
NUMBER_AND_NAME = re.compile(
    r"(\d+[a-z]?)\s+-\s+(\d+(?:st|nd|rd|th|e|er|re)\b.*|\D.*)", re.IGNORECASE
)


def parse_without_end(end: End) -> CivicAddress:
    """Return the address whose end is cut off already, the city perhaps excepted."""
    rest, found = boxes.take_out(end.rest, country=end.country, state=end.state)
    end.rest = squeeze_spaces(rest)
    if end.state in places.MILITARY and all(code != "military" for code, _ in found):
        found.append(("military", end.state))
    if not end.city:
        endings.cut_city(end, street_gone=bool(found))
    inside = units.Inside()
    if end.country == "CA":
        end.rest = take_leading_unit(end.rest, inside)
    line = find_street_line(units.take_out(end.rest, inside, state=end.state), end, inside)
    parts: dict[str, Any] = (
        french.parse_french_street(line, end, inside) if end.country == "CA" else None
    ) or parse_english_street(line, end, inside)
    remarks = [*end.remarks, *(Remark(code, "street", text) for code, text in found)]
    if is_intersection(line, parts, parts.pop("intersection", "")):
        remarks.append(Remark("intersection", "street", line))
    if parts.get("house_number") and parts.get("street_name"):
        # The route is only the mail's way to a place that has an address of its own.
        remarks = [
            replace(each, code="rural_route_beside") if each.code == "rural_route" else each
            for each in remarks
        ]
    remarks += [Remark("unit_without_number", "unit", kind) for kind in inside.without_number]
    return CivicAddress(
        country=end.country,
        state=end.state,
        county=end.county if end.city else "",
        city=end.city or end.county,
        postal_code=end.postal_code,
        building=inside.building,
        floor=inside.floor,
        unit_type=inside.unit_type,
        unit=inside.unit,
        room=inside.room,
        remarks=tuple(remarks),
        **parts,
    )


def squeeze_spaces(text: str) -> str:
    """Return text without doubled commas and spaces."""
    return re.sub(r"\s*,[\s,]*", ", ", " ".join(text.split())).strip(" ,;-")


def take_leading_unit(line: str, inside: units.Inside) -> str:
    """Take out the unit that Canadians write before the house number: "202-121 14th Street" is unit
    202 at 121.
    """
    if match := NUMBER_AND_NAME.fullmatch(line):
        return f"{match.group(1)} {match.group(2)}"
    if not (match := UNIT_AND_NUMBER.fullmatch(line)):
        return line
    word, unit, dash, number, comma, street = match.groups()
    if word and comma:
        return line  # "Unit 06-305, 86 Main St"
    kind, *others = places.normalize_name(street).split() or [""]
    if (
        not word
        and is_street_kind(kind)
        and (" " in dash or streets.DIRECTIONS.keys() >= set(others))
    ):
        return f"{unit} {number} {street}"  # "100 - 8 Avenue SW", "10715-124 Street"
    numbers = not word and unit.isdigit() and number.isdigit() and len(unit) == len(number) > 2
    if numbers and 0 < int(number) - int(unit) <= 20:
        return line  # one building with several numbers
    inside.add_unit(word.strip(" .#"), unit)
    return f"{number} {street}"


def find_street_line(text: str, end: End, inside: units.Inside) -> str:
    """Return the street line of a text whose units are taken out: the first piece with a number, or
    the first.
    """
    pieces = [piece for piece in map(squeeze_spaces, text.split(units.TAKEN)) if piece]
    at = next((at for at, piece in enumerate(pieces) if SOME_NUMBER.search(piece)), 0)
    line = pieces[at] if pieces else ""
    for piece in pieces[at + 1 :]:
        if places.normalize_name(piece) in streets.DIRECTIONS:
            line = f"{line} {piece}"
        else:
            french.take_middle(piece, end, inside)
    return line


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
    "IntersectionSeparator": "intersection",
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
    if not line:
        return {}
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
    elif (
        not made.get("house_number")
        and (match := LATER_NUMBER.fullmatch(line))
        and is_building_then_street(match)
    ):
        inside.add_building("", match["building"].strip(" ,"))
        return parse_english_street(match["line"], end, inside)
    elif not made.get("street_name"):
        made |= parse_nameless_street(street, made)
    return made


def is_building_then_street(match: re.Match[str]) -> bool:
    """Tell whether a line is a building called like a street, then an address: "Fifth Avenue Place
    237 4th Ave SW".
    """
    name = places.normalize_name(match["building"]).split()
    return (
        len(name) > 1
        and name[-1] not in streets.NUMBERED
        and looks_like_street(match["building"])
        and looks_like_street(match["street"])
    )


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


SEPARATOR = re.compile(r"\s+(?:and|at|et)\s+|\s*[@&]\s*|\s+/\s+", re.IGNORECASE)
CORNER = re.compile(
    r"^(?:corner|intersection|junction|jct|angle|coin)\b|\b(?:corner of|angle)\b", re.IGNORECASE
)


def is_intersection(line: str, parts: dict[str, str], separator: str) -> bool:
    """Tell whether a line names two streets, `separator` being what the model took for the word
    between them.

    Behind a house number both sides must look like streets: "1 Lewis and Clark Rd" is one.
    """
    first, *others = SEPARATOR.split(line)
    both = bool(others) and looks_like_street(first) and all(map(looks_like_street, others))
    if parts.get("house_number"):
        return both or (
            len(others) == 1 and looks_like_street(first) and others[0].strip(" ,").isdigit()
        )
    return both or bool(separator) or bool(CORNER.search(line))


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


def is_street_kind(word: str) -> bool:
    """Tell whether a word, as `places.normalize_name` makes it, is a kind of street."""
    return (
        word in usaddress.STREET_NAMES or word in streets.MORE_KINDS or word in streets.FRENCH_KINDS
    )
