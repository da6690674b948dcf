"""What checks say about an address: the code, field and sentence of every finding."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

REFUSE: Literal["refuse"] = "refuse"
HINT: Literal["hint"] = "hint"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with an address, or may be.

    `field` is the field of the dialog that it is about, or "" if it is about the whole address. A
    finding that refuses keeps the address from being stored; a person can overrule a hint.
    """

    code: str
    field: str
    sentence: str
    severity: Literal["refuse", "hint"] = REFUSE


@dataclass(frozen=True)
class Rule:
    """What a finding of one code says; `variants` are other sentences for the same code."""

    field: str
    sentence: StrOrPromise
    variants: Mapping[str, StrOrPromise] = dataclasses.field(default_factory=dict)


# What parsing noticed. Such a finding is about the field that the text stood in.
REMARKS = {
    "empty": Rule("", _("Enter the address.")),
    "too_long": Rule(
        "",
        _("This is too long for an address. Enter only the address, without any other text."),
        {"part": _("“%(text)s…” is too long: at most %(most)d characters.")},
    ),
    "too_many_lines": Rule(
        "", _("These are too many lines for one address. Enter only the address.")
    ),
    "other_script": Rule("", _("Write the address in Latin letters. These are not: %(text)s")),
    "not_text": Rule(
        "", _("This contains characters that no address has: %(text)s. Take them out.")
    ),
    "country_not_served": Rule(
        "country",
        _("Emergency addresses can be in the United States of America and Canada only."),
    ),
    "state_unknown": Rule(
        "state",
        _("“%(text)s” is no state or province of this country. Choose it from the list."),
    ),
    "intersection": Rule(
        "street",
        _("This is an intersection. Dispatchers need one house number on one street: “%(text)s”."),
    ),
    "unit_without_number": Rule(
        "unit",
        _("“%(text)s” has no number behind it. Add the number, or take the word out."),
    ),
    "po_box": Rule(
        "street",
        _(
            "“%(text)s” is a box for mail; nobody can be sent there. Enter only the street address"
            " where the phone stands."
        ),
    ),
    "rural_route": Rule(
        "street",
        _(
            "“%(text)s” is a route for mail. Enter the house number and the road where the"
            " phone stands."
        ),
    ),
    "rural_route_beside": Rule(
        "street",
        _("“%(text)s” is a route for mail and is left out of the emergency address."),
    ),
    "military": Rule(
        "street",
        _("“%(text)s” is a military post office. Enter the street address where the phone stands."),
    ),
    "general_delivery": Rule(
        "street",
        _(
            "“%(text)s” is mail kept at a post office. Enter the street address where the phone"
            " stands."
        ),
    ),
}
# What the reader noticed beyond single words.
READ = {
    "two_addresses": Rule(
        "street", _("These are two addresses: “%(text)s”. Enter the one where the phone stands.")
    ),
    "relative_place": Rule(
        "street",
        _(
            "“%(text)s” says how to get to a place. Enter its house number and street, so that"
            " an ambulance finds it."
        ),
    ),
    "coordinates": Rule(
        "street", _("“%(text)s” is a position on the map. Enter the house number and street there.")
    ),
    "contact_only": Rule(
        "street",
        _("“%(text)s” is a way to contact someone, not a place. Enter a house number and street."),
    ),
    "country_contradicts": Rule(
        "country",
        _("“%(text)s” isn’t the country of this postal code. Take out the one that is wrong."),
    ),
    "number_range": Rule(
        "street",
        _("“%(text)s” stands for several houses. Enter the number on the door if you know it."),
    ),
    "number_suspect": Rule("street", _("Is “%(text)s” really the house number?")),
    "unit_twice": Rule("unit", _("There are two units: “%(text)s”. Is that right?")),
    "mail_shop": Rule(
        "unit", _("“%(text)s” is a mailbox in a shop. Does the phone really stand there?")
    ),
}
# What is missing or contradictory. Variants are for a country.
FAULTS = {
    "no_house_number": Rule("street", _("The house number is missing.")),
    "no_street_name": Rule("street", _("The name of the street is missing.")),
    "no_city": Rule("city", _("The city is missing.")),
    "no_state": Rule(
        "state",
        _("The state or province is missing."),
        {"US": _("The state is missing."), "CA": _("The province is missing.")},
    ),
    "no_postal_code": Rule(
        "postal_code",
        _("The ZIP or postal code is missing."),
        {"US": _("The ZIP code is missing."), "CA": _("The postal code is missing.")},
    ),
    "postal_code_format": Rule(
        "postal_code",
        _("“%(code)s” is no postal code. It has letters and digits in turn: K1A 0B1."),
        {"US": _("“%(code)s” is no ZIP code. It has five digits, or nine: 10038 or 10038-1234.")},
    ),
    "postal_code_province_mismatch": Rule(
        "postal_code", _("The postal code %(code)s is not in %(province)s.")
    ),
    "zip_unknown": Rule("postal_code", _("There is no ZIP code %(code)s.")),
    "zip_state_mismatch": Rule(
        "postal_code", _("The ZIP code %(code)s is in %(there)s, not in %(here)s.")
    ),
}
# What may be right all the same.
DOUBTS = {
    "directional_suspect": Rule(
        "street",
        _("Is “%(typed)s” meant to be %(meant)s?"),
        {"missing": _("Streets here mostly have a direction such as NW or South. Is it missing?")},
    ),
    "suffix_suspect": Rule(
        "street",
        _("Is “%(typed)s” meant to be %(meant)s?"),
        {"missing": _("The street has no suffix such as Street, Avenue or Place. Is it missing?")},
    ),
    "city_zip_mismatch": Rule("city", _("The post office calls the city of %(code)s %(city)s.")),
}
RULES: Mapping[str, Rule] = REMARKS | READ | FAULTS | DOUBTS
HINTS = frozenset(
    {
        "rural_route_beside",
        "number_range",
        "number_suspect",
        "unit_twice",
        "mail_shop",
        *DOUBTS,
    }
)


def make_finding(
    code: str, variant: str = "", /, *, field: str | None = None, **values: object
) -> Finding:
    """Return the finding of a rule, in the current language.

    `variant` picks another sentence if the rule has that one. `field` replaces the rule's own, and
    `values` fill the sentence.
    """
    rule = RULES[code]
    sentence = str(rule.variants.get(variant, rule.sentence)) % values
    return Finding(
        code,
        rule.field if field is None else field,
        sentence,
        HINT if code in HINTS else REFUSE,
    )
