"""Search by words: with the index if few rows match, along the list's own order if many do."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, TypeVar

from django.db import connection
from django.db.models import BigAutoField, Lookup, Model, QuerySet, TextField
from django.db.models.expressions import RawSQL

FEW = 1000
WORDS = 8
# The planner underestimates an account's rows, because the account's policy and the list's filter
# both ask for it; and it takes a common word for a rare one. By itself, it collects and sorts the
# whole account (1,210 ms; walking along the order's index takes 20).
WALK = """
    SELECT set_config('enable_' || way, CASE way WHEN 'indexscan' THEN 'on' ELSE 'off' END, true)
    FROM unnest(ARRAY['indexscan', 'sort', 'material', 'seqscan', 'bitmapscan', 'hashjoin',
        'mergejoin']) AS way
"""
# For a word that many rows have, the planner reads an ordinary index until it has seen enough hits:
# up to 79 ms in an account of 100,000 phones, if those that lack the word come first. The trigram
# index takes at most 8.
BY_WORDS = "SELECT set_config('enable_indexscan', 'off', true)"
# A generic plan walks along the index even if only a handful of rows match, so force a custom plan.
COLLECT = """
    SELECT set_config(
        name, CASE name WHEN 'plan_cache_mode' THEN 'force_custom_plan' ELSE 'on' END, true)
    FROM unnest(ARRAY['plan_cache_mode', 'enable_indexscan', 'enable_sort', 'enable_material',
        'enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin']) AS name
"""

M = TypeVar("M", bound=Model)


@TextField.register_lookup
class Like(Lookup):
    """SQL's LIKE, given a ready-made pattern."""

    lookup_name = "like"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        return f"{lhs} LIKE %s", (*lhs_params, self.rhs)


@BigAutoField.register_lookup
class OneOf(Lookup):
    """SQL's = ANY of an array: one parameter, so one prepared statement for any number of keys."""

    lookup_name = "any"
    prepare_rhs = False

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} = ANY({rhs})", (*lhs_params, *rhs_params)


def sql_literal(text: str) -> RawSQL:
    """Return text to put into the SQL itself instead of a parameter. Never for what someone typed.

    A prepared statement's generic plan can't use a partial index for a single value.
    """
    assert re.fullmatch(r"[a-z]*", text)
    return RawSQL(f"'{text}'", ())


class Search:
    """A search for what someone typed, looked up once.

    A searchable table has a column `search` and the function of users.tenancy.scope.SEARCH. The
    trigram index fetches up to `few` hits. If there are more, filtering along the list's own order
    fills a page quickly.
    """

    def __init__(
        self, model: type[Model], text: str, few: int = FEW, numbered: Collection[str] = ()
    ) -> None:
        """Look up words of `text` that all must occur; only the first WORDS count.

        Must run in an account's scope. `few` is the number of hits up to which collecting and
        sorting is quicker than walking along the order; it grows with the size of lists. A number
        that follows one of the words in `numbered` belongs to it: "floor 2".
        """
        # Of emails, only the part before the @ is searched.
        words = [word.partition("@")[0] or word for word in _split_words(text, numbered)[:WORDS]]
        self.few: list[int] | None = None
        self.patterns: list[str] = []
        if words:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"WITH ready AS MATERIALIZED ({BY_WORDS}), found AS MATERIALIZED"
                    f" (SELECT {model._meta.db_table}_found(%(words)s::text[], %(most)s) AS id"
                    " FROM ready)"
                    " SELECT array_agg(id),"
                    " ARRAY(SELECT pattern FROM unnest(%(words)s::text[]) AS word,"
                    " search_pattern(word) AS pattern WHERE pattern IS NOT NULL),"
                    f" CASE WHEN count(*) = %(most)s THEN ARRAY({WALK}) ELSE ARRAY({COLLECT}) END"
                    " FROM found",
                    {"words": words, "most": few + 1},
                )
                found, self.patterns, _ = cursor.fetchone()
            found = found or []
            self.few = found if len(found) <= few else None

    @property
    def many(self) -> bool:
        """Whether there are more hits than `few`, so that lists are walked along in their order."""
        return bool(self.patterns) and self.few is None

    def choose_plan(self, *, rare: bool = False) -> None:
        """Tell PostgreSQL, for the rest of the transaction, how to find a page of an ordered list.

        If a search found few rows, or (`rare`) filters leave few, it collects and sorts them.
        Otherwise it walks along the order's index, row by row, until the page is full.
        """
        if self.few is not None or (self.many and not rare):
            return  # as the search itself has set it
        with connection.cursor() as cursor:
            cursor.execute(COLLECT if rare else WALK)

    def narrow(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Return only the rows that have all words."""
        if self.few is not None:
            return rows.filter(pk__any=self.few)
        for pattern in self.patterns:
            rows = rows.filter(search__like=pattern)
        return rows


def _split_words(text: str, numbered: Collection[str]) -> list[str]:
    """Return the words of a text, each of `numbered` together with the number after it."""
    words: list[str] = []
    for word in text.split():
        if words and words[-1].lower() in numbered and word[0].isdigit():
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words
