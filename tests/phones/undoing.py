"""A company whose phones tests assign, and undo that."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client

from phones.models import Phone
from tests import factories
from tests.markup import compact
from tests.phones.confirming import texts
from users import sip
from users.models import SipAccount, User
from users.tenancy import scope

HTMX = {"HX-Request": "true"}
# R14: which phone goes to whom. Reception is Uma's, Cellar is Vic's, Spare is free, and Wyn has
# none.
CASES = {
    "a": ("Reception", None),
    "b": ("Spare", "Wyn"),
    "c": ("Reception", "Wyn"),
    "d": ("Spare", "Vic"),
    "e": ("Reception", "Vic"),
}
each_case = pytest.mark.parametrize("case", CASES)


class Company:
    """Phones and people by name, and an administrator's browser."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.account = factories.account("Acme")
        self.alice = factories.person(
            self.account, "Alice", "Archer", ext="100", is_administrator=True
        )
        self.people = {
            name: factories.person(self.account, name, "Person", ext=ext)
            for name, ext in (("Uma", "11"), ("Vic", "12"), ("Wyn", "13"))
        }
        holders = {"Reception": self.people["Uma"], "Cellar": self.people["Vic"], "Spare": None}
        self.phones = {
            label: factories.phone(self.account, who, label=label, mac=f"805ec0aa000{n}")
            for n, (label, who) in enumerate(holders.items(), start=1)
        }
        with transaction.atomic(), scope.entered(scope="sign_in"):
            client.force_login(self.alice)

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Open a transaction that sees the account."""
        with transaction.atomic(), scope.entered(account_id=self.account.pk):
            yield

    def holders(self) -> dict[str, str | None]:
        with self.inside():
            phones = Phone.objects.filter(retired_at=None).select_related("assigned_to")
            return {
                phone.label: phone.assigned_to.first_name if phone.assigned_to else None
                for phone in phones
            }

    def usernames(self) -> dict[str, str]:
        with self.inside():
            return dict(
                SipAccount.objects.filter(kind="person").values_list("user__first_name", "username")
            )

    def assign(self, phone: str, who: str | None):
        """Assign a phone to a user; return the answer."""
        to = str(self.people[who].pk) if who else "nobody"
        return self.confirm(f"/phones/{self.phones[phone].pk}/assigned/", {"to": to})

    def ask(self, url: str, fields: dict[str, str]):
        return self.client.get(url, fields, headers=HTMX)

    def confirm(self, url: str, fields: dict[str, str]):
        return self.client.post(url, fields | {"seen": seen(self.ask(url, fields))}, headers=HTMX)

    def undo(self, moves: str):
        return self.confirm("/phones/moves/", {"moves": moves})

    def offered(self, query: str = "") -> list[str]:
        """Return the undo that each entry of Activity offers, or "" if it offers none."""
        response = self.client.get(f"/activity/{query}")
        moves = [entry.undo for entry in response.context["page"].entries]
        assert links(response) == [each for each in moves if each]
        return moves

    def change(self, model: type[Phone] | type[User], name: str, **values: str) -> None:
        which = {"label": name} if model is Phone else {"first_name": name}
        with self.inside():
            assert model.objects.filter(**which).update(**values) == 1

    def renew(self, name: str) -> None:
        """Give a user new credentials."""
        with self.inside():
            sip.issue_credentials([self.people[name]])

    def moves(self, **wanted: str | None) -> str:
        """Return moves as the URL contains them."""
        return ",".join(
            f"{self.phones[phone].pk}-{self.people[who].pk if who else ''}"
            for phone, who in wanted.items()
        )


def links(response) -> list[str]:
    page = html.unescape(compact(response.content.decode()))
    return re.findall(
        r'<a [^>]*href="/phones/moves/\?moves=([^"]+)" data-dialog>(?:<svg.*?</svg>)?Undo</a>',
        page,
        re.S,
    )


def seen(response) -> str:
    return re.search(r'name="seen" value="(\w+)"', response.content.decode())[1]


def refusal(company: Company, moves: str) -> str:
    """Return the refusal of these moves."""
    answer = company.ask("/phones/moves/", {"moves": moves})
    assert answer.status_code == 422
    return texts(answer.content.decode(), "p")[0]
