"""Write CSV files that open safely in spreadsheet programs, and import again (R9, R57)."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

# What makes a spreadsheet program take a cell for a formula (OWASP, CSV Injection). Apostrophes
# before it count as part of it, so that a text that itself starts with '= comes back unchanged.
FORMULA = re.compile(r"'*(\s*[=+\-@＝＋－＠]|[\t\r\n])")


def defuse_cell(text: str) -> str:
    """Prefix an apostrophe to a cell that a spreadsheet program would take for a formula.

    Numbers such as +14155550100 get it too: without it programs drop the plus, and the file would
    not import again.
    """
    return f"'{text}" if FORMULA.match(text) else text


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[str | None]]) -> Iterator[str]:
    """Yield the lines of a CSV file, the names of its columns first, as text to be sent as UTF-8.

    It starts with a byte order mark, without which Excel takes UTF-8 for the computer's old
    encoding.
    """
    line = io.StringIO()
    writer = csv.writer(line)
    line.write("\ufeff")
    for cells in itertools.chain([columns], rows):
        writer.writerow([defuse_cell(cell or "") for cell in cells])
        yield line.getvalue()
        line.seek(0)
        line.truncate()
