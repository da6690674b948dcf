"""Whether an address can be stored, and if not, which part is wrong and what to do about it (R26,
R28).

These are checks of form and of what is known of places. They cannot prove that the dispatcher's
address guide has the address: an address without findings is "format checked", never "verified"
(R30).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from e911.addresses import places
from e911.addresses.civic import CivicAddress
from e911.addresses.corrections import (
    NOT_FOUND,
    UNAVAILABLE,
    Step,
    recommend_steps,
    suggest_correction,
)
from e911.addresses.doubts import find_doubts
from e911.addresses.findings import HINT, REFUSE, REMARKS, Finding, make_finding

__all__ = [
    "HINT",
    "LONGEST",
    "LONGEST_LINE",
    "NOT_FOUND",
    "NO_PLACE",
    "REASONS",
    "REFUSE",
    "REMARKS",
    "UNAVAILABLE",
    "UNREAD",
    "CivicAddress",
    "Finding",
    "Step",
    "check_address",
    "is_accepted",
    "is_visible_in_fields",
    "recommend_steps",
    "suggest_correction",
]

# How long each part may be: what EmergencyAddress can hold.
LONGEST = {
    "county": 100, "city": 100, "house_number": 20, "house_number_suffix": 10,
    "pre_directional": 20, "street_type_before": 30, "street_name": 100, "street_type": 30,
    "post_directional": 20, "building": 60, "floor": 20, "unit_type": 20, "unit": 30, "room": 30,
    "postal_code": 10,
}  # fmt: skip
LONGEST_LINE = 500
# Which field of the dialog holds a part.
FIELD_OF = {
    part: part for part in ("city", "building", "floor", "unit_type", "unit", "room", "postal_code")
}

# What the reasons of labelled collections of addresses are called here: any of the codes is that
# reason.
REASONS = {
    "country_not_us_or_ca": {"country_not_served"},
    "missing_house_number": {"no_house_number"},
    "missing_street": {"no_street_name"},
    "missing_city": {"no_city"},
    "missing_state": {"no_state"},
    "missing_postal_code": {"no_postal_code"},
    "intersection_no_house_number": {"intersection"},
    "po_box": {"po_box"},
    "po_box_in_address": {"po_box"},
    "civic_with_po_box": {"po_box"},
    "rural_route": {"rural_route"},
    "military": {"military"},
    "general_delivery": {"general_delivery"},
    "unit_without_number": {"unit_without_number"},
    "zip_state_mismatch": {"zip_state_mismatch"},
    "postal_province_mismatch": {"postal_code_province_mismatch"},
    "postal_code_not_assigned": {"zip_unknown"},
    "postal_code_bad_format": {"postal_code_format"},
    "postal_code_bad_letter": {"postal_code_format"},
    "postal_state_mismatch_or_unknown": {
        "zip_unknown",
        "zip_state_mismatch",
        "postal_code_province_mismatch",
    },
}

# No place on the ground: asking for a house number as well would lead nowhere.
NO_PLACE = frozenset({"po_box", "rural_route", "military", "general_delivery"})
# Something else stands where the house should; that the house is missing need not be said too.
SAID_OTHERWISE = frozenset({"relative_place", "coordinates", "contact_only"})
# Text that was not read at all: nothing else can be said of it.
UNREAD = frozenset(
    {"empty", "too_long", "too_many_lines", "other_script", "not_text", "country_not_served"}
)


def check_address(address: CivicAddress) -> tuple[Finding, ...]:
    """Return everything that is wrong with an address or looks so, what refuses it first."""
    findings = [
        make_finding(remark.code, field=remark.field, text=remark.text)
        for remark in address.remarks
    ]
    codes = {finding.code for finding in findings}
    if address.country not in ("", *places.SERVED) and "country_not_served" not in codes:
        findings.append(make_finding("country_not_served", field="country"))
        codes.add("country_not_served")
    if not codes & UNREAD:
        findings += [
            *find_missing(address, codes),
            *find_contradictions(address, codes),
            *find_too_long(address),
        ]
        if not codes & {*NO_PLACE, *SAID_OTHERWISE, "intersection"}:
            findings += find_doubts(address)
    return tuple(sorted(drop_duplicates(findings), key=lambda finding: finding.severity == HINT))


def drop_duplicates(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, one of each code and field."""
    return list({(finding.code, finding.field): finding for finding in findings}.values())


def is_accepted(findings: Iterable[Finding]) -> bool:
    """Tell whether an address with these findings can be stored."""
    return all(finding.severity == HINT for finding in findings)


def is_visible_in_fields(address: CivicAddress) -> bool:
    """Tell whether the parts of a refused address alone show why it is refused.

    Otherwise, as with a PO box, its reason would be lost once its parts stand in the fields.
    """
    refusals = {each.code for each in check_address(address) if each.severity == REFUSE}
    parts = replace(address, remarks=())
    return refusals == {each.code for each in check_address(parts) if each.severity == REFUSE}


def find_missing(address: CivicAddress, codes: set[str]) -> Iterable[Finding]:
    """Yield what an address needs and lacks."""
    nothing_else = not (address.city or address.state or address.postal_code)
    if nothing_else and codes & {"coordinates", "contact_only"}:
        return
    if not codes & (NO_PLACE | SAID_OTHERWISE):
        if not address.house_number:
            yield make_finding("no_house_number")
        if not places.normalize_name(address.street_name) and "intersection" not in codes:
            yield make_finding("no_street_name")
    if not places.normalize_name(address.city) and "military" not in codes:
        yield make_finding("no_city")
    if not address.state and "state_unknown" not in codes:
        yield make_finding("no_state", address.country)
    if not address.postal_code:
        yield make_finding("no_postal_code", address.country)


def find_contradictions(address: CivicAddress, codes: set[str]) -> Iterable[Finding]:
    """Yield what is wrong with the ZIP or postal code."""
    code = address.postal_code
    if not code or not address.country:
        return
    if places.normalize_postal_code(address.country, code) != code:
        yield make_finding("postal_code_format", address.country, code=code)
    elif address.country == "CA":
        if address.state and not places.is_code_in_province(address.state, code):
            province = places.list_regions("CA")[address.state]
            yield make_finding("postal_code_province_mismatch", code=code, province=province)
    elif not (known := places.find_zip(code)):
        yield make_finding("zip_unknown", code=code[:5])
    elif known.state in places.MILITARY and "military" not in codes:
        yield make_finding("military", field="postal_code", text=code)
    elif address.state and known.state != address.state and "military" not in codes:
        states = places.list_regions("US")
        yield make_finding(
            "zip_state_mismatch",
            code=code[:5],
            there=states.get(known.state, known.state),
            here=states.get(address.state, address.state),
        )


def find_too_long(address: CivicAddress) -> Iterable[Finding]:
    """Yield the parts that are longer than can be kept."""
    for part, most in LONGEST.items():
        if len(text := getattr(address, part)) > most:
            field = FIELD_OF.get(part, "street")
            yield make_finding("too_long", "part", field=field, text=text[:30], most=most)
    if len(line := address.standardised) > LONGEST_LINE:
        yield make_finding("too_long", "part", text=line[:30], most=LONGEST_LINE)
