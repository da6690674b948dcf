"""Read an address: look for the house, never for the first number.

The end (city, state, code) is cut off from the right (`anchors`). What stands before it is cut into
pieces (`pieces`), and every place where a house number can stand is scored by evidence
(`candidates`). The best one is the house; a second one that could be the house too makes a
question, and none makes a refusal. Only then are units and buildings read (`assembly`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from e911.addresses import anchors, aside, boxes, checks, endings, evidence, places, units
from e911.addresses.anchors import Anchor
from e911.addresses.assembly import Draft, build_address
from e911.addresses.candidates import LEAST, Candidate, find_candidates
from e911.addresses.civic import CivicAddress, Remark
from e911.addresses.cleaning import clean_text
from e911.addresses.endings import End
from e911.addresses.findings import Finding
from e911.addresses.house_numbers import split_house_number
from e911.addresses.pieces import Piece, cut_pieces, join_lone_numbers
from e911.addresses.street_line import squeeze_spaces
from e911.addresses.street_shape import SURE, read_shape
from e911.addresses.street_words import SEPARATOR, is_intersection, looks_like_street

Verdict = Literal["accepted", "choose", "refused"]
# How good a second candidate must be to make a question, and how near to the best one.
PLAUSIBLE = 2.5
NEAR = 3.0
SHOWN = 60
RELATIVE = re.compile(
    r"""\b\d+(?:[./]\d+)?\s*(?:mi|miles?|km|kilomet\w+|blocks?|feet|yards?|metres|meters|minutes?)
        \b\.?\s+(?:north|south|east|west|n|s|e|w|[ns][ew]|past|before|after|from|off?|down|up|away)
        \b
      |^(?:mile(?:post|\s+marker)?|mm|exit|km)\s+\d
      |^(?:near|behind|opposite|across\s+from|next\s+to|just\s+past|end\s+of|past)\b""",
    re.IGNORECASE | re.VERBOSE,
)
SECOND_HOUSE = re.compile(r"(?:or|and|&)\s+\d", re.IGNORECASE)
CONNECTIVE_END = re.compile(r"\b(?:or|and)\s*$|[&/]\s*$", re.IGNORECASE)
# "123", "123 Street": what has a number, and no name.
NUMBER_AND_TYPE = re.compile(r"(\d+[a-z]?)(?:\s+(?:street|st|road|rd|avenue|ave))?", re.IGNORECASE)
NUMBER_AT_START = re.compile(r"(\d+[a-z]?)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Reading:
    """What a text says: one address, or two to choose from, and what is no part of either."""

    addresses: tuple[CivicAddress, ...]
    set_aside: tuple[str, ...] = ()

    @property
    def address(self) -> CivicAddress:
        """The likeliest address."""
        return self.addresses[0]

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that is wrong with the likeliest address, or looks so."""
        return checks.check_address(self.address)

    @property
    def verdict(self) -> Verdict:
        """Whether the address can be stored, or a person must choose between two first."""
        if not checks.is_accepted(self.findings):
            return "refused"
        return "choose" if len(self.addresses) > 1 else "accepted"


def read_text(text: str, country: str = "") -> Reading:
    """Read a whole address, typed or pasted in one piece.

    `country` (US or CA) is what it is taken for if the text doesn't tell.
    """
    text, remarks = clean_text(aside.strip_symbols(text))
    if remarks:
        return Reading((CivicAddress(remarks=tuple(remarks)),))
    text, lines = join_lines(text)
    country = places.find_country(country)
    return read_before_anchor(text, lines, anchors.find_anchor(text, country), country)


def read_street_field(text: str, end: End) -> Reading:
    """Read the street line of an address whose city, state and code are known."""
    text, lines = join_lines(aside.strip_symbols(text))
    anchor = anchors.find_anchor(text, end.country)
    if not anchors.belongs_together(anchor.end):
        anchor = Anchor(End(text))
    elif is_same_city(anchor.end.rest.rpartition(",")[2], end.city):
        anchor.end.rest = anchor.end.rest.rpartition(",")[0]
    return read_before_anchor(
        text, lines, replace(anchor, end=replace(end, rest=anchor.end.rest)), end.country
    )


def is_same_city(one: str, other: str) -> bool:
    """Tell whether two texts name one city."""
    return places.normalize_city(one) == places.normalize_city(other)


