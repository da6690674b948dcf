"""Show in the navigation where one is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

register = template.Library()


# The pages of one's own sign-in belong to the first of them.
BELOW = {"mfa_index": "account_login"}


@register.simple_tag(takes_context=True)
def current(context: Mapping[str, Any], name: str) -> SafeString:
    """Return the attribute that marks a link to a page, if this is it or one that belongs to it."""
    here = getattr(context.get("request"), "path", "")
    if here == reverse(name):
        return mark_safe(' aria-current="page"')
    is_below = here.startswith(reverse(BELOW.get(name, name)))
    return mark_safe(' aria-current="true"' if is_below else "")
