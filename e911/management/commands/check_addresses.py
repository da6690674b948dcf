"""`manage.py check_addresses`: check a file's addresses for emergency use and say what is wrong."""

from __future__ import annotations

import csv
import io
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from e911.addresses import parsing
from phones.spreadsheet import BadSpreadsheet, decode_file, split_records
from users.csv_file import defuse_cell

PARTS = ("house_number", "street_name", "city", "state", "postal_code", "country",
         "pre_directional", "street_type_before", "street_type", "post_directional",
         "building", "floor", "unit_type", "unit", "room", "county", "standardised")  # fmt: skip
COLUMNS = ("verdict", "reasons", *PARTS, "readings", "set_aside")
BETWEEN = " | "  # readings, or texts that were set aside, in one cell
STRIDE = 500  # rows between updates of the progress bar


class Command(BaseCommand):
    help = (
        "Check the addresses in a column of a CSV file, and write the file again with what was"
        " found behind each line."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="CSV whose first line names the columns")
        parser.add_argument(
            "--column", required=True, metavar="NAME", help="the column that holds the addresses"
        )
        parser.add_argument(
            "--out", type=Path, metavar="FILE", help="where to write; without it, standard output"
        )

    def handle(self, *, file: Path, column: str, out: Path | None, **options: Any) -> None:
        """Check every line.

        Raises CommandError if the file can't be read or written, or lacks the column.
        """
        header, rows = open_table(file, column)
        verdicts: Counter[str] = Counter()
        hints = 0
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow([*header, *COLUMNS])
        at = header.index(column)
        for row in self.show_progress(rows):
            found = describe_verdict(row[at])
            verdicts[found[0]] += 1
            hints += found[0] == "accepted" and bool(found[1])
            writer.writerow([*row, *map(defuse_cell, found)])
        if out:
            try:
                out.write_text(text.getvalue(), encoding="utf-8", newline="")
            except OSError as error:
                raise CommandError(f"{out}: {error.strerror}") from error
        else:
            self.stdout.write(text.getvalue(), ending="")
        if options["verbosity"]:
            self.stderr.write(
                _(
                    "%(accepted)d accepted, %(hints)d of them with hints; %(choose)d to choose;"
                    " %(refused)d refused."
                )
                % {
                    "accepted": verdicts["accepted"],
                    "hints": hints,
                    "choose": verdicts["choose"],
                    "refused": verdicts["refused"],
                },
                self.style.NOTICE,
            )

    def show_progress(self, rows: Sequence[list[str]]) -> Iterator[list[str]]:
        """Yield the rows; on a terminal, show a progress bar."""
        if not sys.stderr.isatty():
            yield from rows
            return
        for count, row in enumerate(rows, 1):
            yield row
            if count % STRIDE == 0 or count == len(rows):
                done = 40 * count // len(rows)
                self.stderr.write(
                    f"\r[{'#' * done}{' ' * (40 - done)}] {count} / {len(rows)}", ending=""
                )
        self.stderr.write("")


def describe_verdict(text: str) -> list[str]:
    """Return the columns to add to an address's row.

    Of an address with two readings no parts are written, because none may be chosen unasked: its
    readings are in their own column.
    """
    reading = parsing.read_text(text)
    address, findings, verdict = reading.address, reading.findings, reading.verdict
    # Join the house number: only providers need "12 1/2" in two parts.
    parts = [address.number if part == "house_number" else getattr(address, part) for part in PARTS]
    if verdict == "choose":
        parts = [""] * len(PARTS)
    readings = [each.standardised for each in reading.addresses] if verdict != "refused" else []
    return [
        verdict,
        " ".join(dict.fromkeys(finding.code for finding in findings)),
        *parts,
        BETWEEN.join(readings),
        BETWEEN.join(reading.set_aside),
    ]


def open_table(file: Path, column: str) -> tuple[list[str], list[list[str]]]:
    """Return a file's header and its rows, all of equal length. Raises CommandError."""
    try:
        text, _encoding = decode_file(file.read_bytes())
        lines = [cells for _line, cells in split_records(text)]
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}") from error
    except BadSpreadsheet as error:
        raise CommandError(f"{file}: {error}") from error
    if not lines:
        raise CommandError(_("%(file)s: the file is empty.") % {"file": file})
    if column not in lines[0]:
        raise CommandError(
            _("%(file)s has no column “%(column)s”. It has: %(header)s.")
            % {"file": file, "column": column, "header": ", ".join(filter(None, lines[0]))[:300]}
        )
    width = max(map(len, lines))
    header, *rows = ([*cells, *[""] * (width - len(cells))] for cells in lines)
    return header, rows
