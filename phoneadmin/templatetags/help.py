"""Link error messages to their topics in Help, and render topics as HTML."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import template
from django.forms import BoundField
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from phoneadmin.help.markdown import mark, render, resolve_link
from phoneadmin.help.topics import Topic, find_topic

register = template.Library()


@register.simple_tag
def why(code: str, here: bool = False) -> str:
    """Return the link to the topic that answers an error with this code.

    It opens in a new tab so that nothing typed is lost, or `here` if there is nothing to lose.
    """
    topic = find_topic(code)
    return _link(topic, here) if topic else ""


@register.simple_tag
def why_each(errors: Iterable[Any]) -> str:
    """Return links to the topics that answer errors, each topic once. Each error has a `code`."""
    return _link_all(_topics_of(errors))


@register.simple_tag
def why_field(field: BoundField) -> str:
    """Return links to the topics that answer a field's errors.

    A topic that answers several fields of the form stands at the first of them.
    """
    said: set[Topic] = set()
    for each in field.form.visible_fields():
        topics = _topics_of(each.errors.as_data(), each.name)
        if each.name == field.name:
            return _link_all(topic for topic in topics if topic not in said)
        said.update(topics)
    return ""


@register.filter
def marked(text: str, words: frozenset[str]) -> SafeString:
    """Return text with the words that were searched for marked."""
    return mark(text, words)


@register.filter
def as_html(topic: Topic, words: frozenset[str]) -> SafeString:
    """Return what a topic says as HTML, with the words that were searched for marked."""
    return render(topic.markdown, words)


def _topics_of(errors: Iterable[Any], field: str = "") -> list[Topic]:
    found = (find_topic(getattr(error, "code", None), field) for error in errors)
    return [topic for topic in dict.fromkeys(found) if topic]


def _link_all(topics: Iterable[Topic]) -> str:
    links = format_html_join(" ", "{}", ((_link(topic),) for topic in topics))
    return format_html("<p>{}</p>", links) if links else ""


def _link(topic: Topic, here: bool = False) -> SafeString:
    text = _("Help: %(topic)s") % {"topic": topic.title}
    href = resolve_link(f"#{topic.anchor}")
    if here:
        return format_html('<a class="why" href="{}">{}</a>', href, text)
    return format_html(
        '<a class="why" href="{}" target="_blank" rel="noopener">{}'
        '<span class="visually-hidden"> {}</span></a>',
        href,
        text,
        _("(opens in a new tab)"),
    )
