"""Texts as people paste them: 50 addresses of both countries with names before and tails behind.

All names and addresses are invented; the phone numbers are those that nobody has. A name can look
to a reader like a house number, an ordinal, a number in words, a unit, a floor, a street, a town, a
state or a legal form.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Place:
    """An address in four parts."""

    street: str
    city: str
    state: str
    code: str

    @property
    def country(self) -> str:
        return "CA" if " " in self.code else "US"

    @property
    def end(self) -> str:
        return f"{self.city}, {self.state} {self.code}"

    @property
    def line(self) -> str:
        return f"{self.street}, {self.end}"


def read_lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()


PLACES = [Place(*line.split("|")) for line in read_lines("noise_places.txt")]
NAMES = read_lines("noise_names.txt")
TAILS = read_lines("noise_tails.txt")
# How a name stands before an address, and a tail behind it.
WITH_NAME = {
    "name, own line": "{noise}\n{place.street}\n{place.end}",
    "name, comma": "{noise}, {place.line}",
    "name, dash": "{noise} - {place.line}",
    "name, bar": "{noise} | {place.line}",
    "name, space": "{noise} {place.line}",
}
WITH_TAIL = {
    "tail, own line": "{place.line}\n{noise}",
    "tail, comma": "{place.line}, {noise}",
    "tail, space": "{place.line} {noise}",
}


def rows() -> Iterator[tuple[str, str, Place]]:
    """Yield the kind of a layout, the text, and the place whose address is in it."""
    for at, place in enumerate(PLACES):
        yield "plain", place.line, place
        for count, name in enumerate(NAMES):
            for kind, layout in WITH_NAME.items():
                yield kind, layout.format(noise=name, place=place), place
            tail = TAILS[(count + at) % len(TAILS)]
            yield "signature", f"{name}\n{place.street}\n{place.end}\n{tail}\nx@example.net", place
        for tail in TAILS:
            for kind, layout in WITH_TAIL.items():
                yield kind, layout.format(noise=tail, place=place), place
