"""The list of an account's users: search, order and page, all from the URL (R21)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.db.models import QuerySet

from users.models import User
from users.paging import Page, Run, page
from users.search import Search

PAGE_SIZE = 50


@dataclass(frozen=True)
class Listing:
    """One view of an account's users, as its URL describes it."""

    account_id: int
    q: str = ""
    sort: str = "ext"
    after: str = ""
    before: str = ""
    last: str = ""

    @classmethod
    def of(cls, account_id: int, filters: dict[str, str]) -> Listing:
        """Return the listing that cleaned UserFilters describe."""
        return cls(account_id=account_id, **{name: value for name, value in filters.items() if value})

    def url(self, **changes: str) -> str:
        """Return the query string of this listing with changes, from its first page unless they say otherwise."""
        values = {"q": self.q, "sort": self.sort} | changes
        return "?" + urlencode(
            {name: value for name, value in values.items() if value and (name, value) != ("sort", "ext")}
        )

    def page(self) -> Page:
        """Return one page of people with their phones. Raises BadCursor."""
        return page(self._runs(), size=PAGE_SIZE, after=self.after, before=self.before, last=bool(self.last))

    @cached_property
    def _search(self) -> Search:
        return Search(User, self.q)

    def _runs(self) -> list[Run]:
        people: QuerySet[User] = self._search.narrow(User.objects.filter(account_id=self.account_id))
        people = people.select_related("phone").defer("password", "search")
        key, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        if key == "name":
            return [Run(people, ("name_key", "id"), descending)]
        field, keys = {"ext": ("ext", ("ext_number", "ext")), "email": ("email", ("email",))}[key]
        # Those without come last, either way round.
        return [
            Run(people.filter(**{f"{field}__isnull": False}), keys, descending),
            Run(people.filter(**{f"{field}__isnull": True}), ("id",)),
        ]
