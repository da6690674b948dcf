"""List user phones: search, filters, order and page come from the URL (R4, R9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from zlib import crc32

from django import forms
from django.db.models import F, FilteredRelation, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from phones import line, mac
from phones.counts import Counts
from phones.models import Kind, Phone
from phones.names import name_phone
from users.tenancy.listing import PAGE_SIZE, AccountList, Filters
from users.tenancy.paging import Page, Run
from users.tenancy.search import Search, sql_literal

ONE_IN = 5  # a common word is found in about one of this many rows
OF_USERS = sql_literal(Kind.USER)

SHOW_CHOICES = {
    "all": _("All phones"),
    "assigned": _("Assigned"),
    "free": _("Free"),
    "missing": _("E911 address missing"),
}
SORTS = ("ext", "person", "label", "model", "mac")


class PhoneFilters(Filters):
    """What the URL of the list of phones may say."""

    show = forms.ChoiceField(required=False, choices=list(SHOW_CHOICES.items()))
    model = forms.CharField(required=False, max_length=60)
    sort = forms.ChoiceField(required=False, choices=[(d + s, s) for s in SORTS for d in ("", "-")])


@dataclass(frozen=True)
class Listing(AccountList):
    """The list of user phones."""

    show: str = "all"
    model: str = ""

    @property
    def narrowed(self) -> bool:
        """Whether anything but the order was chosen."""
        return bool(self.q or self.model) or self.show != "all"

    def page(self, counts: Counts) -> Page:
        """Return one page of rows, as `select_rows` makes them. Raises BadCursor."""
        rare = self._filters_leave_few(counts)
        self._search.choose_plan(rare=rare)
        return self.fetch_page_of(self._runs(collected=rare))

    def _filters_leave_few(self, counts: Counts) -> bool:
        """Tell whether a walk for one page would pass more rows than the filters leave in all.

        Passing a row costs about as much as collecting and sorting one.
        """
        if self.show == "all" and not self.model:
            return False
        phones = counts.count_user_phones()
        left = counts.count_user_phones(show=self.show, model=self.model)
        if self.model and self.sort.endswith("mac"):
            # MAC addresses of one model are neighbors, so the walk may pass all other phones first.
            return left < phones - left
        passed = PAGE_SIZE * phones / max(left, 1)
        return left < (passed * ONE_IN if self._search.many else passed)

    def count_shown(self, counts: Counts) -> int | None:
        """Return how many phones this shows; None if a search finds too many to count."""
        if not self.q:
            return counts.count_user_phones(show=self.show, model=self.model)
        if self._search.many:
            return None
        if self.show == "all" and not self.model:
            return len(self._search.few or ())
        shown = {"assigned": Q(assigned_to__isnull=False), "free": Q(assigned_to=None)}.get(
            self.show, Q()
        )
        return self._narrow(select_rows(self.account_id)).filter(shown).count()

    def list_all_rows(self) -> list[QuerySet[Any]]:
        """Return all rows in order, one query after another, for the download."""
        runs = self._split(self._narrow(select_rows(self.account_id)), from_users=True)
        return [run.sort(run.rows, backwards=False) for run in runs]

    @cached_property
    def _search(self) -> Search:
        return Search(Phone, self.q)

    def _narrow(self, phones: QuerySet[Any]) -> QuerySet[Any]:
        """Keep only the phones that search and filters ask for."""
        phones = self._search.narrow(phones)
        if self.model:
            phones = phones.filter(model_name=self.model)
        if self.show == "missing":
            phones = phones.filter(assigned_to__isnull=False, current_address=None)
        return phones

    def _runs(self, *, collected: bool) -> list[Run]:
        """Return the list as runs, to walk along or, if search or filters leave few, to collect."""
        rows = select_rows(self.account_id)
        if not collected and self._search.few is None:
            return self._split(self._narrow(rows), from_users=True)
        runs = self._split(self._narrow(select_phones(self.account_id)), from_users=False)
        return [replace(run, rows=rows, chosen_from=run.rows) for run in runs]

    def _split(self, phones: QuerySet[Any], *, from_users: bool) -> list[Run]:
        """Split phones into the runs of the list's order, each sorted by an index.

        An order by user is an index of users. A plan can start there only if the query names their
        account (`from_users`); to collect few phones, it must not, as it would look at all users.
        """
        assigned = phones.filter(assigned_to__isnull=False)
        if from_users:
            assigned = assigned.filter(assigned_to__account_id=self.account_id)
        free = phones.filter(assigned_to=None)
        key, descending = self.sort.lstrip("-"), self.sort.startswith("-")
        if key in ("ext", "person"):
            keys = {
                "ext": ("assigned_to__ext_number", "assigned_to__ext"),
                "person": ("assigned_to__name_key", "assigned_to_id"),
            }
            runs = {"assigned": Run(assigned, keys[key], descending), "free": Run(free, ("mac",))}
            return [
                run
                for show, run in runs.items()
                if self.show in ("all", show) or (self.show, show) == ("missing", "assigned")
            ]
        shown = {"assigned": assigned, "free": free}.get(self.show, phones)
        if key == "label":
            return [
                Run(shown.exclude(label_key=sql_literal("")), ("label_key", "id"), descending),
                Run(shown.filter(label_key=sql_literal("")), ("mac",)),
            ]
        return [Run(shown, {"model": ("model_name", "id"), "mac": ("mac",)}[key], descending)]


def select_phones(account_id: int) -> QuerySet[Phone]:
    """Return the account's user phones."""
    return Phone.objects.filter(account_id=account_id, kind=OF_USERS, retired_at=None)


