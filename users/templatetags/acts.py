"""Tags for acts: sentences filled in with facts, and the acts that a row's menu offers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

from users.acting import Act
from users.request_keys import FIELD, make_key

register = template.Library()


@register.simple_tag
def say(sentence: Any, facts: Mapping[str, Any]) -> SafeString:
    """Return a sentence with its facts, each in its own writing direction."""
    if not facts:
        return conditional_escape(sentence)
    named = {
        name: format_html("<bdi>{}</bdi>", it) if isinstance(it, str) else it
        for name, it in facts.items()
    }
    return mark_safe(conditional_escape(str(sentence)) % named)


@register.simple_tag(takes_context=True)
def offered_acts(
    context: Mapping[str, Any], acts: Mapping[str, Act[Any]], row: Any
) -> Iterable[Act[Any]]:
    """Return the acts that can be done with a row now, in the order of the menu."""
    by = context["request"].user
    return [act for act in acts.values() if act.is_offered(row, by)]


@register.simple_tag
def act_url(prefix: str, act: Act[Any], key: int) -> str:
    """Return the URL of an act's page for administrators."""
    return reverse(f"{prefix}_{act.name}", args=[key])


@register.simple_tag
def request_key() -> SafeString:
    """Return the hidden field that makes a form's repeat the same as its first (R42)."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, make_key())
