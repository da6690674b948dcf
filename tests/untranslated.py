"""Find untranslated text that people see, in templates, in modules and on pages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from typing import Any

from django.conf import settings

from tests import pseudo

TAGS = re.compile(
    r"\{#.*?#\}|\{% comment .*?endcomment %\}|\{% blocktranslate .*?endblocktranslate"
    r" %\}|\{%.*?%\}|\{\{.*?\}\}",
    re.S,
)

# In the page's head, read only by the browser.
HEAD = {"viewport", "color-scheme", "htmx-config"}

NAMES = {"phoneadmin", "· phoneadmin", "phoneadmin · phoneadmin", "colM"}


class Bare(HTMLParser):
    """Collect the text of a template that remains once its template tags are removed."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(re.sub(r"<kbd>.*?</kbd>", "", TAGS.sub("", template)))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name, value in attrs:
            told = name in pseudo.READ or (name == "content" and given.get("name") not in HEAD)
            told = told or (name == "value" and given.get("type") in ("submit", "button", "reset"))
            told = told or (
                name.startswith("data-") and pseudo.SAID.search(value or "") is not None
            )
            if told:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if re.search(r"[^\W\d_]", text) and text not in NAMES:
            self.found.append(text)


class AtImport(ast.NodeVisitor):
    """Collect the calls of translation functions that run when a module is imported."""

    def __init__(self, module: ast.Module) -> None:
        imports = (node for node in ast.walk(module) if isinstance(node, ast.ImportFrom))
        names = (
            name
            for node in imports
            if node.module == "django.utils.translation"
            for name in node.names
        )
        self.eager = {
            name.asname or name.name
            for name in names
            if name.name in ("gettext", "ngettext", "pgettext")
        }
        self.lines: list[int] = []
        self.visit(module)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for default in (
            *node.decorator_list,
            *node.args.defaults,
            *filter(None, node.args.kw_defaults),
        ):
            self.visit(default)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Skip it: its body runs later."""

    def visit_Call(self, node: ast.Call) -> None:
        if isinstance(node.func, ast.Name) and node.func.id in self.eager:
            self.lines.append(node.lineno)
        self.generic_visit(node)


# Words that pages show and nobody translates: names of products, and codes.
PROPER = "phoneadmin Basic Plus Pro SIP UTC HTTP Yealink Snom Cisco Poly Polycom Grandstream US NY"

CODES = (
    r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}|2001:db8::\d*|\S+@\S+"
    r"|(?:https?://|localhost)\S*|\b(?=\w*\d)\w{8,}"
)

# Our templates change only a part of these.
DJANGOS_OWN = {"admin/index.html", "admin/change_list.html", "admin/change_form.html"}


def match_data(texts: Iterable[str]) -> re.Pattern[str]:
    """Match the words of texts that people typed or that were generated, and all codes."""
    known = {word for text in (*texts, PROPER) for word in text.split()}
    words = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    return re.compile(rf"{CODES}|(?<!\w)(?:{words})(?!\w)|^\w+:(?: …)?$")  # a parameter


def leaks(answer: Any, known: re.Pattern[str]) -> list[str]:
    """Return the untranslated texts of a page; in Django admin, only those of our own templates."""
    template = answer.templates[0].name if answer.templates else ""
    if "admin/base.html" not in [used.name for used in answer.templates]:
        said = pseudo.Page(answer.content.decode()).leaks
    elif template in DJANGOS_OWN or not (settings.BASE_DIR / "templates" / template).exists():
        return []
    else:
        said = pseudo.Page(answer.content.decode(), within="content").leaks
    found = (known.sub("", text) for text in said)
    return [text for text in found if re.search(r"[^\W\d_]{2}", text)]
