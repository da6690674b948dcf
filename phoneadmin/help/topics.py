"""Help's topics, read from one Markdown file per topic and language: help/<language>/<anchor>.md.

A file's name is the topic's anchor; people and error messages link to it, so it never changes. The
English file alone holds what applies to every language: section, order, error codes, form fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import frontmatter
from django.conf import settings
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from phones.emergency import describe_emergency_calls

Text = str | Promise
FOLDER = Path(__file__).parent
SOURCE = "en"
EMERGENCY = "{emergency}"  # stands for whether 911 leaves this system (R40)
SUPPORT = "support"  # the page adds telephone, hours and chat to this topic
SECTIONS: dict[str, Text] = {
    "user-phones": _("User phones"),
    "assigning": _("Giving phones to people"),
    "restarting": _("Restart and status"),
    "life-of-a-phone": _("Adding, replacing and removing phones"),
    "e911-addresses": _("E911 addresses"),
    "people": _("Users and plans"),
    "signing-in": _("Signing in"),
    "everything-else": _("Everything else"),
    "chat": _("Support"),
}


@dataclass(frozen=True)
class Topic:
    """One question and its answer, in one language.

    `asks` are other ways in which people put the question, and `also` are words they use that the
    answer does not: both are searched and never shown.
    """

    anchor: str
    title: str
    markdown: str
    asks: tuple[str, ...] = ()
    also: str = ""


@dataclass(frozen=True)
class Section:
    """Topics about one subject."""

    anchor: str
    title: Text
    topics: tuple[Topic, ...]


def current_language() -> str:
    """Return the language to show Help in: the request's, or English if Help lacks that."""
    language = get_language()
    return language if language in dict(settings.LANGUAGES) else SOURCE


@cache
def topics_in(language: str) -> dict[str, Topic]:
    """Return all topics in a language by their anchors, in the order of the page."""
    return {anchor: _read_topic(language, anchor) for anchor in _facts()}


def list_sections() -> list[Section]:
    """Return the page's sections with their topics in the current language."""
    found: dict[str, list[Topic]] = {name: [] for name in SECTIONS}
    for anchor, topic in topics_in(current_language()).items():
        found[_facts()[anchor]["section"]].append(topic)
    return [Section(name, SECTIONS[name], tuple(topics)) for name, topics in found.items()]


def find_topic(code: str | None, field: str = "") -> Topic | None:
    """Return the topic that answers an error with this code, or else any error in this field."""
    anchor = anchors_by("codes").get(code or "") or anchors_by("fields").get(field)
    return topics_in(current_language())[anchor] if anchor else None


@cache
def anchors_by(key: str) -> dict[str, str]:
    """Return the anchor of the topic that answers each of the "codes" or "fields"."""
    return {name: anchor for anchor, facts in _facts().items() for name in facts.get(key, ())}


@cache
def _facts() -> dict[str, dict[str, Any]]:
    """Return the English files' facts for every language, in the order of the page."""
    found = {path.stem: _read_file(SOURCE, path.stem)[0] for path in (FOLDER / SOURCE).glob("*.md")}
    places = list(SECTIONS)
    order = sorted(
        found, key=lambda one: (places.index(found[one]["section"]), found[one]["order"])
    )
    return {anchor: found[anchor] for anchor in order}


def _read_topic(language: str, anchor: str) -> Topic:
    facts, markdown = _read_file(language, anchor)
    with translation.override(language):
        markdown = markdown.replace(EMERGENCY, describe_emergency_calls())
    return Topic(anchor, facts["title"], markdown, tuple(facts["asks"]), facts.get("also", ""))


def _read_file(language: str, anchor: str) -> tuple[dict[str, Any], str]:
    """Return a file's front matter and its Markdown."""
    post = frontmatter.load(str(FOLDER / language / f"{anchor}.md"))
    return dict(post.metadata), post.content
