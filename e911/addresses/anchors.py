"""Find where the address ends: the city, state and code that belong together, from the right.

Whatever stands behind that end is not lost: it is a unit, the country, the city once more, a second
address, or it is set aside.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from e911.addresses import boxes, endings, places, units
from e911.addresses.candidates import find_in_text
from e911.addresses.civic import Remark
from e911.addresses.endings import End
from e911.addresses.pieces import cut_pieces
from e911.addresses.street_shape import SURE

CODES = re.compile(
    r"(?<![\w-])(?:\d{5}(?:-\d{4}|\s\d{4}(?=\s*(?:,|$)))?(?![\w-])"
    r"|[a-z]\d[a-z][\s.-]?\d[a-z]\d(?!\w))",
    re.IGNORECASE,
)
STATE_BEHIND = re.compile(r"[\s,]+\(?([^\W\d]+(?:\s[^\W\d]+){0,2})")
OUR_NAMES = ("canada", "can")


@dataclass
class Anchor:
    """The end that was cut off, the text behind it, and where other addresses end."""

    end: End
    behind: str = ""
    others: list[tuple[int, int]] = field(default_factory=list)


def belongs_together(end: End) -> bool:
    """Tell whether an end has a state or province and a code that is in it."""
    code = end.postal_code
    if not code or not end.state:
        return False
    if code[0].isdigit():
        known = places.find_zip(code)
        return known is not None and known.state == end.state
    return end.state in places.list_regions("CA") and places.is_code_in_province(end.state, code)


def is_same_code(one: str, other: str) -> bool:
    """Tell whether two ZIP or postal codes are one, whatever their form."""
    return re.sub(r"\W", "", one)[:5].upper() == re.sub(r"\W", "", other)[:5].upper()


def find_anchor(text: str, country: str) -> Anchor:
    """Return where an address ends. `country` is what it is taken for if the text doesn't tell."""
    end = endings.cut_end(text, country)
    codes = list(CODES.finditer(text))
    if end.state and end.postal_code and is_last_code(end, codes):
        if codes:
            add_foreign_country(end, text[codes[-1].end() :])
        others = [
            match.span()
            for match in codes[:-1]
            if belongs_together(endings.cut_end(text[: match.end()], country))
            and not is_same_code(match.group(), end.postal_code)
        ]
        return Anchor(end, "", others)
    if anchor := search_from_right(text, country, codes, end):
        add_foreign_country(anchor.end, anchor.behind)
        return anchor
    if not (end.state or end.postal_code):
        end_before_unit = endings.cut_end(move_unit_first(text), country)
        if end_before_unit.state or end_before_unit.postal_code:
            return Anchor(end_before_unit)
        if end.country in ("", country):
            foreign = endings.has_code_before_city(end.rest)
            remarks = (Remark("country_not_served", "country"),) if foreign else ()
            return Anchor(End(text, country, remarks=remarks))
    return Anchor(end)


def is_last_code(end: End, codes: list[re.Match[str]]) -> bool:
    """Tell whether the code that was cut off an address is the last one in its text."""
    if len(codes) < 2:
        return True
    last = places.normalize_postal_code(end.country, codes[-1].group())
    return last == end.postal_code


def search_from_right(
    text: str, country: str, codes: list[re.Match[str]], whole: End
) -> Anchor | None:
    """Return the last code in a text that ends an address, with the state before or behind it."""
    anchor = None
    for match in reversed(codes):
        end, stop = cut_at_code(text, match, country)
        is_end = belongs_together(end)
        if not is_end and end.postal_code and not end.state:
            is_end = endings.find_city_at_end(end.rest, end.postal_code) is not None
        elif not is_end and end.postal_code and anchor is None:
            is_end = not whole.postal_code  # a code that contradicts its state ends it all the same
        if not is_end:
            continue
        if anchor is None:
            anchor = Anchor(end, text[stop:])
        elif not is_same_code(match.group(), anchor.end.postal_code):
            anchor.others.append(match.span())
    return anchor


