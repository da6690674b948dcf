"""List phones: search, filters, order and page come from the URL (R4, R9)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from phones.by_status import STATUS_CHOICES, ByStatus
from phones.counts import Counts
from phones.models import LIST_NAMES, Kind, Phone
from phones.rows import select_phones, select_rows
from users.access import parse_query
from users.tenancy.listing import PAGE_SIZE, AccountList, Filters
from users.tenancy.paging import Page, Run
from users.tenancy.search import FEW, Search, sql_literal

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

ONE_IN = 5  # a common word is found in about one of this many rows
# Words of an address that come with a number; extensions and MAC addresses are full of those, too.
NUMBERED = ("floor", "suite", "unit", "room", "apartment", "building")

SHOW_CHOICES: dict[str, StrOrPromise] = {
    "all": _("All phones"),
    "assigned": _("Assigned"),
    "free": _("Free"),
    "missing": _("E911 address missing"),
}
LABEL = ("label", _("Label"))
EXT = ("ext", _("Ext"))
PERSON = ("person", _("Assigned to"))
DEVICE = (("model", _("Model")), ("mac", _("MAC Address")))


class PhoneFilters(Filters):
    """What the URL of a list of phones may say."""

    show = forms.ChoiceField(required=False)
    status = forms.ChoiceField(required=False, choices=list(STATUS_CHOICES.items()))
    model = forms.CharField(required=False, max_length=60)
    sort = forms.ChoiceField(required=False)

    def __init__(self, data: QueryDict, of: type[Listing]) -> None:
        super().__init__(data)
        for name, choices in {
            "show": of.shows,
            "sort": [d + sort for sort in of.sorts for d in ("", "-")],
        }.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(it, it) for it in choices]


@dataclass(frozen=True)
class Listing(AccountList):
    """A list of phones. Its subclasses are the pages that show one."""

    show: str = "all"
    status: str = ""
    model: str = ""

    kinds: ClassVar[tuple[Kind, ...]]
    name: ClassVar[str]  # of its URL
    path: ClassVar[str]
    csv_name: ClassVar[str]  # of the URL of its download
    file_name: ClassVar[str]
    counted_as: ClassVar[str]  # which badge counts its phones without an address: phones.counts
    title: ClassVar[StrOrPromise]
    placeholder: ClassVar[StrOrPromise]  # of the search
    shows: ClassVar[tuple[str, ...]]
    sorts: ClassVar[tuple[str, ...]]
    columns: ClassVar[tuple[tuple[str, StrOrPromise], ...]]  # before the address

    @classmethod
    def read(cls, account_id: int, query: QueryDict) -> Self:
        """Return the list that a URL's query asks for. Raises BadRequest."""
        return cls.of(account_id, parse_query(PhoneFilters(query, cls)))

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return bool(self.q or self.status or self.model) or self.show != self.shows[0]

    @property
    def show_choices(self) -> list[tuple[str, StrOrPromise]]:
        """The filters that it offers beside that for models."""
        return [(show, SHOW_CHOICES[show]) for show in self.shows]

    @cached_property
    def by_status(self) -> ByStatus:
        """Its phones in the chosen status."""
        return ByStatus(self.account_id, self.kinds, self.status)

    def page(self, counts: Counts) -> Page:
        """Return one page of rows, as `select_rows` makes them. Raises BadCursor."""
        rare = self._filters_leave_few(counts)
        self._search.choose_plan(rare=rare)
        return self.fetch_page_of(self._runs(collected=rare))

    def _filters_leave_few(self, counts: Counts) -> bool:
        """Tell whether a walk for one page would pass more rows than the filters leave in all.

        Passing a row costs about as much as collecting and sorting one.
        """
        few = self.by_status.few
        if self.show == "all" and not self.model and few is None:
            return False
        phones = counts.count(*self.kinds)
        left = counts.count(*self.kinds, show=self.show, model=self.model)
        if few is not None:
            left = min(left, len(few))
        if few is not None or (self.model and self.sort.endswith("mac")):
            # Phones in one status may be neighbors in any order, and so are MAC addresses of one
            # model: the walk may pass all other phones first.
            return left < phones - left
        passed = PAGE_SIZE * phones / max(left, 1)
        return left < (passed * ONE_IN if self._search.many else passed)

    def count_shown(self, counts: Counts, page: Page) -> int | None:
        """Return how many phones this shows; None if search and status leave too many to count."""
        if not self.q and not self.status:
            return counts.count(*self.kinds, show=self.show, model=self.model)
        if not page.previous and not page.next:
            return len(page.rows)
        if self._search.few is None and self.by_status.few is None:
            return None
        return sum(run.rows.count() for run in self._split(select_phones(self.account_id)))

    @property
    def more_than(self) -> int:
        """What is known if phones are too many to count and don't fit on one page."""
        is_only_one = [bool(self.q), bool(self.status), bool(self.model)].count(True) == 1
        return FEW if is_only_one and self.show == "all" else PAGE_SIZE

    def list_all_rows(self) -> list[QuerySet[Any]]:
        """Return all rows in order, one query after another, for the download."""
        runs = self._split(select_rows(self.account_id), from_users=True)
        return [run.sort(run.rows, backwards=False) for run in runs]

    @cached_property
    def _search(self) -> Search:
        return Search(Phone, self.q, numbered=NUMBERED)

    def _runs(self, *, collected: bool) -> list[Run]:
        """Return the list as runs, to walk along or, if search or filters leave few, to collect."""
        rows = select_rows(self.account_id)
        if not collected and self._search.few is None:
            return self._split(rows, from_users=True)
        runs = self._split(select_phones(self.account_id))
        return [replace(run, rows=rows, chosen_from=run.rows) for run in runs]

    def _split(self, phones: QuerySet[Any], *, from_users: bool = False) -> list[Run]:
        """Keep the phones that search and filters ask for, in the runs of the list's order.

        An index sorts each run. An order by user is an index of users. A plan can start there only
        if the query names their account (`from_users`); to collect few phones, it must not, as it
        would look at all users.
        """
        phones = self.by_status.narrow(self._search.narrow(phones), walking=from_users)
        if self.model:
            phones = phones.filter(model_name=self.model)
        if self.show == "missing":
            phones = phones.filter(current_address=None)
        runs: list[Run] = []
        for kind in self.kinds:
            of_kind = phones.filter(kind=sql_literal(kind))
            if self.sort.endswith("status") and from_users:
                # This order is an index of standings: the same goes for it.
                of_kind = of_kind.filter(
                    standing__account_id=self.account_id, standing__kind=sql_literal(kind)
                )
            if kind == Kind.USER:
                runs += self._split_user_phones(of_kind, from_users)
            else:
                runs += self._split_common_area_phones(of_kind)
        return runs

    def _split_user_phones(self, phones: QuerySet[Any], from_users: bool) -> Iterator[Run]:
        assigned = phones.filter(assigned_to__isnull=False)
        if from_users:
            assigned = assigned.filter(assigned_to__account_id=self.account_id)
        shown = {"all": phones, "free": phones.filter(assigned_to=None)}.get(self.show, assigned)
        key, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        if key in ("ext", "person"):
            keys = {
                "ext": ("assigned_to__ext_number", "assigned_to__ext"),
                "person": ("assigned_to__name_key", "assigned_to_id"),
            }
            if self.show != "free":
                yield Run(assigned, keys[key], descending)
            if self.show in ("all", "free"):
                yield Run(phones.filter(assigned_to=None), ("mac",))
        elif key == "label":
            yield Run(shown.exclude(label_key=sql_literal("")), ("label_key", "id"), descending)
            yield Run(shown.filter(label_key=sql_literal("")), ("mac",))
        else:
            yield Run(shown, BY_FACT[key], descending)

    def _split_common_area_phones(self, phones: QuerySet[Any]) -> Iterator[Run]:
        key, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        by_label = ("label_key", "mac")
        if key == "ext":
            yield Run(phones.filter(ext__isnull=False), ("ext_number", "ext"), descending)
            yield Run(phones.filter(ext=None), by_label)
        else:
            yield Run(phones, BY_FACT.get(key, by_label), descending)


