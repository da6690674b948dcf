"""Make the links of a list that is sorted and paged by its URL."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html

register = template.Library()


@register.simple_tag
def sort_url(listing: Any, key: str) -> str:
    """Return the query string that sorts by a column, or reverses it if already sorted by it."""
    return listing.url(sort=f"-{key}" if listing.sort == key else key)


@register.simple_tag
def page_url(listing: Any, **where: str) -> str:
    """Return the query string of another page: after=…, before=… or last='1'."""
    return listing.url(**where)


@register.simple_tag
def sorted_by(listing: Any, key: str) -> str:
    """Return the attribute that marks the sorted column for screen readers and the style sheet."""
    direction = {key: "ascending", f"-{key}": "descending"}.get(listing.sort)
    return format_html(' aria-sort="{}"', direction) if direction else ""