def join_lines(text: str) -> tuple[str, set[str]]:
    """Return a text in one line with commas between its lines, and its lines."""
    lines = [stripped for line in text.splitlines() if (stripped := line.strip(" ,;"))]
    return ", ".join(lines), set(lines)


def read_before_anchor(text: str, lines: set[str], anchor: Anchor, country: str) -> Reading:
    """Read what stands before and behind an end that is known."""
    end = anchor.end
    if end.country not in ("", *places.SERVED):
        return Reading((CivicAddress(country=end.country),))
    draft = Draft(end)
    rest, found = boxes.take_out(end.rest, country=end.country, state=end.state)
    end.rest = squeeze_spaces(rest)
    if end.state in places.MILITARY and all(code != "military" for code, _ in found):
        found.append(("military", end.state))
    if not end.city:
        endings.cut_city(end, street_gone=bool(found))
    anchors.drop_repeated_city(end)
    if not end.rest and not found:
        end.rest, anchor.behind = anchor.behind, ""  # "Macon, GA 31201, 418 Juniper St"
    draft.remarks += [*end.remarks, *(Remark(code, "street", said) for code, said in found)]
    if anchor.behind.strip(" ,;.-)"):
        draft.remarks += anchors.read_behind(anchor.behind, end, draft.inside, draft.set_aside)
    if contradicting := anchors.find_contradicting_country(text, end):
        draft.remarks.append(Remark("country_contradicts", "country", contradicting))
    found_units: list[str] = []
    pieces = join_lone_numbers(cut_pieces(end.rest, lines, draft.set_aside), end, found_units)
    for unit in found_units:
        draft.inside.add_unit("", unit)
    if has_other_house(text, lines, anchor, country):
        draft.remarks.append(Remark("two_addresses", "street", text[:SHOWN]))
    return choose_house(find_candidates(pieces, end), pieces, draft)


def has_other_house(text: str, lines: set[str], anchor: Anchor, country: str) -> bool:
    """Tell whether an earlier end in the text has its own house before it."""
    if not anchor.others:
        return False
    head = text[: anchor.others[-1][1]]
    end = endings.cut_end(head, country)
    found = find_candidates(cut_pieces(head, lines, []), end)
    return any(each.score >= PLAUSIBLE for each in found)


def choose_house(found: list[Candidate], pieces: list[Piece], draft: Draft) -> Reading:
    """Return the reading with the best candidate as the house, and its rival if there is one."""
    if not found or found[0].score < LEAST:
        return refuse_without_house(pieces, draft)
    best, end = found[0], draft.end
    piece = pieces[best.piece].text
    if RELATIVE.search(piece):
        draft.remarks.append(Remark("relative_place", "street", piece[:SHOWN]))
    has_second = bool(SECOND_HOUSE.match(best.after)) or any(is_behind(it, best) for it in found)
    if has_second or is_behind_house(best, end):
        draft.remarks.append(Remark("two_addresses", "street", piece[:SHOWN]))
    rivals = [each for each in found[1:] if is_rival(each, best, end)]
    if best.other[0]:
        rivals.insert(0, replace(best, number=best.other[0], unit=best.other[1]))
    houses = {each.piece for each in found if each.score >= PLAUSIBLE}
    second = draft.copy()
    first = Reading((build_address(best, pieces, draft, houses),), tuple(draft.set_aside))
    if not rivals or first.verdict == "refused":
        return first
    other = Reading((build_address(rivals[0], pieces, second, houses),))
    if other.verdict == "refused" or other.address.street_line == first.address.street_line:
        return first
    in_both = tuple(text for text in draft.set_aside if text in second.set_aside)
    return Reading((first.address, other.address), in_both)


def is_rival(candidate: Candidate, best: Candidate, end: End) -> bool:
    """Tell whether a candidate could be the house as well as the best one."""
    if candidate.piece == best.piece:
        # "12 345 Main St" in the United States: a unit and a house, or a house on a numbered street
        if candidate.score >= LEAST and best.after.startswith(f"{candidate.number} "):
            return True  # "4312 Ogden Rd 100 Harbor Plaza"
        is_number = bool(re.fullmatch(r"\d+", best.before))
        return end.country == "US" and is_number and candidate.number == best.before
    if squeeze_house(candidate) == squeeze_house(best):
        return False  # the same one, written twice
    if candidate.piece > best.piece and not candidate.before and has_type(candidate.street):
        return True  # nearer the city, however odd its street looks
    # The less speaks for the best one, the less is needed for another.
    enough = PLAUSIBLE if candidate.before else min(PLAUSIBLE, best.score - 1.5)
    return candidate.score >= enough and best.score - candidate.score <= NEAR


