"""`manage.py import_company`: import a company's people and phones from its spreadsheets."""

from __future__ import annotations

from argparse import ArgumentParser
from collections import Counter
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from phones.importing import ImportFailed, Report, RowOutcome, Source, Verdict, import_company
from phones.spreadsheet import BadSpreadsheet

SHOWN = 60  # characters of a cell that are repeated


class Command(BaseCommand):
    help = (
        "Add people and phones from CSV files or Excel workbooks to an account, which is created if"
        " it does not exist."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the account’s name")
        parser.add_argument(
            "--users", type=Path, metavar="FILE", help="table with First name, Last name, Email, …"
        )
        parser.add_argument(
            "--phones", type=Path, metavar="FILE", help="table with MAC, Model, Label, …"
        )
        parser.add_argument(
            "--skip-bad", action="store_true", help="write the good rows even if others are refused"
        )

    def handle(
        self, *, name: str, users: Path | None, phones: Path | None, skip_bad: bool, **options: Any
    ) -> None:
        """Import, and print what became of every row.

        Exits with 1 if nothing was written because of an error.
        """
        if not users and not phones:
            raise CommandError(_("Name a file: --users FILE, --phones FILE or both."))
        try:
            report = import_company(
                name=name, users=read_source(users), phones=read_source(phones), skip_bad=skip_bad
            )
        except (BadSpreadsheet, ImportFailed) as error:
            raise CommandError(escape_invisible(str(error))) from error
        self.print_report(report, verbose=options["verbosity"] > 0)
        if not report.written:
            raise CommandError(
                _(
                    "Nothing was written, because of the refused rows. Correct them, or leave "
                    "them out with --skip-bad."
                )
            )

    def print_report(self, report: Report, *, verbose: bool) -> None:
        """Print additions and totals to standard output, refusals to standard error."""
        for note in report.notes:
            self.stderr.write(escape_invisible(note), self.style.WARNING)
        for verdict in (*report.users, *report.phones):
            if verdict.outcome == RowOutcome.ADDED and report.written and verbose:
                self.stdout.write(
                    f"{format_place(verdict)}: {escape_invisible(verdict.about)}: "
                    f"{verdict.outcome.label}"
                )
        for verdict in report.refused:
            for problem in verdict.problems:
                cell = (
                    f"{problem.column} “{shorten_cell(problem.value)}”: " if problem.column else ""
                )
                self.stderr.write(
                    f"{format_place(verdict)}: {cell}{verdict.outcome.label}: "
                    f"{escape_invisible(problem.reason)}"
                )
        for title, verdicts in ((_("People"), report.users), (_("Phones"), report.phones)):
            if verdicts and verbose:
                count = Counter(verdict.outcome for verdict in verdicts)
                sums = ", ".join(f"{count[outcome]} {outcome.label}" for outcome in RowOutcome)
                self.stdout.write(f"{title}: {sums}")


def read_source(path: Path | None) -> Source | None:
    """Return a file's content. Raises CommandError if it can't be read."""
    try:
        return Source(path.name, path.read_bytes()) if path else None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error


def format_place(verdict: Verdict) -> str:
    """Return the file and line of a row."""
    return _("%(file)s line %(line)d") % {"file": verdict.file, "line": verdict.line}


def shorten_cell(text: str) -> str:
    """Shorten a cell to what fits on a terminal's line."""
    return escape_invisible(text if len(text) <= SHOWN else text[: SHOWN - 1] + "…")


def escape_invisible(text: str) -> str:
    """Escape characters that would control a terminal or be invisible."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
