"""Read CSV files as people's programs save them, and write CSV that opens safely there (R9)."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from phones import workbook
from phones.cell_text import clean_cell
from phones.column_names import TwoColumns, match_columns, simplify_name
from users.csv_file import write_csv

PHONE_COLUMNS = (
    "MAC",
    "Model",
    "Label",
    "Kind",
    "Assigned extension",
    # Of common-area phones, whose lines are their own.
    "Own extension",
    "Caller number",
)
# The download has these too, for people to read; an import takes nothing but the addresses.
SHOWN_COLUMNS = ("Assigned to", "E911 address")

DELIMITERS = ",;\t"
ONE_COLUMN = "\x1f"  # a delimiter that no file has
# How a first line names the delimiter to Excel.
SEP_LINE = re.compile(r'\s*"?sep=([,;\t|:^~])"?[,;\t]*(?:\r\n?|\n|\Z)', re.IGNORECASE)
# Signs where words have letters: Mac Roman read as Windows-1252.
MAC_ROMAN = re.compile("[a-z](?:[ŽŠŒŸƒ†‡ˆ‰‹˜]|[•™›][a-z])")


class BadSpreadsheet(ValueError):
    """A file that cannot be read as a whole; says to a person why and what to do."""


@dataclass(frozen=True)
class Row:
    """One row of a file: its first line, its cells by column, and how many cells had no column."""

    line: int
    cells: dict[str, str]
    surplus: int


@dataclass(frozen=True)
class Sheet:
    """The rows of a file, the columns that weren't asked for, and the encoding found.

    `renamed` has the names in the file of columns that go by another name here, and that name.
    """

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]
    encoding: str
    renamed: tuple[tuple[str, str], ...] = ()


def write_phones_csv(rows: Iterable[Sequence[str | None]]) -> Iterator[str]:
    """Return the lines of the phones' download, header first, as text to be sent as UTF-8.

    Each row has a cell for each of PHONE_COLUMNS and SHOWN_COLUMNS.
    """
    return write_csv((*PHONE_COLUMNS, *SHOWN_COLUMNS), rows)


def read_sheet(
    data: bytes,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    passed_over: Sequence[str] = (),
) -> Sheet:
    """Return the rows of a workbook, or of a CSV file in UTF-8, UTF-16 or Windows-1252.

    Cells are separated by commas, semicolons or tabs. The first row names the columns, in any order
    and by any name that `column_names` knows; cells come back under the names asked for, without
    what spreadsheet programs add to a text. Columns `passed_over` are dropped without a note, and
    so are empty rows. Raises BadSpreadsheet.
    """
    records, encoding = read_records(data)
    try:
        _line, header = next(records)
    except StopIteration:
        raise BadSpreadsheet(
            _("The file is empty. Its first line names the columns: %(columns)s.")
            % {"columns": ", ".join(required)}
        ) from None
    names = [" ".join(clean_cell(cell).split()) for cell in header]
    try:
        columns = match_columns(names, [*required, *optional])
    except TwoColumns as error:
        raise BadSpreadsheet(str(error)) from error
    refuse_missing([name for name in required if name not in columns], names)
    quiet = {simplify_name(name) for name in passed_over}
    return Sheet(
        rows=tuple(
            Row(
                line=line,
                cells={
                    column: clean_cell(cells[at]) if at < len(cells) else ""
                    for at, column in enumerate(columns)
                    if column
                },
                surplus=sum(1 for cell in cells[len(columns) :] if cell.strip()),
            )
            for line, cells in records
        ),
        ignored=tuple(
            name
            for name, column in zip(names, columns, strict=True)
            if name and not column and simplify_name(name) not in quiet
        ),
        encoding=encoding,
        renamed=tuple(
            (name, column)
            for name, column in zip(names, columns, strict=True)
            if column and simplify_name(name) != simplify_name(column)
        ),
    )


def read_records(data: bytes) -> tuple[Iterator[tuple[int, list[str]]], str]:
    """Return the rows of a file of any kind with their lines, and its encoding.

    Reading a row raises BadSpreadsheet if it can't be read.
    """
    if data.startswith(workbook.OLD_WORKBOOK):
        raise BadSpreadsheet(
            _("This is an old Excel workbook (.xls). Save it as “Excel Workbook (.xlsx)”.")
        )
    if data.startswith(workbook.WORKBOOK):
        try:
            return iter(list(workbook.read_workbook(data))), "xlsx"
        except workbook.BadWorkbook as error:
            raise BadSpreadsheet(str(error)) from error
    text, encoding = decode_file(data)
    if workbook.is_web_page(text):
        return workbook.read_web_page(text), encoding
    return split_records(text), encoding


def refuse_missing(missing: Sequence[str], names: Sequence[str]) -> None:
    """Raise BadSpreadsheet if columns are missing, or if the cells have another delimiter."""
    if not missing:
        return
    if len(names) == 1 and "|" in names[0]:
        raise BadSpreadsheet(
            _(
                "The cells are separated by “%(delimiter)s”. Save the table with commas, "
                "semicolons or tabs between them."
            )
            % {"delimiter": "|"}
        )
    raise BadSpreadsheet(
        _("A column is missing: %(missing)s. The first line has: %(header)s.")
        % {"missing": ", ".join(missing), "header": ", ".join(filter(None, names))[:200]}
    )


def decode_file(data: bytes) -> tuple[str, str]:
    """Return the text of a file and its encoding. Raises BadSpreadsheet if it isn't text."""
    utf_16 = find_utf_16(data)
    if utf_16:
        try:
            text, encoding = data.decode(utf_16), utf_16
        except UnicodeDecodeError as error:
            raise BadSpreadsheet(
                _("This file is damaged UTF-16. Save the table as “CSV UTF-8”.")
            ) from error
        text = text.removeprefix("\ufeff")
    else:
        text, encoding = decode_bytes(data)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise BadSpreadsheet(
            _(
                "This isn’t a text file: line %(line)d contains a NUL byte. Save the table as “CSV"
                " UTF-8”."
            )
            % {"line": line}
        )
    return text.rstrip("\x1a\r\n"), encoding  # DOS programs end a file with Ctrl-Z


