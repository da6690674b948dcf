"""Judge a reader by labeled cases: what each expects, and the table kind x result.

`python -m tests.e911.addresses.cases [FILE]` prints the table, and every case that isn't right.
A case expects `accept: part=value; …`, `refuse: code`, `refuse or hint: code` or `choose`.
"""

from __future__ import annotations

import csv
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from e911.addresses import places
from e911.addresses.civic import CivicAddress
from e911.addresses.reading import Reading, read_text

OWN = Path(__file__).with_name("address_cases.csv")
FURTHER = Path(__file__).with_name("further_cases.csv")
RESULTS = ("right", "choose", "refused", "inside", "wrong")
HOUSE = ("number", "street", "city", "state", "zip")


@dataclass
class Case:
    """One text and what it expects."""

    kind: str
    text: str
    accepts: bool
    parts: dict[str, str] = field(default_factory=dict)
    code: str = ""
    asks: bool = False
    hint_is_enough: bool = False
    refusal_is_right: bool = False


def read_cases(*files: Path) -> list[Case]:
    """Return the cases of these files."""
    found = []
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            found += [parse_case(**row) for row in csv.DictReader(lines)]
    return found


def parse_case(kind: str, input: str, expected: str, **_source: str) -> Case:
    """Return the case of one row."""
    verdict, _, parts = expected.partition(":")
    wanted = {}
    for pair in re.split(r"[;,]\s*(?=\w+=)", parts) if verdict == "accept" else ():
        name, equals, value = pair.strip().partition("=")
        if equals:
            wanted[name] = re.split(r"; or |\s\(|, street without", value)[0].strip()
    return Case(
        kind=kind,
        text=input.replace("\\n", "\n"),
        accepts=verdict == "accept",
        parts=wanted,
        code=parts.strip() if verdict.startswith("refuse") else "",
        asks=verdict == "choose",
        hint_is_enough="or hint" in verdict or "(or a hint)" in parts,
        refusal_is_right="or a refusal" in parts,
    )


def squeeze(text: str) -> str:
    """Return a part as parts are compared: without case, accents, spaces and punctuation."""
    return re.sub(r"\W+", "", places.normalize_name(text))


def list_parts(address: CivicAddress) -> dict[str, str]:
    return {
        "number": address.number, "street": address.street, "city": address.city,
        "state": address.state, "zip": address.postal_code, "unit": address.unit,
        "floor": address.floor, "room": address.room, "building": address.building,
    }  # fmt: skip


def agree(address: CivicAddress, case: Case, names: Iterable[str]) -> bool:
    """Tell whether these parts of an address are the case's."""
    got = list_parts(address)
    return all(squeeze(got[name]) == squeeze(case.parts[name]) for name in names)


def judge(case: Case, reading: Reading) -> str:
    """Return right, choose, refused, inside (the house is right and its inside isn't) or wrong."""
    outside = [name for name in case.parts if name in HOUSE]
    if case.asks:
        return {"choose": "right", "refused": "refused", "accepted": "wrong"}[reading.verdict]
    if reading.verdict == "refused":
        return "refused" if case.accepts and not case.refusal_is_right else "right"
    if not case.accepts:
        hinted = case.hint_is_enough and (reading.verdict == "choose" or bool(reading.findings))
        return "right" if hinted else "choose" if reading.verdict == "choose" else "wrong"
    if reading.verdict == "choose":
        return (
            "choose" if any(agree(each, case, outside) for each in reading.addresses) else "wrong"
        )
    if not agree(reading.address, case, outside):
        number = squeeze(reading.address.number)
        hinted = case.hint_is_enough and bool(reading.findings)
        return "right" if hinted and number.startswith(squeeze(case.parts["number"])) else "wrong"
    return "right" if agree(reading.address, case, case.parts) else "inside"


def count_results(cases: Iterable[Case]) -> tuple[dict[str, Counter[str]], list[str]]:
    """Return the table kind x result, and a line for each case that isn't right."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    lines = []
    for case in cases:
        reading = read_text(case.text)
        result = judge(case, reading)
        table["valid" if case.accepts or case.asks else "invalid"][result] += 1
        table[f"- {case.kind.partition('/')[0]}"][result] += 1
        if result != "right":
            said = [each.standardised for each in reading.addresses]
            codes = [each.code for each in reading.findings]
            lines.append(f"{result}: {case.text!r}: {reading.verdict} {said} {codes}")
    return table, lines


if __name__ == "__main__":
    from django.conf import settings

    settings.configure(USE_I18N=False)
    table, lines = count_results(read_cases(*map(Path, sys.argv[1:] or (OWN, FURTHER))))
    print("kind".ljust(40), *(name.rjust(8) for name in RESULTS))
    for kind in sorted(table):
        print(kind.ljust(40), *(str(table[kind][name]).rjust(8) for name in RESULTS))
    print(*lines, sep="\n")
