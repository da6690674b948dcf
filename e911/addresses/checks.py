"""Whether an address can be stored, and if not, which part is wrong and what to do about it (R26,
R28).

These are checks of form and of what is known of places. They cannot prove that the dispatcher's
address guide has the address: an address without findings is "format checked", never "verified"
(R30).
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from e911.addresses import places, streets
from e911.addresses.parsing import CivicAddress, is_street_kind

REFUSE: Literal["refuse"] = "refuse"
HINT: Literal["hint"] = "hint"

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


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with an address, or may be.

    `field` is the dialog's field that it concerns, or empty where it is the address as a whole. A
    "refuse" keeps the address from being stored, a "hint" can be overruled.
    """

    code: str
    field: str
    sentence: str
    severity: Literal["refuse", "hint"] = REFUSE


@dataclass(frozen=True)
class Step:
    """One recommended step (R28): a stable code, and the sentence for a person."""

    code: str
    sentence: str


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


# --- what may be wrong ----------------------------------------------------------------------------

# Cities whose streets exist once in each quarter, so that a direction decides which one is meant.
QUARTERED = {("DC", "washington"), ("AB", "calgary"), ("AB", "edmonton")}


def find_doubts(address: CivicAddress) -> Iterable[Finding]:
    """Yield hints: what looks missing or misspelt, and may all the same be right."""
    if address.house_number and places.normalize_name(address.street_name):
        if meant := find_misspelt_direction(address):
            yield Finding(
                "directional_suspect", "street",
                _("Is “%(typed)s” meant to be"
" %(meant)s?") % {"typed": meant[0], "meant": meant[1].title()}, HINT,
            )  # fmt: skip
        elif needs_direction(address):
            yield Finding(
                "directional_suspect", "street",
                _("Streets here mostly have a direction such as NW or South. Is it missing?"), HINT,
            )  # fmt: skip
        if meant := find_misspelt_type(address):
            yield Finding(
                "suffix_suspect", "street",
                _("Is “%(typed)s” meant to be"
" %(meant)s?") % {"typed": meant[0], "meant": meant[1].title()}, HINT,
            )  # fmt: skip
        elif lacks_type(address):
            yield Finding(
                "suffix_suspect", "street",
                _("The street has no suffix such as Street, Avenue or Place. Is it missing?"), HINT,
            )  # fmt: skip
    if address.city and (city := find_other_city(address)):
        yield Finding(
            "city_zip_mismatch", "city",
            _("The post office calls the city of %(code)s %(city)s.")
            % {"code": address.postal_code[:5], "city": city}, HINT,
        )  # fmt: skip


@lru_cache(maxsize=4096)
def find_closest(word: str, words: frozenset[str], likeness: float) -> str:
    """Return which of these words a word is most like, or nothing."""
    return next(iter(difflib.get_close_matches(word, words, n=1, cutoff=likeness)), "")


def find_misspelt_direction(address: CivicAddress) -> tuple[str, str] | None:
    """Return the first or last word of a street that is nearly a direction, and the direction."""
    words = places.normalize_name(address.street_name).split() or [""]
    ends = [words[0], words[-1]] if len(words) > 1 or not address.street_type else []
    for word in (*ends, places.normalize_name(address.street_type)):
        known = len(word) < 4 or word in streets.LONG_DIRECTIONS or word in COMMON_NAMES
        if not known and (meant := find_closest(word, streets.LONG_DIRECTIONS, 0.8)):
            return word, meant
    return None


# Names and kinds of street that are nearly a direction.
COMMON_NAMES = places.split_words(
    "worth forth norte norths weston easton easter souths mouth youth sooth guest quest"
)


def needs_direction(address: CivicAddress) -> bool:
    """Tell whether a street lacks a direction in a city that tells its streets apart by it."""
    if address.pre_directional or address.post_directional:
        return False
    return (address.state, places.normalize_city(address.city)) in QUARTERED


def find_misspelt_type(address: CivicAddress) -> tuple[str, str] | None:
    """Return a misspelt kind of street and what it is most likely meant to be: "Gold Stret" has one
    at its end.
    """
    if address.street_type_before:
        return None
    *name, last = address.street.removesuffix(address.post_directional).split() or [""]
    if not name or is_street_kind(places.normalize_name(last)) or not last.strip(".").isalpha():
        return None
    meant = find_closest(
        places.normalize_name(last), streets.COMMON_KINDS, 0.7 if address.street_type else 0.8
    )
    return (last, meant) if meant else None


