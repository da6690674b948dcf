"""Read the tables of parameters, and tell whether a value lies in a range of theirs."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from phones import provisioning

FOLDER = Path(provisioning.__path__[0]) / "parameters"
SOURCES = {"read", "code", "unverified"}


@dataclass(frozen=True, slots=True)
class Parameter:
    """A row of a make's table."""

    parameter: str
    document: str
    firmware: str
    range: str
    source: str

    def fits_name(self, name: str) -> bool:
        """Tell whether a parameter of this name is described here; <n> is any number."""
        return re.fullmatch(re.escape(self.parameter).replace("<n>", "[0-9]+"), name) is not None

    def takes(self, value: str) -> bool:
        """Tell whether a value lies in the range. Raises ValueError for a range of no form."""
        return any([_fits(part.strip(), value) for part in self.range.split("|")])


@cache
def find_rows(make: str, name: str) -> list[Parameter]:
    """Return the rows of a make's table that describe a parameter; there should be one."""
    return [row for row in read_table(make) if row.fits_name(name)]


@cache
def read_table(make: str) -> list[Parameter]:
    """Return the table of a make; empty if it has none."""
    file = FOLDER / f"{make}.csv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as rows:
        return [Parameter(**row) for row in csv.DictReader(rows)]


def _fits(part: str, value: str) -> bool:
    if part == "blank":
        return value == ""
    if text := re.fullmatch(r"text ≤ ([0-9]+)", part):
        return 1 <= len(value) <= int(text[1])
    if numbers := re.fullmatch(r"(-?[0-9]+)\.\.(-?[0-9]+)", part):
        return bool(re.fullmatch("-?[0-9]+", value)) and (
            int(numbers[1]) <= int(value) <= int(numbers[2])
        )
    if not part or "≤" in part or ".." in part:
        raise ValueError(f"{part!r} is no range.")
    return value == part
