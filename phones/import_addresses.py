"""Import phones' E911 addresses, which the app that keeps addresses reads and stores (R57)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _

from phones.import_rows import Draft
from phones.models import Phone


class Reading(NamedTuple):
    """What a text says: the address, or None and why it can't be stored; and what is doubtful."""

    address: Any
    text: str  # in the form in which addresses are shown
    reason: str = ""
    hint: str = ""


class AddressBook(Protocol):
    """What an import needs of the app that keeps addresses."""

    def read(self, text: str) -> Reading:
        """Read an address."""

    def find(self, phones: Collection[Phone]) -> Mapping[int, set[str]]:
        """Return the addresses that phones have or wait for, as shown, by the phones' keys."""

    def store(self, *, phone: Phone, address: Any, typed: str) -> None:
        """Set the address of a phone that was just added."""


# The app that keeps addresses puts its book here, because this app cannot import that one.
books: list[AddressBook] = []


def judge_addresses(drafts: Iterable[Draft]) -> None:
    """Judge the address in each row by itself, or against the phone that is there already.

    An empty cell says nothing, so that lists without addresses import as before.
    """
    rows = [(draft, draft.made["address"]) for draft in drafts if draft.made.get("address")]
    if not rows or not books:
        return
    known = books[0].find([draft.phone for draft, _typed in rows if draft.phone and draft.exists])
    for draft, typed in rows:
        if draft.exists and draft.phone:
            compare_address(draft, typed, known.get(draft.phone.pk, set()))
            continue
        reading = books[0].read(typed)
        if reading.reason:
            draft.refuse("address", reading.reason)
        else:
            draft.address = reading.address
            if reading.hint:
                draft.hints.append(reading.hint)


def compare_address(draft: Draft, typed: str, known: set[str]) -> None:
    """Refuse the row if the phone that is there already has another address, or none."""
    if " ".join(typed.split()) in known or books[0].read(typed).text in known:
        return
    draft.refuse(
        "address",
        _(
            "%(who)s is already in the account, with %(value)s. An import doesn’t change it; edit"
            " it there."
        )
        % {
            "who": draft.phone,
            "value": f"“{' / '.join(sorted(known))}”" if known else _("nothing in this column"),
        },
    )


def store_addresses(drafts: Iterable[Draft]) -> None:
    """Set the addresses of the phones that were added."""
    for draft in drafts:
        if draft.phone and draft.address and not draft.exists:
            books[0].store(phone=draft.phone, address=draft.address, typed=draft.made["address"])
