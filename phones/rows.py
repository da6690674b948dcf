"""Rows of the lists of phones: read, and rendered from `phones/_row.html`, once for each shape.

Rendering fifty rows with the template engine took 6.5 of the page's 14 ms. So the template runs
once for each combination of filled and empty texts, with placeholders, and each row's texts then
fill the placeholders. The template may therefore ask whether a text is empty, and show it, but not
look into it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache
from html import escape
from typing import Any
from zlib import crc32

from django.db.models import F, FilteredRelation, Q, QuerySet
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from phones import line, mac
from phones.models import Kind, Phone
from phones.names import name_phone


def select_phones(account_id: int) -> QuerySet[Phone]:
    """Return the account's phones of both kinds."""
    return Phone.objects.filter(account_id=account_id, retired_at=None)


def select_rows(account_id: int) -> QuerySet[Any, Any]:
    """Return the account's phones as dictionaries of what rows show and lists sort by."""
    return (
        select_phones(account_id)
        .annotate(open=FilteredRelation("addresses", condition=Q(addresses__is_open=True)))
        .values(
            "id",
            "kind",
            "label",
            "label_key",
            "mac",
            "model_name",
            "ext",
            "ext_number",
            "caller_id",
            "assigned_to_id",
            "assigned_to__first_name",
            "assigned_to__last_name",
            "assigned_to__ext",
            "assigned_to__ext_number",
            "assigned_to__name_key",
            "standing__rank",
            address=F("current_address__standardised"),
            waiting=F("open__standardised"),
            waiting_status=F("open__status"),
        )
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One phone as the table shows it."""

    id: str
    common: str  # "1" for a common-area phone
    label: str
    mac: str
    model: str
    person: str
    ext: str
    number: str  # the caller number of a common-area phone
    address: str
    # The parts of the address if it says more than the house; otherwise all three are empty.
    street: str
    desk: str  # building, floor, unit and room
    town: str
    pending: str  # an address that the provider hasn't accepted or refused yet
    refused: str  # the latest address, if the provider refused it
    # Each of these five is "1" or empty. If both of the first two are empty, the state is unknown.
    registered: str
    unregistered: str
    unfetched: str  # it never fetched its configuration
    free: str
    needs_restart: str
    askable: str  # "1" if it can be asked to restart
    held_by: str  # what another device that holds its line calls itself
    title: str  # what people call it (R45)
    version: str  # changes with any field above, so that a page can ask which rows changed


def build_rows(account_id: int, listed: Iterable[dict[str, Any]]) -> list[Row]:
    """Return rows as people read them, with the state of their lines."""
    listed = list(listed)
    states = line.load_states(account_id, [row["id"] for row in listed])
    return [_shown(row, states[row["id"]]) for row in listed]


def _shown(row: dict[str, Any], state: line.State) -> Row:
    address = mac.format(row["mac"])
    texts = (
        str(row["id"]),
        "1" if row["kind"] == Kind.COMMON else "",
        row["label"],
        address,
        row["model_name"],
        _person(row),
        row["assigned_to__ext"] or row["ext"] or "",
        row["caller_id"] or "",
        row["address"] or "",
        *_split_address(row["address"] or ""),
        row["waiting"] if row["waiting_status"] == "pending" else "",
        row["waiting"] if row["waiting_status"] == "refused" else "",
        "1" if state.registered else "",
        "1" if state.unregistered else "",
        "1" if state.unfetched else "",
        "1" if state.free else "",
        "1" if state.needs_restart else "",
        "1" if state.askable else "",
        state.held_by,
        name_phone(
            row["label"],
            f"{row['model_name']} {address}",
            _person(row),
            row["assigned_to__ext"],
        ),
    )
    return Row(*texts, version=f"{crc32(repr(texts).encode(errors='replace')):x}")


def _split_address(line: str) -> tuple[str, str, str]:
    """Return street, what tells desks of one house apart, and town; nothing if there is no desk.

    A line ends in city, and state with postal code (`CivicAddress.standardised`).
    """
    street, *desk = line.split(", ")
    if len(desk) < 3:
        return "", "", ""
    return street, ", ".join(desk[:-2]), ", ".join(desk[-2:])


def build_export_row(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row for the download, with the columns of phones.spreadsheet."""
    return (
        mac.format(row["mac"]),
        row["model_name"],
        row["label"],
        row["kind"],
        row["assigned_to__ext"] or "",
        row["ext"] or "",
        row["caller_id"] or "",
        _person(row),
        row["address"] or "",
    )


def _person(row: dict[str, Any]) -> str:
    if not row["assigned_to_id"]:
        return ""
    return f"{row['assigned_to__first_name']} {row['assigned_to__last_name']}"


# --- as HTML ---

FIELDS = tuple(field.name for field in fields(Row))
BLOCKS = "</?(?:template|tr|td)(?: [^>]*)?>"  # spaces beside them show nowhere
OPEN, CLOSE = "\ue000", "\ue001"  # private-use characters, which no template holds


def render_rows(
    rows: Iterable[Row], *, out_of_band: bool = False, read_only: bool = False
) -> SafeString:
    """Return rows as HTML in the current language; out of band, each replaces its own row.

    `read_only` rows, which support staff see on a visit, offer nothing to change.
    """
    language, parts = get_language(), []
    for row in rows:
        texts = [getattr(row, name) for name in FIELDS]
        shape = _shape(tuple(map(bool, texts)), out_of_band, read_only, language)
        parts.append(shape.format(*(escape(str(text)) for text in texts)))
    return mark_safe("".join(parts))


@cache
def _shape(filled: tuple[bool, ...], out_of_band: bool, read_only: bool, language: str) -> str:
    """Return the format of rows in which these fields are filled; it takes their escaped texts."""
    row = Row(*(f"{OPEN}{n}{CLOSE}" if there else "" for n, there in enumerate(filled)))
    context = {"row": row, "oob": out_of_band, "read_only": read_only}
    text = " ".join(render_to_string("phones/_row.html", context).split()).replace('" >', '">')
    text = re.sub(rf" ?({BLOCKS}) ?", r"\1", text)
    return re.sub("[{}]", r"\g<0>\g<0>", text).replace(OPEN, "{").replace(CLOSE, "}")
