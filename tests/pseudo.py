"""A language in which every translated text stands between marks: whatever stands outside is not
translated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from django.utils import translation
from django.utils.translation import trans_real

from phoneadmin.help import topics
from phones import rows

OPEN, CLOSE = "⟦", "⟧"
# What is filled in is a text of its own, and outside of the marks.
PLACEHOLDER = re.compile(r"%\(\w+\)[#0-9.\-]*[sdf]|%[sd]|\{\w*\}")
# Attributes that people read or hear; those of data-… are told apart by their look.
READ = {"aria-label", "aria-description", "title", "placeholder", "alt", "label", "summary"}
VOID = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
}
SILENT = {"script", "style", "kbd"}  # keys are called as keyboards have them
# Words, unlike names for the scripts: "offline slow".
SAID = re.compile(rf"[{OPEN}{CLOSE}]|^(?=.*[^a-z -]).*\w [^\W\d]")


def marked(text: str) -> str:
    return (
        f"{OPEN}{PLACEHOLDER.sub(lambda found: f'{CLOSE}{found[0]}{OPEN}', text)}{CLOSE}"
        if text
        else text
    )


def read_marked_topic(
    language: str, anchor: str, *, read: Callable[[str, str], topics.Topic] = topics._read_topic
) -> topics.Topic:
    """Read a topic of Help, which is translated in a file of its own, with its words marked."""
    topic = read(language, anchor)
    return replace(topic, title=marked(topic.title), markdown=marked(topic.markdown))


@contextmanager
def spoken() -> Iterator[None]:
    """Mark what all functions of gettext return, as long as the block lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("gettext", "ngettext", "pgettext", "npgettext"):
            real = getattr(trans_real, name)
            patch.setattr(
                translation._trans,
                name,
                lambda *given, real=real: marked(real(*given)),
                raising=False,
            )
        patch.setattr(topics, "_read_topic", read_marked_topic)
        # they keep what they made for a language, and this one goes by the name of English
        kept = (rows._shape, topics.topics_in)
        for each in kept:
            each.cache_clear()
        try:
            yield
        finally:
            for each in kept:
                each.cache_clear()


class Page(HTMLParser):
    """Collects `leaks`: what people read on a page, or in its element with an id `within`, that is
    not between marks.
    """

    def __init__(self, html: str, within: str = "") -> None:
        super().__init__(convert_charrefs=True)
        self.within = within
        self.leaks: list[str] = []
        self.depth = 0  # of marks; a marked text may have elements in it
        self.open: list[
            tuple[str, bool, bool]
        ] = []  # elements; whether they are not for reading; whether they are `within`
        self.feed(html)
        self.close()
        assert self.depth == 0, "marks that do not match"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag not in VOID:
            foreign = tag != "html" and "lang" in given  # the name of a language, in that language
            silent = tag in SILENT or foreign or given.get("translate") == "no"
            self.open.append((tag, silent, bool(self.within) and given.get("id") == self.within))
        for name, value in given.items() if self.looked_at else ():
            button = (
                tag == "input"
                and name == "value"
                and given.get("type") in ("submit", "button", "reset")
            )
            words = name.startswith("data-") and SAID.search(value)
            if name in READ or button or words:
                self.read(value, 0)

    def handle_endtag(self, tag: str) -> None:
        while self.open:
            if self.open.pop()[0] == tag:
                break

    @property
    def looked_at(self) -> bool:
        inside = not self.within or any(here for _tag, _silent, here in self.open)
        return inside and not any(silent for _tag, silent, _here in self.open)

    def handle_data(self, data: str) -> None:
        if self.looked_at:
            self.depth = self.read(data, self.depth)

    def read(self, text: str, depth: int) -> int:
        """Note what of a text is outside of marks; return how deep in marks it ends."""
        outside = ""
        for character in text:
            if character == OPEN:
                depth, outside = depth + 1, outside + " "
            elif character == CLOSE:
                depth, outside = depth - 1, outside + " "
            elif depth == 0:
                outside += character
        if outside.strip():
            self.leaks.append(" ".join(outside.split()))
        return depth
