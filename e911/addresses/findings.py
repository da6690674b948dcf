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
    "too_many_lines": Rule("", _("That’s too many lines for one address. Enter only the address.")),
    "other_script": Rule("", _("Write the address in Latin letters. These are not: %(text)s")),
    "not_text": Rule("", _("These characters don’t belong in an address: %(text)s. Remove them.")),
    "country_not_served": Rule(
        "country",
        _("E911 addresses can be in the United States of America and Canada only."),
    ),
    "state_unknown": Rule(
        "state",
        _("“%(text)s” isn’t a state or province of this country. Choose one from the list."),
    ),
    "intersection": Rule(
        "street",
        _("This is an intersection. Dispatchers need one house number on one street: “%(text)s”."),
    ),
    "unit_without_number": Rule(
        "unit",
        _("“%(text)s” has no number after it. Add the number or remove the word."),
    ),
    "po_box": Rule(
        "street",
        _(
            "“%(text)s” is a mailbox. Help can’t be sent there. Enter only the street address where"
            " the phone is."
        ),
    ),
    "rural_route": Rule(
        "street",
        _("“%(text)s” is a mail route. Enter the house number and road where the phone is."),
    ),
    "rural_route_beside": Rule(
        "street",
        _("“%(text)s” is a mail route, so it’s left out of the E911 address."),
    ),
    "military": Rule(
        "street",
        _("“%(text)s” is a military post office. Enter the street address where the phone is."),
    ),
    "general_delivery": Rule(
        "street",
        _(
            "“%(text)s” is for mail held at a post office. Enter the street address where the phone"
            " is."
        ),
    ),
}
# What the reader noticed beyond single words.
READ = {
    "two_addresses": Rule(
        "street", _("There are two addresses here: “%(text)s”. Enter the one where the phone is.")
    ),
    "relative_place": Rule(
        "street",
        _(
            "“%(text)s” says how to get there. Enter the house number and street, so that an"
            " ambulance can find it."
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
        _("“%(text)s” isn’t the country of this postal code. Remove the wrong one."),
    ),
    "number_range": Rule(
        "street",
        _("“%(text)s” covers several houses. Enter the number on the door if you know it."),
    ),
    "number_suspect": Rule("street", _("Is “%(text)s” really the house number?")),
    "unit_twice": Rule("unit", _("There are two units here: “%(text)s”. Is that right?")),
    "mail_shop": Rule(
        "unit", _("“%(text)s” looks like a mailbox at a store. Is the phone really there?")
    ),
}
# What is missing or contradictory. Variants are for a country.
FAULTS = {
    "no_house_number": Rule("street", _("The house number is missing.")),
    "no_street_name": Rule("street", _("The street name is missing.")),
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
        _("“%(code)s” isn’t a valid postal code. Letters and digits take turns: K1A 0B1."),
        {
            "US": _(
                "“%(code)s” isn’t a valid ZIP code. It has five or nine digits: 10038 or"
                " 10038-1234."
            )
        },
    ),
    "postal_code_province_mismatch": Rule(
        "postal_code", _("Postal code %(code)s isn’t in %(province)s.")
    ),
    "zip_unknown": Rule("postal_code", _("There’s no ZIP code %(code)s.")),
    "zip_state_mismatch": Rule(
        "postal_code", _("ZIP code %(code)s is in %(there)s, not in %(here)s.")
    ),
}
# What may be right all the same.
DOUBTS = {
    "directional_suspect": Rule(
        "street",
        _("Did you mean %(meant)s by “%(typed)s”?"),
        {"missing": _("Most streets here have a direction, such as NW or South. Is it missing?")},
    ),
    "suffix_suspect": Rule(
        "street",
        _("Did you mean %(meant)s by “%(typed)s”?"),
        {"missing": _("The street has no suffix, such as Street, Avenue or Place. Is it missing?")},
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
