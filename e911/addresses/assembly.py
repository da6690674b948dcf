"""Build the address from the house that was chosen: units, buildings, what is set aside."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from e911.addresses import aside, evidence, places, units
from e911.addresses.candidates import LETTERED_UNIT, LONE_UNIT, Candidate
from e911.addresses.civic import CivicAddress, Remark
from e911.addresses.endings import End
from e911.addresses.pieces import Piece
from e911.addresses.street_line import parse_english_street
from e911.addresses.street_words import is_intersection

# Names of neighborhoods and buildings in Puerto Rico, which stand before or behind the street.
URBANIZATION = re.compile(
    r"(?:urb(?:anizaci[oó]n)?|cond(?:ominio)?|res(?:idencial)?|reparto|parc(?:elas)?|sector"
    r"|barrio|bo|edif(?:icio)?|villas?|ext|jard(?:ines)?|mansiones|estancias|alturas|quintas)\b"
    r"\.?\s+\S",
    re.IGNORECASE,
)
MAIL_SHOP = re.compile(r"(?<![a-z])pmb(?![a-z])", re.IGNORECASE)
UNIT_WORDS = re.compile(r"\W|suite|unit|apt")
LONGEST_BUILDING = 60


@dataclass
class Draft:
    """An address being built: its end, what is inside the building, remarks, what was set aside."""

    end: End
    inside: units.Inside = field(default_factory=units.Inside)
    remarks: list[Remark] = field(default_factory=list)
    set_aside: list[str] = field(default_factory=list)

    def copy(self) -> Draft:
        """Return a draft that can be completed without changing this one."""
        inside = replace(self.inside, without_number=list(self.inside.without_number))
        return Draft(replace(self.end), inside, list(self.remarks), list(self.set_aside))

    def keep_or_set_aside(self, text: str) -> None:
        """Keep the name of a building; set a company's aside."""
        last = places.normalize_name(text).split()[-1:]
        if not last:
            return
        if URBANIZATION.match(text) or not evidence.BUILDING_ENDINGS.isdisjoint(last):
            self.inside.add_building("", text)
        else:
            self.set_aside.append(text)

    def keep_between(self, text: str) -> None:
        """Keep what stands between street and city, units taken out, as a place within it."""
        for left in text.split(units.TAKEN):
            left = " ".join(left.split()).strip(" ,-&.")
            if not re.search(r"\w", left):
                continue
            if len(left) > LONGEST_BUILDING or aside.ATTENTION.match(left):
                self.set_aside.append(left)
            else:
                self.inside.add_building("", left)


def build_address(
    best: Candidate, pieces: Sequence[Piece], draft: Draft, houses: Set[int]
) -> CivicAddress:
    """Return the address with this candidate as its house; completes the draft.

    `houses` are the indices of the pieces that could be a house.
    """
    end, inside = draft.end, draft.inside
    read_before(best, pieces, draft)
    read_after(best, draft)
    if best.unit:
        inside.add_unit(best.unit_type, best.unit)
    end.city = end.city or best.town
    parts: dict[str, Any] = best.parts
    if not end.city:
        parts = ask_model(best, draft)
        end, inside = draft.end, draft.inside
    for at, piece in enumerate(pieces[best.piece + 1 :], best.piece + 1):
        if at in houses:
            draft.keep_or_set_aside(piece.text)
        elif match := LETTERED_UNIT.fullmatch(piece.text):
            inside.add_unit(match["kind"], match["id"])
        elif LONE_UNIT.fullmatch(piece.text):
            inside.add_unit("", piece.text)
        else:
            draft.keep_between(take_units(piece.text, draft))
    around = " ".join((best.after, *(piece.text for piece in pieces)))
    draft.remarks += find_remarks(best, around, draft)
    if parts.get("street_name"):
        # The route is only the mail's way to a place that has an address of its own.
        draft.remarks = [
            replace(each, code="rural_route_beside") if each.code == "rural_route" else each
            for each in draft.remarks
        ]
    return CivicAddress(
        country=end.country,
        state=end.state,
        county=end.county if end.city else "",
        city=end.city or end.county,
        postal_code=end.postal_code,
        house_number=best.number,
        house_number_suffix=best.suffix,
        building=inside.building,
        floor=inside.floor,
        unit_type=inside.unit_type,
        unit=inside.unit,
        room=inside.room,
        remarks=tuple(draft.remarks),
        **parts,
    )


