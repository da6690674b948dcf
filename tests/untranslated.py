"""Find untranslated text that people see, in templates and in modules."""

from __future__ import annotations

import ast
import re
from html.parser import HTMLParser

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
