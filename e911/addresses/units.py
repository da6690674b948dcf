"""What finds the desk within a building: unit, floor, room, building, in English and French."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

# Every spelling of a kind of unit, without dots, with the word it is kept as.
KINDS = {
    spelling: name
    for name, spellings in {
        "Apt": "apt|apartment|apmt|aprt|appt|apts|app|appartement",
        "Suite": "ste|suite|suit",
        "Unit": "unit|unité|unite",
        "Office": "office|ofc",
        "Bureau": "bureau|bur",
        "Local": "local",
        "Porte": "porte",
        "Condo": "condo|condominium",
        "Trailer": "trlr|trailer",
        "Lot": "lot",
        "Space": "space|spc|sp",
        "Slip": "slip",
        "Hangar": "hangar|hngr",
        "Dept": "dept|department|dpt",
        "Penthouse": "ph|penthouse",
        "Stop": "stop",
        "Desk": "desk|cubicle|cube",
        "Mailbox": "mailbox|mail box|pmb",
        "Mail stop": "mail stop|mailstop|mail code|mc|ms",
        "Studio": "studio",
        "Villa": "villa",
        "Townhouse": "townhouse|townhome",
        "Door": "door",
        "Dorm": "dorm",
        "Bay": "bay",
        "Basement": "bsmt|basement",
    }.items()
    for spelling in spellings.split("|")
}
# What may be offered in a list; others are taken as typed.
OFFERED = (
    "Apt",
    "Suite",
    "Unit",
    "Office",
    "Bureau",
    "Local",
    "Condo",
    "Dept",
    "Lot",
    "Penthouse",
    "Space",
    "Trailer",
)
# These name a place by themselves.
ALONE_ENOUGH = frozenset({"Penthouse", "Basement"})

# With these a letter is number enough; the others are words of street names too.
SURE = (
    "apt|apartment|apmt|aprt|appt|apts|app|appartement|ste|suite|suit|unit|unité|unite|bureau"
    "|condo|trlr|trailer"
)
UNSURE = "|".join(sorted(set(KINDS) - set(SURE.split("|")), key=len, reverse=True))
ROOM = "room|rm|salle|pièce|piece|chambre"
BUILDING = (
    "building|bldg|bld|blg|édifice|edifice|immeuble|tower|twr|tour|pavillon|pav|bloc|block"
    "|blk|wing|aile|hall"
)
FLOOR = "floor|flr|flo|fl|étage|etage|niveau|level|lvl"
STORIES = (
    "ground|main|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|top|lower"
    "|upper|mezzanine|basement"
)

# Stands where something was taken out; no address that is read has it.
TAKEN = "|"
END = r"(?=\s*(?:[,|]|$))"
NO = r"(?:no(?![a-z])\.?\s*|\#\s*)*"
# "14", "14A", "B-12", "06-305", "14 A".
NUMBER = rf"(?P<id>[a-z]{{0,3}}-?\d[\w/-]*(?:\s?&\s?\d[\w-]*)?(?:\s[a-z]{END})?)"
WORDS = "one|two|three|four|five|six|seven|eight|nine|ten"


def compile_pattern(text: str) -> re.Pattern[str]:
    """Return a pattern that begins and ends where words do."""
    return re.compile(rf"(?<![\w'’-])(?:{text})(?![\w'’])", re.IGNORECASE)


FLOORS = [
    compile_pattern(
        rf"(?P<id>\d{{1,3}})\s?(?:st|nd|rd|th|e|er|ère|ème|ieme|ième)\s*(?:{FLOOR})\b\.?"
    ),
    compile_pattern(rf"(?P<id>{STORIES})\s+(?:floor|flr|fl|level)\b\.?"),
    compile_pattern(
        r"(?P<id>rez[- ]de[- ]chauss[ée]e|rdc|sous[- ]sol|mezzanine|penthouse\s+level)"
    ),
    compile_pattern(
        rf"(?:{FLOOR})\b\.?\s*\#?\s*"
        rf"(?P<id>\d{{1,3}}(?:st|nd|rd|th)?[a-z]?|[a-z]\d{{1,2}}|[a-z]{END})"
    ),
    compile_pattern(r"(?<=[\w.,]\s)(?P<id>\d{1,3})\s*(?:floor|flr|fl|étage|etage)\b\.?"),
]
ROOMS = [compile_pattern(rf"(?:{ROOM})\b\.?\s*{NO}{NUMBER}")]
BUILDINGS = [
    compile_pattern(
        rf"(?P<kind>{BUILDING})\b\.?\s*{NO}"
        rf"(?P<id>[a-z]?-?\d[\w-]*|[a-z]{{1,2}}(?=\s*[,|]|\s*$|\s+(?:{SURE}|{ROOM}|\#)\b))"
    )
]
UNITS = [
    compile_pattern(rf"(?P<kind>{SURE})\b\.?\s*{NO}{NUMBER}"),
    compile_pattern(
        rf"(?P<kind>{SURE})\b\.?\s*\#?\s*(?P<id>[a-z]{{1,2}}(?:\s?&\s?[a-z])?(?=\s|[,|]|$)|{WORDS})"
    ),
    compile_pattern(rf"(?P<kind>{UNSURE})\b\.?\s*{NO}{NUMBER}"),
    compile_pattern(rf"(?P<kind>penthouse|bsmt|basement){END}"),
    re.compile(rf"(?<!\w)\#\s*(?:{NUMBER}|(?P<letters>[a-z]{{1,2}}))(?!\w)", re.IGNORECASE),
]
WITHOUT_NUMBER = [
    compile_pattern(
        rf"(?P<kind>apartment|apt|appartement|suite|ste|unit|unité|bureau|room|rm)\b\.?\s*\#?{END}"
    )
]
SPANISH = re.compile(
    r"\b(?P<kind>oficina|ofic|piso|apto|apartamento)\b\.?\s*\#?\s*(?P<id>\d[\w-]*|[a-z]\b)",
    re.IGNORECASE,
)
SPANISH_KINDS = {"oficina": "Office", "ofic": "Office"}
ANY = re.compile(
    rf"\#|\b(?:{SURE}|{UNSURE}|{ROOM}|{BUILDING}|{FLOOR}|rez|rdc|sous|mezzanine)", re.IGNORECASE
)

# Between the house number and more words such a word is the street's: "45 Bay 20th St".
HOUSE_NUMBER = re.compile(
    r"(?:^|[,|])\s*\d[\w-]*(?:\s+1/2)?\s*(?:[nsew]{1,2}\.?|north|south|east|west)?\s*$",
    re.IGNORECASE,
)
MORE_WORDS = re.compile(r"\s*[^\s,|]")
RANCH_ROAD = re.compile(r"r\.?m\.?\s*\d{3,4}$", re.IGNORECASE)
NUMBERED_ROAD = re.compile(
    r"\b(?:route|rte|hwy|highway|county\s+r(?:oa)?d|state\s+r(?:oa)?d|cr|sr|fm|autoroute)\.?\s*$",
    re.IGNORECASE,
)
# Such a highway has a name, so that "#12" behind it is a unit.
NAMED_HIGHWAY = re.compile(
    r"\b(?!state|county|farm|business|township|provincial)[a-z]{4,}\s+(?:hwy|highway)\.?\s*$",
    re.IGNORECASE,
)
ORDINAL_END = re.compile(r"(?<=\d)(?:st|nd|rd|th)$", re.IGNORECASE)
# What may stand in the dialog's own field for the floor.
FLOOR_NUMBER = re.compile(r"(?P<id>\d{1,3})\s?(?:st|nd|rd|th)", re.IGNORECASE)


@dataclass
class Inside:
    """What finds somebody inside a building, and the kinds of unit that came without a number."""

    unit_type: str = ""
    unit: str = ""
    floor: str = ""
    room: str = ""
    building: str = ""
    without_number: list[str] = field(default_factory=list)

    def add_unit(self, kind: str, number: str) -> None:
        """Take a unit, or a building that is called like one; a second unit is written behind the
        first.
        """
        if re.fullmatch(BUILDING, kind, re.IGNORECASE):
            self.add_building(kind, number)
        elif not (self.unit or self.unit_type):
            self.unit_type, self.unit = name_unit_kind(kind), number
        elif (name_unit_kind(kind), number) != (self.unit_type, self.unit):
            self.unit = ", ".join(
                filter(None, (self.unit, f"{name_unit_kind(kind)} {number}".strip()))
            )

    def add_building(self, kind: str, name: str) -> None:
        """Take a building; a second one is written behind the first."""
        name = f"{kind} {name}".strip()
        if name != self.building:
            self.building = ", ".join(filter(None, (self.building, name)))

    def add_floor(self, _kind: str, number: str) -> None:
        """Take a floor, without its ordinal ending: "2nd" is "2"."""
        self.floor = self.floor or ORDINAL_END.sub("", number)

    def add_room(self, _kind: str, number: str) -> None:
        """Take a room."""
        self.room = self.room or number

    def add_all(self, more: Inside) -> None:
        """Take everything that was found elsewhere."""
        if more.unit or more.unit_type:
            self.add_unit(more.unit_type, more.unit)
        self.floor = self.floor or more.floor
        self.room = self.room or more.room
        if more.building:
            self.add_building("", more.building)
        self.without_number += more.without_number

    def miss_number(self, kind: str, _number: str) -> None:
        """Take a kind of unit that has no number behind it."""
        self.without_number.append(kind)


def name_unit_kind(kind: str) -> str:
    """Return the word that a kind of unit is kept as."""
    return KINDS.get(kind.casefold().replace(".", "").strip(), kind.strip())


def take_out(text: str, inside: Inside, *, state: str = "") -> str:
    """Return an address without what finds a person inside the building, TAKEN in its place; that
    goes to `inside`.
    """
    if not ANY.search(text):
        return text
    for patterns, take in (
        (FLOORS, inside.add_floor),
        (ROOMS, inside.add_room),
        (BUILDINGS, inside.add_building),
        (UNITS, inside.add_unit),
        (WITHOUT_NUMBER, inside.miss_number),
    ):
        for each in patterns:
            text = each.sub(partial(take_match, take=take, state=state), text)
    return text


def take_out_spanish(text: str, inside: Inside) -> str:
    """Return a text without units in Spanish ("Piso 9", "Oficina 1101"), TAKEN in their place."""

    def take(match: re.Match[str]) -> str:
        kind = match["kind"].casefold()
        if kind == "piso":
            inside.add_floor("", match["id"])
        else:
            inside.add_unit(SPANISH_KINDS.get(kind, "Apt"), match["id"])
        return f" {TAKEN} "

    return SPANISH.sub(take, text)


def take_match(match: re.Match[str], take: Callable[[str, str], None], state: str) -> str:
    """Take what a pattern found and return TAKEN, or return it as it is where it belongs to the
    street.
    """
    found, before = match.group(), match.string[: match.start()]
    if found.startswith("#"):
        if NUMBERED_ROAD.search(before) and not NAMED_HIGHWAY.search(before):
            return found
    elif before and HOUSE_NUMBER.search(before):
        ranch_road = state == "TX" and RANCH_ROAD.match(found)
        if ranch_road or MORE_WORDS.match(match.string, match.end()):
            return found
    groups = match.groupdict()
    take(groups.get("kind") or "", (groups.get("id") or groups.get("letters") or "").strip())
    return f" {TAKEN} "
