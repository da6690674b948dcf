"""Choose a phone for a person: the same assignments as on User phones, from the other side (R14).

Free phones come first, then other people's. Choosing one leads to its confirmation, so nothing is
decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from phones.assignment import find_obstacle
from phones.models import Kind, Phone
from phones.rows import select_phones
from users.access import AdministratorRequest, account_of, parse_query
from users.models import User
from users.tenancy.listing import AccountList, Filters
from users.tenancy.paging import Page, Run, fetch_page
from users.tenancy.search import Search, sql_literal

PIECE = 20


@dataclass(frozen=True)
class Choices(AccountList):
    """The account's user phones as a person may get them, as a URL describes them."""

    def page(self) -> Page:
        """Return one page of phones with whom they belong to. Raises BadCursor."""
        self._search.choose_plan()
        phones = select_phones(self.account_id).filter(kind=sql_literal(Kind.USER))
        phones = self._search.narrow(phones.select_related("assigned_to").defer("search"))
        assigned = phones.filter(assigned_to__account_id=self.account_id)
        runs = [
            Run(phones.filter(assigned_to=None), ("mac",)),
            Run(assigned, ("assigned_to__ext_number", "assigned_to__ext")),
        ]
        return fetch_page(
            runs, size=PIECE, after=self.after, before=self.before, last=bool(self.last)
        )

    @cached_property
    def _search(self) -> Search:
        return Search(Phone, self.q, few=200)


@require_GET
def choose_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show the phones that a person can be given, or why they can't have one (R12, R19)."""
    people = User.objects.select_related("phone")
    person = get_object_or_404(people, account_id=account_of(request), pk=key)
    if reason := find_obstacle(person):
        context = {"person": person, "reason": reason}
        return render(request, "phones/cannot_have.html", context, status=422)
    listing = Choices.of(account_of(request), parse_query(Filters(request.GET)))
    context = {"person": person, "listing": listing, "page": listing.page()}
    part = request.htmx and request.htmx.target == "phones-to-choose"
    template = "phones/_phones_to_choose.html" if part else "phones/choose_phone.html"
    return render(request, template, context)
