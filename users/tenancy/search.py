"""Search by words, by the index where few rows have them, in the list's own order where many do."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection
from django.db.models import BigAutoField, Lookup, Model, QuerySet, TextField

FEW = 1000
WORDS = 8
# The planner takes a word or filter that many rows have for a rare one, and then collects and sorts them all, or joins
# them all first (1,080 ms where walking along the order's index took 3).
WALK = """
    SELECT set_config('enable_' || way, 'off', true)
    FROM unnest(ARRAY['sort', 'material', 'seqscan', 'bitmapscan', 'hashjoin', 'mergejoin']) AS way
"""

M = TypeVar("M", bound=Model)


@TextField.register_lookup
class Like(Lookup):
    """SQL's LIKE, with a pattern that is one already."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs} LIKE %s", [*lhs_params, self.rhs]


@BigAutoField.register_lookup
class OneOf(Lookup):
    """SQL's = ANY: one parameter, and so one statement, for any number of keys."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs} = ANY(%s)", [*lhs_params, self.rhs]


class Search:
    """What somebody typed into a search box, looked up once.

    A table that can be searched has a column `search` and the function of users.tenancy.scope.SEARCH. Few hits are found by
    the trigram index. More are not fetched: a list that filters along its own order fills a page quickly then.
    """

    def __init__(self, model: type[Model], text: str, few: int = FEW) -> None:
        """`text` holds words, all of which must occur; only the first of them count. Must run in an account's scope.

        `few` is what is quicker to collect and sort than to find along the order; it grows with the size of lists.
        """
        words = [
            word.partition("@")[0] or word for word in text.split()[:WORDS]
        ]  # of emails, only the name is searched
        self.few: list[int] | None = None
        self.patterns: list[str] = []
        if words:
            with connection.cursor() as cursor:
                cursor.execute(
                    "WITH found AS MATERIALIZED"
                    f" (SELECT {model._meta.db_table}_found(%(words)s::text[], %(most)s) AS id)"
                    " SELECT array_agg(id), ARRAY(SELECT pattern FROM unnest(%(words)s::text[]) AS word,"
                    " search_pattern(word) AS pattern WHERE pattern IS NOT NULL),"
                    f" CASE WHEN count(*) = %(most)s THEN ARRAY({WALK}) END FROM found",
                    {"words": words, "most": few + 1},
                )
                found, self.patterns, _ = cursor.fetchone()
            found = found or []
            self.few = found if len(found) <= few else None

    @property
    def many(self) -> bool:
        """Whether there are more hits than can be counted at once; lists of them are walked along in their order."""
        return bool(self.patterns) and self.few is None

    def narrow(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Return only the rows that have all words."""
        if self.few is not None:
            return rows.filter(pk__any=self.few)
        for pattern in self.patterns:
            rows = rows.filter(search__like=pattern)
        return rows


def walk_in_order() -> None:
    """Make PostgreSQL follow a list's order by its index, row for row, for the rest of this transaction.

    For lists of which a page is a small part.
    """
    with connection.cursor() as cursor:
        cursor.execute(WALK)
