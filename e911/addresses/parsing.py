"""Read what somebody typed or pasted: one text, or the fields of the dialog.

Both ways lead to the same reader (`reading`), so that they give the same verdict.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import replace

from e911.addresses import aside, endings, places, units
from e911.addresses.civic import CivicAddress, Remark
from e911.addresses.cleaning import clean_text
from e911.addresses.endings import End
from e911.addresses.reading import Reading, read_street_field, read_text
from e911.addresses.street_words import is_street_kind

__all__ = [
    "FIELDS",
    "CivicAddress",
    "Reading",
    "Remark",
    "compare_texts",
    "is_street_kind",
    "parse_address",
    "parse_parts",
    "read_fields",
    "read_text",
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
    """Return the likeliest address of a text; `read_text` tells whether it is the only one."""
    return read_text(text, country).address


def parse_parts(**fields: str) -> CivicAddress:
    """Return the likeliest address of the dialog's fields; `read_fields` tells whether it is the
    only one.
    """
    return read_fields(**fields).address


def read_fields(**fields: str) -> Reading:
    """Read the dialog's fields, named as in FIELDS; those that are missing are empty.

    Units in the street line are moved to their place, names become codes. A whole address in the
    street line, with city, state and postal code left empty, is read as one.
    """
    typed, unreadable = clean_fields(**{name: fields.get(name, "") for name in FIELDS})
    if unreadable:
        return Reading((CivicAddress(remarks=tuple(unreadable)),))
    code = places.find_country(typed["country"])
    if typed["country"] and code not in places.SERVED:
        remark = Remark("country_not_served", "country", typed["country"])
        return Reading((CivicAddress(country=code, remarks=(remark,)),))
    code = code or next(
        (served for served in places.SERVED if places.find_region(served, typed["state"])), ""
    )
    reading = read_outside_fields(typed, code, fields.get("street", ""))
    return replace(
        reading, addresses=tuple(add_inside_fields(each, typed) for each in reading.addresses)
    )


def add_inside_fields(address: CivicAddress, typed: dict[str, str]) -> CivicAddress:
    """Return an address with what the fields say of the inside of the building."""
    inside = parse_inside_fields(typed)
    if address.unit or address.unit_type:
        inside.add_unit(address.unit_type, address.unit)
    missing = [Remark("unit_without_number", "unit", kind) for kind in inside.without_number]
    return replace(
        address,
        unit_type=inside.unit_type,
        unit=inside.unit,
        floor=inside.floor or address.floor,
        room=inside.room or address.room,
        building=inside.building or address.building,
        remarks=(*address.remarks, *missing),
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


def read_outside_fields(typed: dict[str, str], country: str, street: str) -> Reading:
    """Read what the dialog's fields say of street, city, state and postal code.

    `street` is the street as typed, with its line breaks.
    """
    if not (typed["city"] or typed["state"] or typed["postal_code"]):
        return read_text(street, country)
    region = places.find_region(country, typed["state"]) if country else ""
    code = places.normalize_postal_code(country, typed["postal_code"])
    end = End(
        "",
        country=country,
        state=region,
        postal_code=code or typed["postal_code"].upper(),
        city=typed["city"].strip(" ,"),
    )
    if endings.is_british(typed["postal_code"]):
        end.remarks = (Remark("country_not_served", "country"),)
    elif typed["state"] and not region:
        end.remarks = (Remark("state_unknown", "state", typed["state"]),)
    return read_street_field(clean_text(aside.strip_symbols(street), "street")[0], end)


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
    if number := units.FLOOR_NUMBER.fullmatch(inside.floor):
        inside.floor = number["id"]
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
