"""Whether an address can be stored, and if not, which part is wrong and what to do about it (R26,
R28).

These are checks of form and of what is known of places. They cannot prove that the dispatcher's
address guide has the address: an address without findings is "format checked", never "verified"
(R30).
"""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
from e911.addresses.findings import HINT, REFUSE, Finding

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
# Text that was not read at all: nothing else can be said of it.
UNREAD = frozenset(
    {"empty", "too_long", "too_many_lines", "other_script", "not_text", "country_not_served"}
)

REMARKS = {
    "empty": gettext_lazy("Enter the address."),
    "too_long": gettext_lazy("This is too long for an address. Enter only the address, without any"
" other text."),
    "too_many_lines": gettext_lazy("These are too many lines for one address. Enter only the"
" address."),
    "other_script": gettext_lazy("Write the address in Latin letters. These are not: %(text)s"),
    "not_text": gettext_lazy("This holds characters that are in no address: %(text)s Take"
" them out."),
    "country_not_served": gettext_lazy(
        "Emergency addresses can be in the United States of America and Canada only."
    ),
    "state_unknown": gettext_lazy("“%(text)s” is no state or province of this country. Choose it"
" from the list."),
    "intersection": gettext_lazy(
        "This is an intersection. Dispatchers need one house number on one street: “%(text)s”."
    ),
    "unit_without_number": gettext_lazy("“%(text)s” has no number behind it. Add the number, or"
" take the word out."),
    "po_box": gettext_lazy(
        "“%(text)s” is a box for mail; nobody can be sent there. Enter only the street address"
" where the phone stands."
    ),
    "rural_route": gettext_lazy(
        "“%(text)s” is a route for mail. Enter the house number and the road where the"
" phone stands."
    ),
    "rural_route_beside": gettext_lazy("“%(text)s” is a route for mail and is left out of the"
" emergency address."),
    "military": gettext_lazy(
        "“%(text)s” is a military post office. Enter the street address where the phone stands."
    ),
    "general_delivery": gettext_lazy(
        "“%(text)s” is mail kept at a post office. Enter the street address where the phone stands."
    ),
}  # fmt: skip


def check_address(address: CivicAddress) -> tuple[Finding, ...]:
    """Return everything that is wrong with an address or looks so, what refuses it first."""
    findings = [
        Finding(
            remark.code, remark.field, REMARKS[remark.code] % {"text": remark.text},
            HINT if remark.code == "rural_route_beside" else REFUSE,
        )
        for remark in address.remarks
    ]  # fmt: skip
    codes = {finding.code for finding in findings}
    if address.country not in ("", *places.SERVED) and "country_not_served" not in codes:
        findings.append(
            Finding("country_not_served", "country", str(REMARKS["country_not_served"]))
        )
        codes.add("country_not_served")
    if not codes & UNREAD:
        findings += [
            *find_missing(address, codes),
            *find_contradictions(address, codes),
            *find_too_long(address),
        ]
        if not codes & {*NO_PLACE, "intersection"}:
            findings += find_doubts(address)
    return tuple(sorted(drop_duplicates(findings), key=lambda finding: finding.severity == HINT))


def drop_duplicates(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, one of each code and field."""
    return list({(finding.code, finding.field): finding for finding in findings}.values())


def is_accepted(findings: Iterable[Finding]) -> bool:
    """Tell whether an address with these findings can be stored."""
    return all(finding.severity == HINT for finding in findings)


def find_missing(address: CivicAddress, codes: set[str]) -> Iterable[Finding]:
    """Yield what an address needs and lacks."""
    american, canadian = address.country == "US", address.country == "CA"
    if not codes & NO_PLACE:
        if not address.house_number:
            yield Finding("no_house_number", "street", _("The house number is missing."))
        if not places.normalize_name(address.street_name) and "intersection" not in codes:
            yield Finding("no_street_name", "street", _("The name of the street is missing."))
    if not places.normalize_name(address.city) and "military" not in codes:
        yield Finding("no_city", "city", _("The city is missing."))
    if not address.state and "state_unknown" not in codes:
        yield Finding(
            "no_state", "state",
            _("The state is missing.") if american else _("The province is missing.") if canadian
            else _("The state or province is missing."),
        )  # fmt: skip
    if not address.postal_code:
        yield Finding(
            "no_postal_code", "postal_code",
            _("The ZIP code is"
" missing.") if american else _("The postal code is missing.") if canadian
            else _("The ZIP or postal code is missing."),
        )  # fmt: skip


def find_contradictions(address: CivicAddress, codes: set[str]) -> Iterable[Finding]:
    """Yield what is wrong with the ZIP or postal code."""
    code = address.postal_code
    if not code or not address.country:
        return
    if places.normalize_postal_code(address.country, code) != code:
        yield Finding(
            "postal_code_format", "postal_code",
            _("“%(code)s” is no ZIP code. It has five digits, or nine: 10038 or"
" 10038-1234.") % {"code": code}
            if address.country == "US"
            else _("“%(code)s” is no postal code. It has letters and digits in turn:"
" K1A 0B1.") % {"code": code},
        )  # fmt: skip
    elif address.country == "CA":
        if address.state and not places.is_code_in_province(address.state, code):
            yield Finding(
                "postal_code_province_mismatch", "postal_code",
                _("The postal code %(code)s is not in %(province)s.")
                % {"code": code, "province": places.list_regions("CA")[address.state]},
            )  # fmt: skip
    elif not (known := places.find_zip(code)):
        yield Finding(
            "zip_unknown", "postal_code", _("There is no ZIP code %(code)s.") % {"code": code[:5]}
        )
    elif known.state in places.MILITARY and "military" not in codes:
        yield Finding("military", "postal_code", REMARKS["military"] % {"text": code})
    elif address.state and known.state != address.state and "military" not in codes:
        yield Finding(
            "zip_state_mismatch", "postal_code",
            _("The ZIP code %(code)s is in %(there)s, not in %(here)s.")
            % {
                "code": code[:5],
                "there": places.list_regions("US").get(known.state, known.state),
                "here": places.list_regions("US").get(address.state, address.state),
            },
        )  # fmt: skip


def find_too_long(address: CivicAddress) -> Iterable[Finding]:
    """Yield the parts that are longer than can be kept."""
    sentence = _("“%(text)s…” is too long: at most %(most)d characters.")
    for part, most in LONGEST.items():
        if len(text := getattr(address, part)) > most:
            yield Finding(
                "too_long",
                FIELD_OF.get(part, "street"),
                sentence % {"text": text[:30], "most": most},
            )
    if len(line := address.standardised) > LONGEST_LINE:
        yield Finding("too_long", "", sentence % {"text": line[:30], "most": LONGEST_LINE})
