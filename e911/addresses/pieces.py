"""Cut what stands before the city into pieces: at commas, line breaks, parentheses and dashes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from e911.addresses import aside, places, streets
from e911.addresses.candidates import LEAST, find_in_text, is_all_units
from e911.addresses.endings import End

# A comma within a number is none: "1,204 photos".
SPLIT = re.compile(r",(?!\d{3}\b)\s*|,\s*(?=\S*\s)|\s+[·•⋅|]\s+|\s*[()]\s*")
# A dash or colon between a name and a number: "Acme - 12 Main St", but not "10235 - 101 Street".
NAME_THEN_NUMBER = re.compile(
    r"(?<=[^\W\d]{2}[\w.)])(?:\s+-+\s+|\s*:\s+)(?=\#?\d|[nsew]\d{2})"
    r"|(?<=[^\W\d]{2})(?:\s+-+\s+|\s*:\s+)(?=\#?\d|[nsew]\d{2})",
    re.IGNORECASE,
)
NAME_WITH_NUMBER = re.compile(
    r"(?P<name>(?=\D).*[^\W\d]{2,}\W+\S*\d\S*)\s+-\s+(?P<rest>\d.*)", re.IGNORECASE
)
LONE_NUMBER = re.compile(r"\d{1,5}[a-z]?(?:-\d{1,5}[a-z]?)?(?:\s[1-3]/[2-8])?|[a-z]", re.IGNORECASE)
EDGES = " ,;:-'\""


@dataclass(frozen=True)
class Piece:
    """A run of words between separators, and where it stood in the text as pasted."""

    text: str
    starts_line: bool = False
    is_line: bool = False


def cut_pieces(rest: str, lines: set[str], set_aside: list[str]) -> list[Piece]:
    """Return the pieces of what stands before the city.

    What its form gives away as no part of an address goes to `set_aside`. `lines` are the lines of
    the text as pasted.
    """
    pieces = []
    for raw in split_at_separators(aside.take_out(rest, set_aside)):
        text = raw.strip(" ,;-'\"")
        if not text:
            continue
        starts_line, is_line = any(line.startswith(text) for line in lines), text in lines
        text = aside.LABEL.sub("", text, count=1) if aside.LABEL.match(text) else text
        if aside.LABEL_ALONE.fullmatch(text):
            continue
        if text := " ".join(text.split()).strip(EDGES):
            pieces.append(Piece(text, starts_line, is_line))
    return pieces


def split_at_separators(text: str) -> Iterator[str]:
    """Yield the parts of a text between separators."""
    for piece in SPLIT.split(text):
        for part in NAME_THEN_NUMBER.split(piece):
            if match := NAME_WITH_NUMBER.match(part):
                yield from (match["name"], match["rest"])
            else:
                yield part


def join_lone_numbers(pieces: list[Piece], end: End, found_units: list[str]) -> list[Piece]:
    """Return the pieces with each lone number joined to the street behind it.

    If that street has its own number, the lone one is the unit, and goes to `found_units`, unless
    it had its own line.
    """
    joined: list[Piece] = []
    at = 0
    while at < len(pieces):
        piece, following = pieces[at], pieces[at + 1] if at + 1 < len(pieces) else None
        at += 1
        if following is None:
            joined.append(piece)
        elif LONE_NUMBER.fullmatch(piece.text) and has_own_number(following, end):
            if piece.is_line:
                joined.append(piece)
            else:
                found_units.append(piece.text)
        elif is_continued(piece, following, end):
            joined.append(Piece(f"{piece.text} {following.text}", piece.starts_line))
            at += 1
        else:
            joined.append(piece)
    return joined


def has_own_number(piece: Piece, end: End) -> bool:
    """Tell whether a piece begins with a house number of its own."""
    own = [each for each in find_in_text(piece.text, 0, end) if not each.before]
    return bool(own) and own[0].score >= LEAST - 0.5


def is_continued(piece: Piece, following: Piece, end: End) -> bool:
    """Tell whether a piece is a number whose street follows, or a street before its direction."""
    if LONE_NUMBER.fullmatch(piece.text) and piece.text[0].isdigit():
        if not following.text[:1].isdigit():
            return True
        if find_in_text(f"{piece.text} {following.text}", 0, end):
            return True
    direction, _, rest = following.text.partition(" ")
    if rest and not is_all_units(rest, end):
        direction = following.text  # "North East" is one, "NW Ste. 700" begins with one
    is_direction = places.normalize_name(direction) in streets.DIRECTIONS
    return is_direction and bool(re.search(r"\d", piece.text))
