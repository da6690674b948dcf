"""Preload our JavaScript modules."""

from __future__ import annotations

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html_join

register = template.Library()

MODULES = sorted(path.name for path in (settings.BASE_DIR / "static" / "js").glob("*.js"))


@register.simple_tag
def preload_modules() -> str:
    """Return the links that make a browser fetch all modules at once.

    Without them it finds a module only once it has read the module that imports it. At 50 ms of
    latency that doubled the time to first paint.
    """
    links = ((static(f"js/{name}"),) for name in MODULES)
    return format_html_join("\n", '<link rel="modulepreload" href="{}">', links)
