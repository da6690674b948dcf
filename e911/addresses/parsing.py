"""Understanding an address that somebody typed or pasted: United States and Canada, English and
French.

First the end is cut off (`endings`), by what is known of places. Then what is no place (`boxes`)
and what is inside the building (`units`) are taken out by their words. Of the street alone
usaddress, a model trained on US addresses, says which word is what; French streets (`french`) it
does not know.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from e911.addresses import endings, places, units
from e911.addresses.civic import CivicAddress, Remark
from e911.addresses.cleaning import clean_text
from e911.addresses.endings import End
from e911.addresses.street_line import is_street_kind, parse_without_end

__all__ = [
    "FIELDS",
    "CivicAddress",
    "Remark",
    "compare_texts",
    "is_street_kind",
    "parse_address",
    "parse_parts",
]

# The fields of the dialog, in its order.
FIELDS = (
    "country",
    "street",
    "unit_type",
    "unit",
    "floor",
    "room",
    "building",
    "city",
    "state",
    "postal_code",
)


def parse_address(text: str, country: str = "") -> CivicAddress:
    """Return what a whole address says, written or pasted in one piece.

    `country` (US or CA) is what it is taken for where the text itself does not tell.
    """
    text, remarks = clean_text(text)
    if remarks:
        return CivicAddress(remarks=tuple(remarks))
    text = ", ".join(filter(None, (line.strip(" ,;") for line in text.splitlines())))
    end = endings.cut_end(text, places.find_country(country))
    if not (end.state or end.postal_code):
        end = endings.cut_end(move_unit_first(text), places.find_country(country))
    if end.country not in ("", *places.SERVED):
        return CivicAddress(country=end.country)
    return parse_without_end(end)


def move_unit_first(text: str) -> str:
    """Return an address with the unit that stands behind its end put first: "… New York NY 10007 Rm
    230".
    """
    for words, before in endings.split_last_words(text, 4):
        if units.take_out(words, units.Inside()).strip() == units.TAKEN:
            return f"{words}, {before}"
    return text


def parse_parts(
    *,
    country: str = "",
    street: str = "",
    unit_type: str = "",
    unit: str = "",
    floor: str = "",
    room: str = "",
    building: str = "",
    city: str = "",
    state: str = "",
    postal_code: str = "",
) -> CivicAddress:
    """Return what the dialog's fields say.

    Units in the street line are moved to their place, names become codes.

    A whole address in the street line, with city, state and postal code left empty, is read as one.
    """
    typed, unreadable = clean_fields(
        country=country,
        street=street,
        unit_type=unit_type,
        unit=unit,
        floor=floor,
        room=room,
        building=building,
        city=city,
        state=state,
        postal_code=postal_code,
    )
    if unreadable:
        return CivicAddress(remarks=tuple(unreadable))
    code = places.find_country(typed["country"])
    if typed["country"] and code not in places.SERVED:
        return CivicAddress(
            country=code, remarks=(Remark("country_not_served", "country", typed["country"]),)
        )
    code = code or next(
        (served for served in places.SERVED if places.find_region(served, typed["state"])), ""
    )
    address = parse_outside_fields(typed, code)
    inside = parse_inside_fields(typed)
    if address.unit or address.unit_type:
        inside.add_unit(address.unit_type, address.unit)
    return replace(
        address,
        unit_type=inside.unit_type,
        unit=inside.unit,
        floor=inside.floor or address.floor,
        room=inside.room or address.room,
        building=inside.building or address.building,
        remarks=(
            *address.remarks,
            *(Remark("unit_without_number", "unit", it) for it in inside.without_number),
        ),
    )


def clean_fields(**typed: str) -> tuple[dict[str, str], list[Remark]]:
    """Return the dialog's fields, each cleaned and in one line, and remarks on what isn't text."""
    cleaned: dict[str, str] = {}
    remarks: list[Remark] = []
    for name, text in typed.items():
        plain, problems = clean_text(text, name)
        cleaned[name] = " ".join(plain.split())
        remarks += problems
    return cleaned, remarks


def parse_outside_fields(typed: dict[str, str], country: str) -> CivicAddress:
    """Return what the dialog's fields say of street, city, state and postal code."""
    if not (typed["city"] or typed["state"] or typed["postal_code"]):
        return parse_address(typed["street"], country)
    region = places.find_region(country, typed["state"]) if country else ""
    end = End(
        typed["street"],
        country=country,
        state=region,
        postal_code=places.normalize_postal_code(country, typed["postal_code"])
        or typed["postal_code"].upper(),
        city=typed["city"].strip(" ,"),
    )
    end.rest = remove_city(end)
    address = parse_without_end(end)
    if typed["state"] and not region:
        remark = Remark("state_unknown", "state", typed["state"])
        address = replace(address, remarks=(*address.remarks, remark))
    return address


def remove_city(end: End) -> str:
    """Return the street line without the city that was typed there once more."""
    head, comma, last = end.rest.rpartition(",")
    again = endings.cut_end(end.rest, end.country)
    if again.postal_code and again.postal_code == end.postal_code:
        head, comma, last = again.rest.rpartition(",")
    return (
        head
        if comma and end.city and places.normalize_city(last) == places.normalize_city(end.city)
        else end.rest
    )


def parse_inside_fields(typed: dict[str, str]) -> units.Inside:
    """Return what the dialog's fields say of the inside of a building, with or without the field's
    word: "Suite 5".
    """
    inside = units.Inside(building=typed["building"])
    for name in ("floor", "room", "unit"):
        within = units.Inside()
        if units.take_out(typed[name], within).strip(f" ,{units.TAKEN}") or not getattr(
            within, name
        ):
            within = units.Inside()
            text = re.sub(r"^(?:\#|no\b\.?)\s*", "", typed[name], flags=re.IGNORECASE)
            setattr(within, name, text)
        setattr(inside, name, getattr(within, name))
        inside.unit_type = units.name_unit_kind(typed["unit_type"]) or within.unit_type
    if inside.unit_type and not inside.unit and inside.unit_type not in units.ALONE_ENOUGH:
        inside.miss_number(typed["unit_type"], "")
    return inside


def compare_texts(typed: str, suggested: str) -> list[tuple[str, bool]]:
    """Return the suggested text in pieces, each with whether it differs from what was typed (R29).

    Case, dots and commas are no difference.
    """
    words = suggested.split()
    old, new = (
        [places.normalize_name(word) for word in text.split()] for text in (typed, suggested)
    )
    pieces: list[tuple[str, bool]] = []
    for kind, _start, _end, start, end in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        if end > start:
            pieces.append((" ".join(words[start:end]), kind != "equal"))
    return pieces
