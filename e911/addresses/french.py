"""Street lines in French, which have a grammar of their own: number, kind of street, name,
direction.
"""

from __future__ import annotations

import re

from e911.addresses import places, streets, units
from e911.addresses.civic import join_parts
from e911.addresses.endings import End

NUMBER = r"(?:(?P<number>\d+\s?[a-z]?(?:\s1/2)?(?:-\d+[a-z]?)?)(?:\s*,\s*|\s+))?"
KIND = r"(?P<kind>[^\W\d_]+(?:-point)?)"
LINE = re.compile(rf"{NUMBER}{KIND}\b\.?\s+(?P<name>\S.*)", re.IGNORECASE)
ORDINAL_LINE = re.compile(
    rf"{NUMBER}(?P<name>\d+\s?(?:e|er|re|ère|iere|ière|eme|ème|ieme|ième))"
    rf"\s+{KIND}\b\.?(?P<rest>.*)",
    re.IGNORECASE,
)
DIRECTION = (
    r"(?P<direction>nord-est|nord-ouest|sud-est|sud-ouest|nord|sud|est|ouest|north|south|east|west"
    r"|[ns]\.?-?[eo]\.?|[nseow]\.?)(?=\s|,|$)"
)
FIRST = re.compile(rf"[\s,]*{DIRECTION}", re.IGNORECASE)
WITHIN = re.compile(rf"\s{DIRECTION}", re.IGNORECASE)
# With a number or a letter behind them these are English: "Avenue A", "Route 5".
ENGLISH_TOO = places.split_words("avenue av ave route rte square sq place parc")
# A name goes on behind these: "de la Cathédrale", "Saint Denis".
SMALL_WORDS = places.split_words("de du des la le les l d saint sainte st ste")


def parse_french_street(line: str, end: End, inside: units.Inside) -> dict[str, str] | None:
    """Return the parts of a street line, or None where it is not in French."""
    if (match := ORDINAL_LINE.fullmatch(line)) and places.normalize_name(
        match["kind"]
    ) in streets.FRENCH_KINDS:
        direction, rest = take_direction(match["rest"])
        take_middle(rest, end, inside)
        return split_number(match["number"]) | {
            "street_name": match["name"],
            "street_type": match["kind"],
            "post_directional": direction,
        }
    match = LINE.fullmatch(line)
    if not match or (kind := places.normalize_name(match["kind"])) not in streets.FRENCH_KINDS:
        return None
    name, _, rest = match["name"].partition(",")
    if not streets.ENGLISH_KINDS.isdisjoint(places.normalize_name(name).split()[-2:]):
        return None
    if kind in ENGLISH_TOO and re.fullmatch(r"\w|\d+", name):
        return None
    direction = ""
    if turn := WITHIN.search(name):
        behind = name[turn.end() :].strip(" ,")
        if not behind or not end.city or len(turn["direction"].strip(".")) > 1:
            direction, name = turn["direction"], name[: turn.start()]
            rest = join_parts(behind, rest.strip(" ,"))
    elif not end.city and not rest.strip(" ,"):
        name, rest = split_name_and_city(name)
    if not direction:
        direction, rest = take_direction(rest)
    take_middle(rest, end, inside)
    return split_number(match["number"]) | {
        "street_type_before": match["kind"],
        "street_name": name.strip(" ,"),
        "post_directional": direction.strip(" ."),
    }


def take_direction(text: str) -> tuple[str, str]:
    """Return the direction that a text starts with, and what follows."""
    match = FIRST.match(text)
    return (
        (match["direction"].strip("."), text[match.end() :].strip(" ,"))
        if match
        else ("", text.strip(" ,"))
    )


def split_name_and_city(text: str) -> tuple[str, str]:
    """Return the name of a street and the city behind it, where nothing stands between them."""
    words = text.split()
    at = next(
        (at for at, word in enumerate(words, 1) if places.normalize_name(word) not in SMALL_WORDS),
        len(words),
    )
    return " ".join(words[:at]), " ".join(words[at:])


def split_number(number: str | None) -> dict[str, str]:
    """Return a house number in its parts: "575 B" has a suffix, "575B" is one."""
    head, _, tail = (number or "").strip().partition(" ")
    return {"house_number": head, "house_number_suffix": tail}


def take_middle(text: str, end: End, inside: units.Inside) -> None:
    """Take what stands between street and city: the city itself where none is known yet, or else a
    place within it.
    """
    text = text.strip(" ,-")
    if text and not end.city and not re.search(r"\d", text):
        text, _, city = text.rpartition(",")
        end.city = city.strip()
    if text.strip():
        inside.add_building("", text.strip())
