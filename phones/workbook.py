"""Read tables that are not text: Excel workbooks, and web pages saved under a table's name."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

WORKBOOK, OLD_WORKBOOK = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
LARGEST = 100_000_000  # bytes of an unpacked workbook
WIDEST = 200  # columns
WEB_PAGE = re.compile(
    # Possessive, so that a long run of spaces takes no more than one pass.
    r"(?:\s|<\?xml[^>]*>|<!DOCTYPE[^>]*>|<!--.*?-->)*+<(?:html|table|meta|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)


class BadWorkbook(ValueError):
    """A workbook that cannot be read; the text says why and what to do."""


def read_workbook(data: bytes) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of the first sheet of an .xlsx file as text, with their numbers.

    Raises BadWorkbook.
    """
    unreadable = BadWorkbook(_("This workbook can’t be read. Save the table as “CSV UTF-8”."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            if sum(part.file_size for part in parts.infolist()) > LARGEST:
                raise BadWorkbook(_("This workbook is too large. Save the table as “CSV UTF-8”."))
        with warnings.catch_warnings(action="ignore"):  # about what the library leaves out
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
            sheet = next((sheet for sheet in book if sheet.sheet_state == "visible"), None)
            if sheet is None or not hasattr(sheet, "iter_rows"):
                raise unreadable
            sheet.reset_dimensions()  # some programs write wrong ones
            for number, row in enumerate(sheet.iter_rows(max_col=WIDEST), 1):
                cells = [format_value(cell) for cell in row]
                if any(cell.strip() for cell in cells):
                    yield number, cells
    except BadWorkbook:
        raise
    except Exception as error:  # the library raises many kinds for a damaged file
        raise unreadable from error


def format_value(cell: Any) -> str:
    """Return a cell's value as Excel shows it, as far as it can stand in a list of phones."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        value = int(value) if value.is_integer() and abs(value) < 1e15 else value
    if isinstance(value, int) and re.fullmatch(r"0+", cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))  # 0101, kept as 101 with the format 0000
    return str(value).replace("e+", "E+")


def is_web_page(text: str) -> bool:
    """Tell whether a text is HTML, which some programs save under the name of a table."""
    return bool(WEB_PAGE.match(text))


def read_web_page(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the rows of a page's tables as text, with the lines they start on."""
    page = TablePage()
    page.feed(text)
    page.close()
    for line, cells in page.rows:
        if any(cell.strip() for cell in cells):
            yield line, cells


class TablePage(HTMLParser):
    """The rows of all tables of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[int, list[str]]] = []
        self.is_in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append((self.getpos()[0], []))
        elif tag in ("td", "th") and self.rows:
            self.rows[-1][1].append("")
            self.is_in_cell = True
        elif tag == "br":
            self.handle_data("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th", "tr", "table"):
            self.is_in_cell = False

    def handle_data(self, data: str) -> None:
        if self.is_in_cell:
            self.rows[-1][1][-1] += data
