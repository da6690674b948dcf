"""Suggest what to do about findings: a corrected address, and steps for the person to take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy

from e911.addresses import places
from e911.addresses.civic import CivicAddress
from e911.addresses.doubts import find_misspelt_type, find_other_city
from e911.addresses.findings import Finding


@dataclass(frozen=True)
class Step:
    """One recommended step (R28): a stable code, and the sentence for a person."""

    code: str
    sentence: str


def suggest_correction(address: CivicAddress) -> CivicAddress | None:
    """Return the address as it is most likely meant, where that can be known from places and words,
    or None.

    It is to be offered beside what was typed and never applied unasked (R29).
    """
    better = address
    if address.country in places.SERVED:
        meant = places.guess_postal_code(address.country, address.postal_code, address.state)
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
    "try_again": gettext_lazy("Try again in a few minutes. The address may be right."),
    "directionals": gettext_lazy("Check whether the street has a direction, such as North or SW."),
    "suffix": gettext_lazy("Check the suffix: Street, Boulevard, Place and so on."),
    "unit": gettext_lazy("Check that the suite, apartment or floor is right and in its own field."),
    "colleague": gettext_lazy("Ask someone there whether this is the current address."),
    "support": gettext_lazy("If none of this helps, open Help and chat with support."),
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