def lacks_type(address: CivicAddress) -> bool:
    """Tell whether a street has no kind and is none of those that do without: "Broadway", "County
    Road 12".
    """
    if address.street_type_before:
        return False
    words = places.normalize_name(address.street_name).split()
    if is_street_kind(places.normalize_name(address.street_type)):
        return False
    if any(
        word in streets.BARE_NAMES or word in streets.NUMBERED or is_street_kind(word)
        for word in words
    ):
        return False
    # On a grid a street is a number between two directions: "144 S 500 E".
    return not (address.pre_directional and address.post_directional and words[0][:1].isdigit())


def find_other_city(address: CivicAddress) -> str:
    """Return what the post office calls the city of a ZIP code, where the address calls it
    something else.
    """
    if address.country != "US" or not (known := places.find_zip(address.postal_code)):
        return ""
    return (
        ""
        if places.normalize_city(address.city) in places.list_zip_cities(address.postal_code)
        else known.cities[0]
    )


# --- what to do about it --------------------------------------------------------------------------


def suggest_correction(address: CivicAddress) -> CivicAddress | None:
    """Return the address as it is most likely meant, where that can be known from places and words,
    or None.

    It is to be offered beside what was typed and never applied unasked (R29).
    """
    better = address
    if address.country in places.SERVED:
        meant = places.guess_postal_code(address.country, address.postal_code)
        if (
            address.postal_code
            and meant
            and not places.normalize_postal_code(address.country, address.postal_code)
        ):
            better = replace(better, postal_code=meant)
        if (
            address.country == "US"
            and (known := places.find_zip(better.postal_code))
            and known.state in places.list_regions("US")
        ):
            if not better.state:
                better = replace(better, state=known.state)
            if better.state == known.state and (not better.city or find_other_city(better)):
                better = replace(better, city=known.cities[0])
        elif address.country == "CA" and not better.state and better.postal_code:
            possible = places.find_provinces(better.postal_code)
            better = replace(better, state=possible[0]) if len(possible) == 1 else better
    if misspelt := find_misspelt_type(better):
        name = (
            better.street_name
            if better.street_type
            else better.street_name.removesuffix(misspelt[0]).strip()
        )
        better = replace(better, street_name=name, street_type=misspelt[1].title())
    return better if better != address else None


# Codes of providers' answers, beside those of our own checks.
UNAVAILABLE = "provider_unavailable"
NOT_FOUND = "provider_refused"
STEPS = {
    "try_again": gettext_lazy("Try again in a few minutes. The address itself may be right."),
    "directionals": gettext_lazy(
        "See whether a direction such as North or SW belongs to the street."
    ),
    "suffix": gettext_lazy("See whether the suffix is right: Street, Boulevard, Place and so on."),
    "unit": gettext_lazy(
        "See whether the suite, apartment or floor is right and in its own field."
    ),
    "colleague": gettext_lazy("Ask somebody at that place whether this is its present address."),
    "support": gettext_lazy("If nothing helps, open Help and chat with support."),
}
STEP_FOR = {
    "try_again": {UNAVAILABLE},
    "directionals": {"directional_suspect", "no_street_name", NOT_FOUND},
    "suffix": {"suffix_suspect", "no_street_name", NOT_FOUND},
    "unit": {"unit_without_number", NOT_FOUND},
    "colleague": {
        "no_house_number", "no_street_name", "no_city", "no_state", "no_postal_code",
        "intersection", "zip_unknown", "zip_state_mismatch", "postal_code_province_mismatch",
        "postal_code_format", "city_zip_mismatch", "po_box", "rural_route", "military",
        "general_delivery", NOT_FOUND,
    },
}  # fmt: skip


def recommend_steps(findings: Iterable[Finding]) -> tuple[Step, ...]:
    """Return the recommended steps that fit the findings (R28): "try again" only where trying again
    can help.
    """
    codes = {finding.code for finding in findings}
    if not codes:
        return ()
    fitting = [step for step, about in STEP_FOR.items() if codes & about]
    return tuple(Step(step, str(STEPS[step])) for step in (*fitting, "support"))