def cut_at_code(text: str, match: re.Match[str], country: str) -> tuple[End, int]:
    """Return the end of the text up to a code, or up to the state behind it, and where that is."""
    end = endings.cut_end(text[: match.end()], country)
    behind = STATE_BEHIND.match(text, match.end())
    if end.state or not behind:
        return end, match.end()
    words = behind.group(1)
    for name in (words, words.rpartition(" ")[0], words.partition(" ")[0]):
        if name and (places.find_region("US", name) or places.find_region("CA", name)):
            stop = behind.start(1) + len(name)
            longer = endings.cut_end(text[:stop], country)
            if belongs_together(longer):
                return longer, stop
    return end, match.end()


def move_unit_first(text: str) -> str:
    """Return an address with the unit that stands behind its end put first: "… New York NY 10007 Rm
    230".
    """
    for words, before in endings.split_last_words(text, 4):
        if units.take_out(words, units.Inside()).strip() == units.TAKEN:
            return f"{words}, {before}"
    return text


def add_foreign_country(end: End, behind: str) -> None:
    """Add a remark on a country behind the end that is neither of ours."""
    for piece in re.split(r"[,\n]", behind):
        name = places.normalize_name(piece)
        code = places.country_names().get(name, "") if len(name) > 2 or name == "uk" else ""
        if code and code not in places.SERVED:
            remark = Remark("country_not_served", "country", piece.strip())
            end.remarks = (*end.remarks, remark)
            return


def find_contradicting_country(text: str, end: End) -> str:
    """Return the country that a text names at its end and its code contradicts, or nothing."""
    last = text.rpartition(",")[2].strip()
    name = places.normalize_name(last)
    if not end.postal_code:
        return ""
    if end.country == "CA":
        return last if name in places.UNITED_STATES else ""
    is_us = end.country == "US" and end.postal_code[0].isdigit()
    return last if is_us and name == "canada" else ""


def drop_repeated_city(end: End) -> None:
    """Take away the city, and its state, where the end has them once more: "Macon, GA, Macon, GA
    31201".
    """
    city = places.normalize_city(end.city)
    while city:
        before, comma, last = end.rest.rpartition(",")
        name = places.normalize_city(last)
        if not comma:
            return
        if name in (city, f"{city} {places.normalize_city(end.state)}"):
            end.rest = before.rstrip(" ,")
            continue
        is_state = end.state and places.find_region(end.country, last) == end.state
        head, _, tail = before.rstrip(" ,").rpartition(",")
        if not is_state or not places.normalize_city(tail).endswith(city):
            return
        end.rest = before.rstrip(" ,")
        if places.normalize_city(tail) == city:
            end.rest = head.rstrip(" ,")
        elif found := endings.find_city_at_end(end.rest, end.postal_code, end.state):
            end.rest = found[1]


def read_behind(behind: str, end: End, inside: units.Inside, set_aside: list[str]) -> list[Remark]:
    """Take what stands behind the end: units go to `inside`, what is no part of the address to
    `set_aside`. Return remarks on boxes and on a second address.
    """
    rest, found = boxes.take_out(behind.strip(" ,;.-)"), country=end.country, state=end.state)
    remarks = [Remark(code, "street", text) for code, text in found]
    for piece in cut_pieces(rest, set(), set_aside):
        if is_said_already(piece.text, end):
            continue
        within = units.Inside()
        if not units.take_out(piece.text, within).strip(f" ,{units.TAKEN}"):
            inside.add_all(within)
            continue
        if any(each.score > SURE for each in find_in_text(piece.text, 0, end)):
            remarks.append(Remark("two_addresses", "street", piece.text[:60]))
        set_aside.append(piece.text)
    return remarks


def is_said_already(text: str, end: End) -> bool:
    """Tell whether a text is the country, the city or the state of an end."""
    name = places.normalize_name(text)
    return (
        name in places.UNITED_STATES
        or name in OUR_NAMES
        or places.normalize_city(text) == places.normalize_city(end.city)
        or (bool(end.state) and places.find_region(end.country or "US", text) == end.state)
    )
