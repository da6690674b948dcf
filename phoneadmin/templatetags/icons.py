"""Icons from Lucide (https://lucide.dev, ISC license), through its package for Django."""

from __future__ import annotations

from functools import cache

from django import template
from django.utils.safestring import SafeString, mark_safe
from lucide.templatetags.lucide import lucide

register = template.Library()


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> SafeString:
    """Return an icon as SVG, `size` pixels wide, hidden from screen readers: text is beside it.

    Raises lucide.IconDoesNotExist.
    """
    lines = lucide(name, size=size, aria_hidden="true").splitlines()
    return mark_safe("".join(line.strip() for line in lines))  # a table can have a hundred of them
