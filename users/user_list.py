"""The list of an account's users: what its URL may say, its pages, and its download (R21)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from users import numbers
from users.models import Plan, User
from users.tenancy.listing import AccountList, Filters
from users.tenancy.paging import Page, Run
from users.tenancy.search import FEW, Search, sql_literal

SHOW_CHOICES = {
    "all": _("All users"),
    "with-phone": _("With a phone"),
    "without-phone": _("Ready for a phone"),
    "incomplete": _("Not fully set up"),
    "administrators": _("Administrators"),
    "deactivated": _("Deactivated"),
}
# As the indexes of the model have them. `incomplete` is what people.describe_missing tells apart.
SHOWN = {
    "all": Q(),
    "with-phone": Q(phone__isnull=False),
    "without-phone": Q(can_have_phone=True, phone__isnull=True),
    "incomplete": ~Q(plan=sql_literal("basic")) & Q(is_active=True, can_have_phone=False),
    "administrators": Q(is_administrator=True),
    "deactivated": Q(is_active=False),
}
SORTS = ("name", "ext", "email", "plan", "phone")
# What an import reads (phones.import_rows.USER_FIELDS), so a download imports again (R57).
COLUMNS = ("First name", "Last name", "Email", "Extension", "Plan", "Caller ID", "Role")


class UserFilters(Filters):
    """What the URL of the list of users may say."""

    show = forms.ChoiceField(required=False, choices=list(SHOW_CHOICES.items()))
    plan = forms.ChoiceField(required=False, choices=Plan.choices)
    sort = forms.ChoiceField(required=False, choices=[(d + s, s) for s in SORTS for d in ("", "-")])


@dataclass(frozen=True)
class Listing(AccountList):
    """The list of users."""

    show: str = "all"
    plan: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return bool(self.q or self.plan) or self.show != "all"

    def page(self) -> Page:
        """Return one page of people with their phones. Raises BadCursor."""
        few = self._few
        self._search.choose_plan(rare=few is not None)
        people = self._narrow() if few is None else User.objects.filter(pk__any=few)
        people = people.select_related("phone").defer("password", "search")
        return self.fetch_page_of(
            self._split(people.annotate(has_unconfirmed_number=numbers.is_unconfirmed()))
        )

    def count_shown(self) -> int | None:
        """Return how many people this shows; None if there are too many to count."""
        return None if self._few is None else len(self._few)

    def build_export_rows(self) -> Iterator[tuple[str, ...]]:
        """Yield the people this shows, in order, as COLUMNS."""
        for run in self._split(self._narrow().defer("password", "search")):
            for person in run.sort(run.rows, backwards=False).iterator(chunk_size=2000):
                yield (
                    person.first_name,
                    person.last_name,
                    person.email or "",
                    person.ext or "",
                    person.plan.capitalize(),
                    person.caller_id or "",
                    "admin" if person.is_administrator else "",
                )

    @cached_property
    def _search(self) -> Search:
        return Search(User, self.q)

    @cached_property
    def _few(self) -> list[int] | None:
        """The keys of everyone this shows; None if there are more than FEW.

        Few are collected and sorted. Many are walked along in their order until a page is full.
        """
        keys = list(self._narrow().order_by().values_list("pk", flat=True)[: FEW + 1])
        return keys if len(keys) <= FEW else None

    def _narrow(self) -> QuerySet[User]:
        """Return the people that search and filters ask for."""
        people = User.objects.filter(SHOWN[self.show], account_id=self.account_id)
        if self.plan:
            people = people.filter(plan=self.plan)
        return self._search.narrow(people)

    def _split(self, people: QuerySet[User]) -> list[Run]:
        """Split people into the runs of the list's order, each sorted by an index.

        Those who lack what the list is sorted by come last in both directions.
        """
        key, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        if key in ("name", "plan"):
            keys = {"name": ("name_key", "id"), "plan": ("plan", "name_key", "id")}
            return [Run(people, keys[key], descending)]
        if key == "phone":
            has_phone = people.filter(phone__account_id=self.account_id)
            has_phone = has_phone.filter(
                phone__kind=sql_literal("user"), phone__retired_at__isnull=True
            )
            labeled = has_phone.filter(phone__label_key__gt=sql_literal(""))
            others = has_phone.filter(phone__label_key=sql_literal(""))
            return [
                Run(labeled, ("phone__label_key", "id"), descending),
                Run(others, ("phone__model_name", "id"), descending),
                Run(people.filter(phone__isnull=True), ("name_key", "id")),
            ]
        field, keys_of_field = {
            "ext": ("ext", ("ext_number", "ext")),
            "email": ("email", ("email",)),
        }[key]
        return [
            Run(people.filter(**{f"{field}__isnull": False}), keys_of_field, descending),
            Run(people.filter(**{f"{field}__isnull": True}), ("id",)),
        ]
