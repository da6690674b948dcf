"""List the people for the dropdown Assigned to, by extension, in pieces (R11, R12, R19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from phones.assignment import find_obstacle
from users.models import User
from users.tenancy.paging import Run, fetch_page
from users.tenancy.search import Search

PIECE = 40


@dataclass(frozen=True)
class Choice:
    """One person in the list: `has` names their phone, `reason` says why they can't be chosen."""

    id: int
    name: str
    ext: str
    has: str
    reason: str
    current: bool


@dataclass(frozen=True)
class Choices:
    """A piece of the list, and the cursors of the pieces before and after it."""

    people: Sequence[Choice]
    previous: str | None
    next: str | None


def list_choices(
    *,
    account_id: int,
    phone_id: int,
    q: str = "",
    after: str = "",
    before: str = "",
    last: bool = False,
) -> Choices:
    """Return a piece of the account's people for one phone, narrowed to the words of `q`.

    Raises BadCursor.
    """
    search = Search(User, q, few=200)
    search.choose_plan()
    people = search.narrow(User.objects.filter(account_id=account_id))
    people = people.select_related("phone").only(
        "account_id", "first_name", "last_name", "email", "ext", "ext_number", "plan", "is_active",
        "phone__label", "phone__model_name", "phone__mac", "phone__assigned_to_id",
    )  # fmt: skip
    # People without an extension come last, because they can't be chosen anyway.
    runs = [
        Run(people.filter(ext__isnull=False), ("ext_number", "ext")),
        Run(people.filter(ext__isnull=True), ("id",)),
    ]
    piece = fetch_page(runs, size=PIECE, after=after, before=before, last=last, whole=False)
    return Choices(
        people=[describe_choice(user, phone_id) for user in piece.rows],
        previous=piece.previous,
        next=piece.next,
    )


def describe_choice(user: Any, phone_id: int) -> Choice:
    """Return a person as the list for one phone shows them. Reads `phone`."""
    phone = getattr(user, "phone", None)
    current = phone is not None and phone.pk == phone_id
    return Choice(
        id=user.pk,
        name=str(user),
        ext=user.ext or "",
        has=str(phone) if phone and not current else "",
        reason=find_obstacle(user) or "",
        current=current,
    )
