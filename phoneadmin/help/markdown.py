"""Turn a topic's Markdown into HTML: safe, with links resolved and searched words marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from django.urls import reverse
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Return text without case and accents."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in parts if not unicodedata.combining(character))


def split_words(text: str) -> list[str]:
    """Return the words of a text, folded."""
    return WORD.findall(fold(text))


def mark(text: str, words: frozenset[str]) -> SafeString:
    """Return text as HTML with each word that is among `words` (folded) in <mark>."""
    if not words:
        return conditional_escape(text)
    pieces, end = [], 0
    for found in WORD.finditer(text):
        if fold(found[0]) in words:
            pieces += [
                conditional_escape(text[end : found.start()]),
                format_html("<mark>{}</mark>", found[0]),
            ]
            end = found.end()
    return mark_safe("".join((*pieces, conditional_escape(text[end:]))))


def render(markdown: str, words: frozenset[str] = frozenset()) -> SafeString:
    """Return Markdown as HTML with `words` marked; HTML in it is shown as text.

    A link's target is another topic, `#anchor`, or one of our pages by its URL's name,
    `page:user_phones`. Raises ValueError for any other target, NoReverseMatch for an unknown page.
    """
    return _render_marked(markdown, words) if words else _render_plain(markdown)


def resolve_link(target: str) -> str:
    """Return the URL that a link in Markdown leads to. Raises as `render` does."""
    if target.startswith("#"):
        return f"{reverse('help')}{target}"
    kind, _colon, name = target.partition(":")
    if kind != "page":
        raise ValueError(f"A link in Help leads to #topic or page:name, not to {target}.")
    return reverse(name)


@cache
def _render_plain(markdown: str) -> SafeString:
    return _render_marked(markdown, frozenset())


def _render_marked(markdown: str, words: frozenset[str]) -> SafeString:
    return mark_safe(_parser().render(markdown, {"words": words}))  # html=False escapes all else


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).disable(["image", "autolink"])
    parser.add_render_rule("text", _render_text)
    parser.add_render_rule("link_open", _render_link)
    return parser


def _render_text(
    _renderer: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    _options: OptionsDict,
    env: EnvType,
) -> str:
    return mark(tokens[place].content, env["words"])


def _render_link(
    renderer: RendererHTML,
    tokens: Sequence[Token],
    place: int,
    options: OptionsDict,
    env: EnvType,
) -> str:
    href = resolve_link(str(tokens[place].attrs["href"]))
    return format_html('<a href="{}">', href)