def select_rows(account_id: int) -> QuerySet[Any, Any]:
    """Return the account's user phones as dictionaries of what rows show and lists sort by."""
    return (
        select_phones(account_id)
        .annotate(open=FilteredRelation("addresses", condition=Q(addresses__is_open=True)))
        .values(
            "id",
            "label",
            "label_key",
            "mac",
            "model_name",
            "assigned_to_id",
            "assigned_to__first_name",
            "assigned_to__last_name",
            "assigned_to__ext",
            "assigned_to__ext_number",
            "assigned_to__name_key",
            address=F("current_address__standardised"),
            waiting=F("open__standardised"),
            waiting_status=F("open__status"),
        )
    )


@dataclass(frozen=True, slots=True)
class Row:
    """One phone as the table shows it."""

    id: str
    label: str
    mac: str
    model: str
    person: str
    ext: str
    address: str
    pending: str  # an address that the provider hasn't accepted or refused yet
    refused: str  # the latest address, if the provider refused it
    # Each of these four is "1" or empty. If both of the first two are empty, the state is unknown.
    registered: str
    unregistered: str
    free: str
    needs_restart: str
    askable: str  # "1" if it can be asked to restart
    held_by: str  # what another device that holds its line calls itself
    title: str  # what people call it (R45)
    version: str  # changes with any field above, so that a page can ask which rows changed


def build_rows(account_id: int, listed: Iterable[dict[str, Any]]) -> list[Row]:
    """Return rows as people read them, with the state of their lines."""
    listed = list(listed)
    states = line.load_states(account_id, [row["id"] for row in listed])
    return [_shown(row, states[row["id"]]) for row in listed]


def _shown(row: dict[str, Any], state: line.State) -> Row:
    address = mac.format(row["mac"])
    texts = (
        str(row["id"]),
        row["label"],
        address,
        row["model_name"],
        _person(row),
        row["assigned_to__ext"] or "",
        row["address"] or "",
        row["waiting"] if row["waiting_status"] == "pending" else "",
        row["waiting"] if row["waiting_status"] == "refused" else "",
        "1" if state.registered else "",
        "1" if state.unregistered else "",
        "1" if state.free else "",
        "1" if state.needs_restart else "",
        "1" if state.askable else "",
        state.held_by,
        name_phone(
            row["label"],
            f"{row['model_name']} {address}",
            _person(row),
            row["assigned_to__ext"],
        ),
    )
    return Row(*texts, version=f"{crc32(repr(texts).encode(errors='replace')):x}")


def build_export_row(row: dict[str, Any]) -> tuple[str, ...]:
    """Return a row for the download, with the columns of phones.spreadsheet."""
    name = _person(row)
    ext, address = row["assigned_to__ext"] or "", row["address"] or ""
    return mac.format(row["mac"]), row["model_name"], row["label"], Kind.USER, ext, name, address


def _person(row: dict[str, Any]) -> str:
    if not row["assigned_to_id"]:
        return ""
    return f"{row['assigned_to__first_name']} {row['assigned_to__last_name']}"