def find_utf_16(data: bytes) -> str:
    """Return which UTF-16 a file is in, "" if in none: it has the mark, or NULs at every letter."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    start = data[: 200 - len(data[:200]) % 2]
    if len(start) > 3 and not any(start[1::2]) and all(start[::2]):
        return "utf-16-le"
    if len(start) > 3 and not any(start[::2]) and all(start[1::2]):
        return "utf-16-be"
    return ""


def decode_bytes(data: bytes) -> tuple[str, str]:
    """Return text in UTF-8 or Windows-1252 and its encoding. Raises BadSpreadsheet."""
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding == "cp1252" and MAC_ROMAN.search(text):
            break
        return text, encoding
    raise BadSpreadsheet(_("This file can’t be read as text. Save the table as “CSV UTF-8”."))


def split_records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that isn't empty with the line it starts on.

    Raises BadSpreadsheet at broken quoting.
    """
    before = 0
    if named := SEP_LINE.match(text):
        delimiter, before = named[1], named[0].count("\n") or 1
        text = text[named.end() :]
    else:
        delimiter = find_delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = before + reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadSpreadsheet(
                _(
                    "Line %(line)d can’t be read: a quotation mark is missing or misplaced, or a"
                    " cell is longer than %(limit)d characters."
                )
                % {"line": line, "limit": csv.field_size_limit()}
            ) from error
        if any(cell.strip() for cell in cells):
            yield line, cells


def find_delimiter(text: str) -> str:
    """Return the delimiter with which the most rows have as many cells as the first line.

    If the first line has a single cell with any of them, so have all.
    """
    best, delimiter = (0.0, 0), ","
    for candidate in DELIMITERS:
        widths = list(measure_rows(text, candidate))
        if widths and widths[0] > 1:
            same = sum(width == widths[0] for width in widths) / len(widths)
            if (same, widths[0]) > best:
                best, delimiter = (same, widths[0]), candidate
        elif widths and not best[1]:
            delimiter = ONE_COLUMN
    return delimiter


def measure_rows(text: str, delimiter: str) -> Iterator[int]:
    """Yield how many cells each row has, up to the first that can't be read."""
    with contextlib.suppress(csv.Error):
        for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip(" \t,;") for cell in cells):
                yield len(cells)
