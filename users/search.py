"""Search by words, by the index where few rows have them, in the list's own order where many do."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import BooleanField, F, Func, Model, QuerySet, Value

FEW = 1000
WORDS = 8

M = TypeVar("M", bound=Model)


class Search:
    """What somebody typed into a search box, looked up once.

    A table that can be searched has a column `search` and the function of users.scope.SEARCH. Up to FEW hits are found
    by the trigram index. More are not fetched: a list that filters in its own order fills a page quickly then.
    """

    def __init__(self, model: type[Model], text: str) -> None:
        """`text` holds words, all of which must occur; only the first few count. Must run in an account's scope."""
        self.words = text.split()[:WORDS]
        self.few: list[int] | None = None
        if self.words:
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {model._meta.db_table}_found(%s::text[], %s)", [self.words, FEW + 1])
                found = [key for (key,) in cursor.fetchall()]
            self.few = found if len(found) <= FEW else None

    @property
    def many(self) -> bool:
        """Whether there are more hits than can be counted at once."""
        return bool(self.words) and self.few is None

    def narrow(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Return only the rows that have all words."""
        if self.few is not None:
            return rows.filter(pk__in=self.few)
        for word in self.words:
            rows = rows.filter(Func(F("search"), Value(word), function="search_matches", output_field=BooleanField()))
        return rows


def walk_in_order() -> None:
    """Make PostgreSQL follow a list's order by its index, row for row, for the rest of this transaction.

    For lists of which a page is a small part. The planner takes a word or filter that many rows have for a rare one,
    and then collects and sorts them all, or joins them all first (1,080 ms where walking took 3).
    """
    other_ways = ["sort", "material", "seqscan", "bitmapscan", "hashjoin", "mergejoin"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('enable_' || way, 'off', true) FROM unnest(%s::text[]) AS way", [other_ways])
