"""The badges that say how many phones lack an E911 address (R8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse

register = template.Library()

# Where each figure of Counts.missing leads: to the phones that it counts.
LEADS_TO = {
    "user": ("user_phones", "?show=missing"),
    "common": ("common_phones", "?show=missing"),
    "all": ("phones_without_address", ""),
}


@register.inclusion_tag("phones/_missing_badge.html", takes_context=True)
def missing_badge(context: Mapping[str, Any], of: str) -> dict[str, Any]:
    """Show how many phones of a kind ("user", "common" or "all") lack an address; none if zero."""
    counts = context.get("counts")
    name, query = LEADS_TO[of]
    return {"number": counts.missing[of] if counts else 0, "href": reverse(name) + query}
