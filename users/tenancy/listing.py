"""Search, sort and page an account's lists by their URL."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self
from urllib.parse import urlencode

from django import forms

from users.tenancy.paging import Page, Run, fetch_page

PAGE_SIZE = 50


class Filters(forms.Form):
    """The parameters of every list's URL; anything else is refused, not guessed at."""

    q = forms.CharField(required=False, max_length=200)
    after = forms.CharField(required=False, max_length=500, strip=False)
    before = forms.CharField(required=False, max_length=500, strip=False)
    last = forms.ChoiceField(required=False, choices=[("1", "1")])


@dataclass(frozen=True)
class AccountList:
    """One view of an account's list, as its URL describes it: search, order and page."""

    account_id: int
    q: str = ""
    sort: str = "ext"
    after: str = ""
    before: str = ""
    last: str = ""

    @classmethod
    def of(cls, account_id: int, filters: dict[str, str]) -> Self:
        """Return the list that cleaned Filters describe."""
        return cls(
            account_id=account_id, **{name: value for name, value in filters.items() if value}
        )

    @property
    def has_own_order(self) -> bool:
        """Whether another order than the list's usual one was chosen."""
        return self.sort != next(it.default for it in fields(self) if it.name == "sort")

    def url(self, **changes: str) -> str:
        """Return this list's query string with changes, for the first page unless they name one."""
        defaults = {field.name: field.default for field in fields(self)}
        kept = {
            name: getattr(self, name)
            for name in defaults
            if name not in ("account_id", "after", "before", "last")
        }
        values = (kept | changes).items()
        return "?" + urlencode(
            {name: value for name, value in values if value and value != defaults[name]}
        )

    def fetch_page_of(self, runs: list[Run]) -> Page:
        """Return the page of `runs` that the URL names. Raises BadCursor."""
        return fetch_page(
            runs, size=PAGE_SIZE, after=self.after, before=self.before, last=bool(self.last)
        )