def read_before(best: Candidate, pieces: Sequence[Piece], draft: Draft) -> None:
    """Take what stands before the house: a piece that is nothing but a unit is one."""
    for piece in pieces[: best.piece]:
        if not take_whole_unit(piece.text, draft):
            draft.keep_or_set_aside(piece.text)
    if LONE_UNIT.fullmatch(best.before):
        draft.inside.add_unit("", best.before)
    elif best.before and not take_whole_unit(best.before, draft):
        draft.keep_or_set_aside(best.before)


def take_whole_unit(text: str, draft: Draft) -> bool:
    """Take a text that is nothing but units; tell whether it was."""
    within = units.Inside()
    left = units.take_out(text, within, state=draft.end.state)
    if left.strip(f" ,&{units.TAKEN}"):
        return False
    draft.inside.add_all(within)
    return True


def read_after(best: Candidate, draft: Draft) -> None:
    """Take the units behind the street, and the city if only they stand between it and the
    street.
    """
    if not best.after:
        return
    left = take_units(best.after, draft)
    bare = left.replace(units.TAKEN, " ").strip(" ,")
    if not draft.end.city and bare and not re.search(r"\d", bare):
        draft.end.city = bare
    else:
        draft.keep_between(left)


def take_units(text: str, draft: Draft) -> str:
    """Return a text without its units, in English or Spanish, TAKEN in their place."""
    spanish = units.take_out_spanish(text, draft.inside)
    return units.take_out(spanish, draft.inside, state=draft.end.state)


def ask_model(best: Candidate, draft: Draft) -> dict[str, str]:
    """Return the parts of the street and find the city, where only the model can tell.

    What the model takes from several places in the line is no street.
    """
    end, inside = replace(draft.end), replace(draft.inside)
    read = parse_english_street(f"{best.number} {best.street}", end, inside)
    parts: dict[str, Any] = {
        name: text for name, text in read.items() if not name.startswith("house_number")
    }
    street = places.normalize_name(CivicAddress(**parts).street)
    if f" {street} " not in f" {places.normalize_name(best.street)} ":
        return best.parts
    draft.end, draft.inside = end, inside
    return parts


def find_remarks(best: Candidate, around: str, draft: Draft) -> list[Remark]:
    """Return remarks on a house: two streets, two units, a shop's mailbox, a doubtful number."""
    line, inside = f"{best.number} {best.street}", draft.inside
    found = [Remark("unit_without_number", "unit", kind) for kind in inside.without_number]
    if is_intersection(line, has_number=True):
        found.append(Remark("intersection", "street", line))
    if is_two_units(inside):
        found.append(Remark("unit_twice", "unit", f"{inside.unit_type} {inside.unit}".strip()))
    if MAIL_SHOP.search(around):
        found.append(Remark("mail_shop", "unit", f"PMB {inside.unit.upper().removeprefix('PMB')}"))
    if best.remark:
        found.append(Remark(best.remark, "street", best.number))
    if best.number == "0" or not re.search(r"[1-9a-z]", best.number, re.IGNORECASE):
        found.append(Remark("number_suspect", "street", best.number))
    return found


def is_two_units(inside: units.Inside) -> bool:
    """Tell whether two different units were given; two spellings of one become one."""
    first, *others = inside.unit.split(", ")
    bare = sorted(UNIT_WORDS.sub("", first.casefold()))
    if all(sorted(UNIT_WORDS.sub("", each.casefold())) == bare for each in others):
        inside.unit = first
        return False
    return bool(others)
