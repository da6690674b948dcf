"""Links from error messages to what Help says about them, and the marks of its search."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _

from phoneadmin.help import views as help
from phoneadmin.help.topics import Topic

register = template.Library()


@register.simple_tag
def why(code: str, here: bool = False) -> str:
    """Return the link to the topic that answers an error of this code.

    It opens in a new tab, so that nothing typed is lost, or `here` where there is nothing to lose.
    """
    topic = help.topic(code)
    return _link(topic, here) if topic else ""


@register.simple_tag
def why_each(errors: Iterable[Any], field: str = "") -> str:
    """Return the links to the topics that answer errors, which have a `code`, in a field of a form; each topic once."""
    topics = dict.fromkeys(help.topic(getattr(error, "code", None), field) for error in errors)
    links = format_html_join(" ", "{}", ((_link(topic),) for topic in topics if topic))
    return format_html("<p>{}</p>", links) if links else ""


@register.filter
def marked(text: str, words: Sequence[str]) -> str:
    """Return text with the words that were searched for marked."""
    return help.marked(str(text), words)


def _link(topic: Topic, here: bool = False) -> str:
    text = _("Help: %(topic)s") % {"topic": topic.title}
    if here:
        return format_html('<a class="why" href="{}">{}</a>', help.url(topic), text)
    return format_html(
        '<a class="why" href="{}" target="_blank" rel="noopener">{}<span class="visually-hidden"> {}</span></a>',
        help.url(topic), text, _("(opens in a new tab)"),
    )  # fmt: skip