# Orders that people's phones and those of places have in common.
BY_FACT = {"model": ("model_name", "id"), "mac": ("mac",), "status": ("standing__rank", "id")}


@dataclass(frozen=True)
class UserPhones(Listing):
    """The phones that are, or can be, assigned to people (R4)."""

    kinds = (Kind.USER,)
    name, path = LIST_NAMES[Kind.USER], ""
    csv_name, file_name = "user_phones_csv", "user-phones.csv"
    counted_as, title = "user", _("User phones")
    placeholder = _("Search label, person, MAC, address")
    shows = ("all", "assigned", "free", "missing")
    sorts = ("ext", "person", "label", "model", "mac", "status")
    columns = (LABEL, EXT, PERSON, *DEVICE)


@dataclass(frozen=True)
class CommonAreaPhones(Listing):
    """The phones that belong to a place (R58)."""

    sort: str = "label"

    kinds = (Kind.COMMON,)
    name, path = LIST_NAMES[Kind.COMMON], "common/"
    csv_name, file_name = "common_phones_csv", "common-area-phones.csv"
    counted_as, title = "common", _("Common-area phones")
    placeholder = _("Search label, extension, MAC, address")
    shows = ("all", "missing")
    sorts = ("label", "ext", "model", "mac", "status")
    columns = (LABEL, EXT, ("number", _("Caller number")), *DEVICE)


@dataclass(frozen=True)
class PhonesWithoutAddress(Listing):
    """The phones of both kinds that lack an E911 address: people's, then those of places (R8)."""

    show: str = "missing"

    kinds = (Kind.USER, Kind.COMMON)
    name, path = "phones_without_address", "without-address/"
    csv_name, file_name = "phones_without_address_csv", "phones-without-address.csv"
    counted_as, title = "all", _("Phones without an E911 address")
    placeholder = UserPhones.placeholder
    shows = ("missing",)
    sorts = UserPhones.sorts
    columns = UserPhones.columns


LISTS: tuple[type[Listing], ...] = (UserPhones, CommonAreaPhones, PhonesWithoutAddress)
