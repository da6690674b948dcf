"""Page through long lists at constant cost by starting from a row instead of skipping rows."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import BadRequest
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from users.tenancy.search import OneOf

NO_PAGE = _("after/before: no page of this list starts there.")


class BadCursor(BadRequest):
    """A cursor that no page of this list could have."""


@dataclass(frozen=True)
class Run:
    """One stretch of a list in one order, such as assigned phones before free ones.

    `keys` are fields that together are unique in `rows`, and sort them. If rows must be collected
    and sorted, `chosen_from` has them without what only the page shows: a page is chosen there, so
    that `rows` looks up no more than the page.
    """

    rows: QuerySet[Any]
    keys: tuple[str, ...]
    descending: bool = False
    chosen_from: QuerySet[Any] | None = None

    def select_first(
        self, count: int, *, beyond: Sequence[Any] | None, backwards: bool
    ) -> QuerySet[Any]:
        """Return the first (or, backwards, last) rows, if given only those `beyond` such values."""
        rows = self.rows if self.chosen_from is None else self.chosen_from
        if beyond:
            rows = self.select_beyond(rows, beyond, backwards=backwards)
        rows = self.sort(rows, backwards=backwards)[:count]
        if self.chosen_from is None:
            return rows
        chosen = self.rows.filter(OneOf(F("pk"), ArraySubquery(rows.values("pk"))))
        return self.sort(chosen, backwards=backwards)

    def select_beyond(
        self, rows: QuerySet[Any], values: Sequence[Any], *, backwards: bool
    ) -> QuerySet[Any]:
        """Return the rows after (or, backwards, before) the one with these values of the keys."""
        side = "lt" if self.descending != backwards else "gt"
        # The first key alone makes an index range; the others break ties.
        condition = Q()
        for depth in range(len(self.keys)):
            equal = dict(zip(self.keys[:depth], values[:depth], strict=True))
            condition |= Q(**equal, **{f"{self.keys[depth]}__{side}": values[depth]})
        return rows.filter(Q(**{f"{self.keys[0]}__{side}e": values[0]}) & condition)

    def sort(self, rows: QuerySet[Any], *, backwards: bool) -> QuerySet[Any]:
        """Return rows in this run's order, or (backwards) in its reverse."""
        sign = "-" if self.descending != backwards else ""
        return rows.order_by(*(sign + key for key in self.keys))


@dataclass(frozen=True)
class Page:
    """Some rows of a list, and the cursors of the pages before and after it (or None)."""

    rows: list[Any]
    previous: str | None
    next: str | None


def fetch_page(
    runs: Sequence[Run],
    *,
    size: int,
    after: str = "",
    before: str = "",
    last: bool = False,
    whole: bool = True,
) -> Page:
    """Return up to `size` rows (dictionaries or objects): first, last, or next to a cursor.

    When paging back, fill up the first page with the rows after it. With `whole=False`, don't, so
    that pages can be strung together without repeating a row. If the list no longer reaches the
    cursor, return the nearest page. Raises BadCursor.
    """
    backwards = bool(before) or last
    rows, more = _collect(runs, size, before if backwards else after, backwards=backwards)
    if whole and before and not more and len(rows) < size:
        return fetch_page(runs, size=size)
    if after and not rows:
        return fetch_page(runs, size=size, last=True)
    if backwards:
        rows.reverse()
    earlier, later = (more, bool(before)) if backwards else (bool(after), more)
    return Page(
        rows=[row for _, row in rows],
        previous=_cursor(runs, *rows[0]) if rows and earlier else None,
        next=_cursor(runs, *rows[-1]) if rows and later else None,
    )


def _collect(
    runs: Sequence[Run], size: int, cursor: str, *, backwards: bool
) -> tuple[list[tuple[int, Any]], bool]:
    """Return up to `size` rows with the number of their run, and whether more follow."""
    numbers = list(range(len(runs)))
    start, values = _read(runs, cursor) if cursor else (numbers[-1 if backwards else 0], None)
    found: list[tuple[int, Any]] = []
    for number in reversed(numbers[: start + 1]) if backwards else numbers[start:]:
        rows = runs[number].select_first(
            size + 1 - len(found),
            beyond=values if number == start else None,
            backwards=backwards,
        )
        found += ((number, row) for row in rows)
        if len(found) > size:
            return found[:size], True
    return found, False


def _cursor(runs: Sequence[Run], number: int, row: Any) -> str:
    values = [
        row[key] if isinstance(row, dict) else attrgetter(key.replace("__", "."))(row)
        for key in runs[number].keys
    ]
    return json.dumps([number, *values], ensure_ascii=False, separators=(",", ":"))


def _read(runs: Sequence[Run], cursor: str) -> tuple[int, list[Any]]:
    try:
        number, *values = json.loads(cursor)
        run = runs[number]
        fields = [_field(run.rows.model, key) for key in run.keys]
        values = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        for value in values:
            low, high = -(2**63), 2**63 - 1
            if (
                value is None
                or (isinstance(value, int) and not low <= value <= high)
                or "\0" in str(value)
            ):
                raise ValueError
            str(value).encode()  # fails for an unpaired surrogate
    except Exception as error:
        raise BadCursor(NO_PAGE) from error
    if number < 0:
        raise BadCursor(NO_PAGE)
    return number, values


def _field(model: Any, key: str) -> Any:
    *path, name = key.split("__")
    for step in path:
        model = model._meta.get_field(step).related_model
    return getattr(model._meta.get_field(name), "output_field", model._meta.get_field(name))
