"""The list of an account's users: what its URL may say, and its pages (R21)."""

from __future__ import annotations

from functools import cached_property

from django import forms
from django.db.models import QuerySet

from users import numbers
from users.models import User
from users.tenancy.listing import AccountList, Filters
from users.tenancy.paging import Page, Run
from users.tenancy.search import Search


class UserFilters(Filters):
    """What the URL of the list of users may say."""

    sort = forms.ChoiceField(
        required=False, choices=[(d + s, s) for s in ("ext", "name", "email") for d in ("", "-")]
    )


class Listing(AccountList):
    """The list of users."""

    def page(self) -> Page:
        """Return one page of people with their phones. Raises BadCursor."""
        self._search.choose_plan()
        return self.fetch_page_of(self._runs())

    @cached_property
    def _search(self) -> Search:
        return Search(User, self.q)

    def _runs(self) -> list[Run]:
        people: QuerySet[User] = self._search.narrow(
            User.objects.filter(account_id=self.account_id)
        )
        people = people.select_related("phone").defer("password", "search")
        people = people.annotate(has_unconfirmed_number=numbers.is_unconfirmed())
        key, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        if key == "name":
            return [Run(people, ("name_key", "id"), descending)]
        field, keys = {"ext": ("ext", ("ext_number", "ext")), "email": ("email", ("email",))}[key]
        # People without an extension or email come last in both directions.
        return [
            Run(people.filter(**{f"{field}__isnull": False}), keys, descending),
            Run(people.filter(**{f"{field}__isnull": True}), ("id",)),
        ]
