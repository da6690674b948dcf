"""What this app refuses: the one catalog of its rules and constraints, in words.

Fields and sentences of the rules about an address stand in `addresses/findings.py`, because the
library of addresses knows nothing of this app.
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from e911.addresses.checks import NOT_FOUND
from e911.addresses.findings import HINTS as HINT_CODES
from e911.addresses.findings import RULES
from users.tenancy.refusals import Catalog, Refusal

# Help's topic for each rule about an address.
TOPICS = {
    "empty": "address-text",
    "too_long": "address-text",
    "too_many_lines": "address-text",
    "other_script": "address-text",
    "not_text": "address-text",
    "country_not_served": "where-e911",
    "state_unknown": "address-parts",
    "intersection": "address-parts",
    "unit_without_number": "address-parts",
    "two_addresses": "address-text",
    "relative_place": "address-parts",
    "coordinates": "address-parts",
    "contact_only": "address-parts",
    "country_contradicts": "where-e911",
    "number_range": "address-parts",
    "number_suspect": "address-parts",
    "unit_twice": "address-parts",
    "mail_shop": "mail-addresses",
    "po_box": "mail-addresses",
    "rural_route": "mail-addresses",
    "rural_route_beside": "mail-addresses",
    "military": "mail-addresses",
    "general_delivery": "mail-addresses",
    "no_house_number": "address-parts",
    "no_street_name": "address-parts",
    "no_city": "address-parts",
    "no_state": "address-parts",
    "no_postal_code": "address-parts",
    "postal_code_format": "zip-codes",
    "postal_code_province_mismatch": "zip-codes",
    "zip_unknown": "zip-codes",
    "zip_state_mismatch": "zip-codes",
    "directional_suspect": "direction-and-suffix",
    "suffix_suspect": "direction-and-suffix",
    "city_zip_mismatch": "zip-codes",
}
REFUSALS: Catalog = {
    **{
        code: Refusal(rule.field, rule.sentence, TOPICS[code])
        for code, rule in RULES.items()
        if code not in HINT_CODES
    },
    # The provider was asked about what was typed, before anything is stored.
    NOT_FOUND: Refusal("", _("%(provider)s doesn’t know this address."), "address-refused"),
}
# What a person is told and can overrule.
HINTS: Catalog = {
    code: Refusal(RULES[code].field, RULES[code].sentence, TOPICS[code]) for code in HINT_CODES
}
