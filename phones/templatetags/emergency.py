"""The tag that says where emergency calls go, for every page that promises calls."""

from __future__ import annotations

from django import template

from phones import emergency

register = template.Library()


@register.inclusion_tag("phones/_emergency.html")
def emergency_calls() -> dict[str, object]:
    """Say whether 911 leaves this system now (R40)."""
    return {
        "said": emergency.describe_emergency_calls_now(),
        "gets_out": emergency.gets_out_now(),
    }


@register.inclusion_tag("phones/_no_callback.html")
def no_callback(title: str, number: str | None) -> dict[str, object]:
    """Say that 911 can't call a phone back that has no caller number, if a call gets there."""
    return {"title": title, "is_said": emergency.leaves_system() and not number}
