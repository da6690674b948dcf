"""Measure how well addresses are parsed and checked: `python -m tests.e911.measure FILE`.

FILE is a labeled CSV with the columns input, country, state, postal_code, city, house_number,
pre_directional, street_name, street_suffix, post_directional, lang, valid (yes, no or empty) and
reason. Prints how many addresses were refused, how many parts are right by country and language,
and every row that is wrong.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from e911.addresses import checks, parsing, places

PARTS = ("house_number", "street", "state", "postal_code", "city")


def plain(text: str) -> str:
    """Return a part without case, accents and punctuation, for comparing."""
    return places.normalize_name(text.replace("-", "")).replace(" ", "")


def expected(row: dict[str, str]) -> dict[str, str]:
    """Return the labeled parts of a row; the street includes its suffix and directionals."""
    known = {
        part: row[part] for part in ("house_number", "state", "postal_code", "city") if row[part]
    }
    if row["street_name"]:
        known["street"] = " ".join(
            row[part]
            for part in ("pre_directional", "street_name", "street_suffix", "post_directional")
            if row[part]
        )
    return known


def got(address: parsing.CivicAddress, row: dict[str, str]) -> dict[str, str]:
    """Return the same parts as parsed; a ZIP code is cut to the digits that the label has."""
    return {
        "house_number": address.number,
        "street": address.street,
        "state": address.state,
        "postal_code": address.postal_code[: len(row["postal_code"])],
        "city": address.city,
    }


def measured(rows: list[dict[str, str]]) -> tuple[Counter, list[str]]:
    """Return the counts by name, and a line for each row that is wrong."""
    counts: Counter = Counter()
    wrong: list[str] = []
    for row in rows:
        address = parsing.parse_address(row["input"])
        codes = {
            finding.code
            for finding in checks.check_address(address)
            if finding.severity == "refuse"
        }
        if row["valid"] == "yes":
            counts["valid"] += 1
            if codes:
                counts["valid refused"] += 1
                wrong.append(f"valid, refused for {sorted(codes)}: {row['input']}")
            understood = got(address, row)
            for part, text in expected(row).items():
                group = f"{row['country']} {row['lang']}"
                counts[part, group, "known"] += 1
                if plain(understood[part]) == plain(text):
                    counts[part, group, "right"] += 1
                else:
                    wrong.append(f"{part} {understood[part]!r} instead of {text!r}: {row['input']}")
        elif row["valid"] == "no":
            counts["invalid"] += 1
            if codes & checks.REASONS[row["reason"]]:
                counts["invalid refused for the stated reason"] += 1
            else:
                wrong.append(f"{row['reason']}, found {sorted(codes)}: {row['input']}")
    return counts, wrong


def report(counts: Counter, wrong: list[str]) -> Iterator[str]:
    """Yield the lines of the report."""
    yield (
        f"invalid rows refused for the stated reason:"
        f" {counts['invalid refused for the stated reason']} of {counts['invalid']}"
    )
    yield f"valid rows refused: {counts['valid refused']} of {counts['valid']}"
    groups = sorted({key[1] for key in counts if isinstance(key, tuple)})
    for part in PARTS:
        shares = [
            f"{group} {counts[part, group, 'right']}/{known}"
            for group in groups
            if (known := counts[part, group, "known"])
        ]
        yield f"{part} right: {', '.join(shares)}"
    yield f"wrong: {len(wrong)}"
    yield from (f"  {line}" for line in wrong)


if __name__ == "__main__":
    settings.configure(USE_I18N=False)
    with Path(sys.argv[1]).open(encoding="utf-8-sig", newline="") as file:
        for line in report(*measured(list(csv.DictReader(file)))):
            print(line)