def squeeze_house(candidate: Candidate) -> str:
    """Return number and street as houses are compared."""
    return re.sub(r"\W+", "", f"{candidate.number} {candidate.street}").casefold()


def has_type(street: str) -> bool:
    """Tell whether one of a street's words is a sure street type."""
    return not evidence.SURE_TYPES.isdisjoint(places.normalize_name(street).split())


def is_behind_house(best: Candidate, end: End) -> bool:
    """Tell whether what stands before a house in its piece is another house."""
    before = CONNECTIVE_END.sub("", best.before).strip(" ,")
    if not before[:1].isdigit() or not (found := split_house_number(before, end)):
        return False
    shape = read_shape(found.street, end)
    return shape is not None and shape.score >= SURE


def is_behind(candidate: Candidate, best: Candidate) -> bool:
    """Tell whether a candidate is another house behind the best one in its piece."""
    if candidate.piece != best.piece or not candidate.is_sure:
        return False
    whole = f"{best.before} {best.number} {best.suffix} {best.street}"
    is_later = places.normalize_name(candidate.before).startswith(places.normalize_name(whole))
    return is_later and candidate.street != best.street


def refuse_without_house(pieces: Sequence[Piece], draft: Draft) -> Reading:
    """Return the refusal of a text in which no house was found; it names the part that is wrong."""
    end, whole = draft.end, " ".join(piece.text for piece in pieces)
    remarks = draft.remarks
    if any(RELATIVE.search(text) for text in (whole, *(piece.text for piece in pieces))):
        remarks.append(Remark("relative_place", "street", whole[:SHOWN]))
    elif not pieces:
        remarks += find_what_it_is_instead(draft.set_aside)
    inside = units.Inside()
    bare = [
        part.strip(" ,")
        for piece in pieces
        for part in units.take_out(piece.text, inside, state=end.state).split(units.TAKEN)
    ]
    remarks += [Remark("unit_without_number", "unit", kind) for kind in inside.without_number]
    remarks += [Remark("intersection", "street", text) for text in bare if is_crossing(text)][:1]
    number = next((match[1] for text in bare if (match := NUMBER_AND_TYPE.fullmatch(text))), "")
    street = next((text for text in reversed(bare) if is_street_alone(text, end)), "")
    is_company = not evidence.COMPANY_ENDINGS.isdisjoint(places.normalize_name(whole).split())
    if not street and not number and not is_company and (match := NUMBER_AT_START.match(whole)):
        number = match[1]
    address = CivicAddress(
        country=end.country,
        state=end.state,
        city=end.city or end.county,
        postal_code=end.postal_code,
        street_name=street,
        house_number="" if street else number,
        remarks=tuple(remarks),
    )
    if checks.is_accepted(checks.check_address(address)):
        address = replace(address, house_number="", street_name=street or whole[:SHOWN])
    return Reading((address,), tuple(draft.set_aside))


def is_crossing(text: str) -> bool:
    """Tell whether a text without a house is two streets that cross: "5th and Pine"."""
    sides = SEPARATOR.split(text)
    if len(sides) == 2 and any(map(looks_like_street, sides)):
        return True
    return is_intersection(text, has_number=text[:1].isdigit())


def is_street_alone(text: str, end: End) -> bool:
    """Tell whether a text without a number is a street."""
    if NUMBER_AND_TYPE.fullmatch(text):
        return False
    if looks_like_street(text):
        return True
    shape = read_shape(text, end)
    return shape is not None and shape.score >= SURE


def find_what_it_is_instead(set_aside: Sequence[str]) -> list[Remark]:
    """Return what stands where the house should: a position on the map, or a way to reach
    somebody.
    """
    for text in set_aside:
        if aside.is_position(text):
            return [Remark("coordinates", "street", text)]
        if aside.is_contact(text):
            return [Remark("contact_only", "street", text)]
    return []
