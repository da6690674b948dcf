"""List rows of all accounts, fast even with a million (R35): never count or skip rows.

A list is in the order of its keys, newest first, and each page starts where the last one ended.
Only an index narrows it: by words, by choices with an index of their own, or by one account, phone
or person.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.views.main import ChangeList
from django.db import connection
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from users.access import KeyConverter, parse_query
from users.tenancy.listing import Filters
from users.tenancy.paging import Run, fetch_page
from users.tenancy.search import WORDS

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

MOST = 500  # rows that a search lists; beyond these, people must type more
CURSORS = ("after", "before", "last")


class PagedList(ChangeList):
    """Django admin's list, paged from a row instead of by numbers."""

    def get_filters_params(self, params: dict[str, Any] | None = None) -> dict[str, Any]:
        return {
            name: value
            for name, value in super().get_filters_params(params).items()
            if name not in CURSORS
        }

    def apply_select_related(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Prefetch related rows: with a join, the planner sorts whole tables (547 ms, not 25)."""
        related: Any = self.list_select_related  # names, never True
        return queryset.prefetch_related(*related)

    def get_results(self, request: HttpRequest) -> None:
        asked = parse_query(Filters(request.GET))
        self.page = fetch_page(
            [Run(self.queryset, ("id",), descending=True)],
            size=self.list_per_page,
            after=asked["after"],
            before=asked["before"],
            last=bool(asked["last"]),
        )
        self.result_list = self.page.rows
        self.cut_short = getattr(request, "cut_short", False)
        self.most = MOST
        self.result_count = len(self.page.rows)
        self.full_result_count = self.paginator = None
        self.show_full_result_count = self.show_admin_actions = self.can_show_all = (
            self.multi_page
        ) = False

    def url(self, **cursor: str) -> str:
        """Return the query string of another page of this list; without a cursor, of the first."""
        return self.get_query_string(cursor, CURSORS)

    @property
    def previous(self) -> str:
        return self.url(before=self.page.previous) if self.page.previous else ""

    @property
    def next(self) -> str:
        return self.url(after=self.page.next) if self.page.next else ""

    @property
    def kept(self) -> dict[str, str]:
        """The URL's other parameters, which a new search keeps."""
        return {name: value for name, value in self.params.items() if name not in ("q", *CURSORS)}


def find_keys(model: type[Model], text: str, *, account_id: int | None = None) -> list[int]:
    """Return the keys of rows with all words of `text`, at most MOST + 1. For the support scope."""
    words = [word.partition("@")[0] or word for word in text.split()[:WORDS]]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {model._meta.db_table}_found_anywhere(%s::text[], %s, %s)",
            [words, account_id, MOST + 1],
        )
        return [key for (key,) in cursor.fetchall()]


def make_choice_filter(
    title: StrOrPromise, name: str, choices: Mapping[str, tuple[StrOrPromise, Q]]
) -> type[SimpleListFilter]:
    """Return a filter: each value of `name` in the URL, with its label and the rows it keeps."""

    class Choice(SimpleListFilter):
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
            return [(value, label) for value, (label, _rows) in choices.items()]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            value = self.value()
            if value is None:
                return queryset
            if value not in choices:
                raise DisallowedModelAdminLookup(name)
            return queryset.filter(choices[value][1])

    Choice.title = title
    return Choice


def make_key_filter(title: StrOrPromise, name: str, model: type[Model]) -> type[SimpleListFilter]:
    """Return a filter by the key of one related row, to which that row's page links."""

    class Of(SimpleListFilter):
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            key = key_from(request, name)
            if not key:
                return []
            row = model._default_manager.filter(pk=key).first()
            return [(str(key), str(row or f"#{key}"))]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            key = key_from(request, name)
            return queryset.filter(**{f"{name}_id": key}) if key else queryset

    Of.title = title
    return Of


def key_from(request: HttpRequest, name: str) -> int | None:
    """Return the key in the URL under `name`. Raises DisallowedModelAdminLookup if it isn't one."""
    value = request.GET.get(name)
    if value is None:
        return None
    if not re.fullmatch(KeyConverter.regex, value, re.ASCII):
        raise DisallowedModelAdminLookup(name)
    return int(value)
