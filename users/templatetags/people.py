"""What the rows of people say."""

from __future__ import annotations

from django import template

from users.models import User
from users.people import describe_missing

register = template.Library()


@register.simple_tag
def missing_of(person: User) -> str:
    """Return what a person still lacks for a phone (R19); "" if nothing."""
    return describe_missing(person)
