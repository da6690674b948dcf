"""Read CSV files as people's programs save them, and write CSV that opens safely there (R9)."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

PHONE_COLUMNS = ("MAC", "Model", "Label", "Kind", "Assigned extension")
# The export has these too, for people to read; an import ignores them.
SHOWN_COLUMNS = ("Assigned to", "E911 address")

# What makes a spreadsheet program take a cell for a formula (OWASP, CSV Injection). Apostrophes
# before it count as part of it, so that a text that itself starts with '= comes back unchanged.
FORMULA = re.compile(r"'*(\s*[=+\-@＝＋－＠]|[\t\r\n])")


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
    """The rows of a file, the columns that weren't asked for, and the encoding found."""

    rows: tuple[Row, ...]
    ignored: tuple[str, ...]
    encoding: str


def defuse_cell(text: str) -> str:
    """Prefix an apostrophe to a cell that a spreadsheet program would take for a formula.

    Numbers such as +14155550100 get it too: without it programs drop the plus, and the file would
    not import again.
    """
    return f"'{text}" if FORMULA.match(text) else text


def restore_cell(text: str) -> str:
    """Return the text that `defuse_cell` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text, 1) else text


def write_phones_csv(rows: Iterable[Sequence[str | None]]) -> Iterator[str]:
    """Yield the lines of the phones' download, header first, as text to be sent as UTF-8.

    Each row is (MAC as shown, model, label, kind, extension, person, address). It starts with a
    byte order mark, without which Excel takes UTF-8 for the computer's old encoding.
    """
    line = io.StringIO()
    writer = csv.writer(line)
    line.write("\ufeff")
    for cells in itertools.chain([(*PHONE_COLUMNS, *SHOWN_COLUMNS)], rows):
        writer.writerow([defuse_cell(cell or "") for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def read_sheet(
    data: bytes,
    *,
    required: Sequence[str],
    optional: Sequence[str] = (),
    passed_over: Sequence[str] = (),
) -> Sheet:
    """Return the rows of a CSV file in UTF-8 (with or without byte order mark) or Windows-1252.

    Cells are separated by commas, semicolons or tabs. The first row names the columns, in any order
    and case; cells come back under the names asked for, as text without what `defuse_cell` added.
    Columns `passed_over` are dropped without a note, and so are empty rows. Raises BadSpreadsheet.
    """
    text, encoding = decode_file(data)
    records = split_records(text)
    try:
        _line, header = next(records)
    except StopIteration:
        raise BadSpreadsheet(
            _("The file is empty. Its first line names the columns: %(columns)s.")
            % {"columns": ", ".join(required)}
        ) from None
    wanted = {name.casefold(): name for name in (*required, *optional)}
    names = [" ".join(cell.split()) for cell in header]
    columns = [wanted.get(name.casefold()) for name in names]
    for column, times in Counter(filter(None, columns)).items():
        if times > 1:
            raise BadSpreadsheet(
                _("The column “%(column)s” is there %(times)d times.")
                % {"column": column, "times": times}
            )
    missing = [name for name in required if name not in columns]
    if missing:
        raise BadSpreadsheet(
            _("A column is missing: %(missing)s. The first line has: %(header)s.")
            % {"missing": ", ".join(missing), "header": ", ".join(filter(None, names))[:200]}
        )
    quiet = {name.casefold() for name in passed_over}
    return Sheet(
        rows=tuple(
            Row(
                line=line,
                cells={
                    column: restore_cell(cells[at]) if at < len(cells) else ""
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
            if name and not column and name.casefold() not in quiet
        ),
        encoding=encoding,
    )


def decode_file(data: bytes) -> tuple[str, str]:
    """Return the text of a file and its encoding. Raises BadSpreadsheet if it isn't text."""
    if b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise BadSpreadsheet(
            _(
                "This is no text file: line %(line)d holds a NUL byte. Save the table as “CSV "
                "UTF-8”."
            )
            % {"line": line}
        )
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    raise BadSpreadsheet(_("This is no text file that we can read. Save the table as “CSV UTF-8”."))


def split_records(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that isn't empty with the line it starts on.

    Raises BadSpreadsheet at broken quoting.
    """
    start = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=start.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise BadSpreadsheet(
                _(
                    "Line %(line)d cannot be read: a quotation mark is missing or misplaced, or a "
                    "cell is longer than "
                    "%(limit)d characters."
                )
                % {"line": line, "limit": csv.field_size_limit()}
            ) from error
        if any(cell.strip() for cell in cells):
            yield line, cells
