"""Clean imported cells of what spreadsheets and web pages add to a text unseen."""

from __future__ import annotations

import re
import unicodedata

from django.utils.translation import gettext as _

from users.csv_file import FORMULA
from users.tenancy.text import unify_text

# The same for PostgreSQL's `translate`: spaces become plain, and characters without width go.
UNIFIED_FROM = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
    "\u3000\u00ad\u034f\u180e\u200b\u2060\u2061\u2062\u2063\u2064\ufeff"
)
UNIFIED_TO = " " * 16

TEXT_FORMULA = re.compile(r'=\s*"(.*)"', re.DOTALL)
DASHES = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
MARKS_BEFORE = "'\u2018\u2019`\u00b4="
SCIENTIFIC = re.compile(r"[0-9]+(?:[.,][0-9]+)?E\+?[0-9]{1,3}", re.IGNORECASE)
DECIMAL = re.compile(r"[0-9]+[.,]0{1,2}")


def restore_cell(text: str) -> str:
    """Return the text that `csv_file.defuse_cell` was given."""
    return text[1:] if text.startswith("'") and FORMULA.match(text, 1) else text


def clean_cell(text: str) -> str:
    """Return what a cell shows: `="0101"` is 0101, and `defuse_cell` is taken back."""
    text = unify_text(text)
    if formula := TEXT_FORMULA.fullmatch(text):
        return formula[1].replace('""', '"').strip()
    return restore_cell(text).strip()


def clean_code(text: str) -> str:
    """Clean a cell that holds a number, an email or a known word, not a text of someone's own.

    Takes out invisible marks and what programs put before a text, and makes all dashes hyphens.
    """
    text = "".join(char for char in text if unicodedata.category(char) != "Cf")
    return DASHES.sub("-", text).strip().lstrip(MARKS_BEFORE).strip()


def explain_spoiled_number(text: str) -> str:
    """Return how a spreadsheet program spoiled a number, or "" if it didn't."""
    if SCIENTIFIC.fullmatch(text):
        return _(
            "A spreadsheet program turned this into a number and lost digits. Format the column as "
            "text, and enter the value again."
        )
    if DECIMAL.fullmatch(text):
        return _(
            "A spreadsheet program turned this into a decimal number. Format the column as text, "
            "and enter the value again."
        )
    return ""
