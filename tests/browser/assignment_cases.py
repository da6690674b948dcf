"""The five confirmations of an assignment and the entries of its dropdown, as pages show them."""

from __future__ import annotations

import re
from typing import NamedTuple

from django.db import transaction

from phones import assignment
from phones.models import Kind, Phone
from users.models import User
from users.tenancy import scope

# The entries behind Assigned to for the phone Front desk, in order (R11, R12, R19).
LISTED = [
    re.compile("Unassigned"),
    re.compile(r"9\s+Bea Basic\s+Basic plan"),
    re.compile(r"10\s+Max\s+Not fully set up. Missing: last name"),
    re.compile(r"11\s+Uma Ulm\s+current"),
    re.compile(r"12\s+Vic Vance\s+has\s+Warehouse"),
    re.compile(r"100\s+Alice Archer"),
    re.compile(r"101\s+Wyn Wolf"),
]


class Case(NamedTuple):
    """One kind of assignment, and what the user reads before and after confirming it."""

    choice: tuple[str, str]  # the phone's label, and the entry that is chosen for it
    question: str
    said: list[str]  # by the dialog
    after: dict[str, str]  # label of each phone: first name of its user, or ""
    told: list[str]  # by the message afterward


CASES = {  # R14, R15
    "a": Case(
        choice=("Front desk", "Unassigned"),
        question="Unassign Front desk?",
        said=[
            "80:5E:C0:00:00:01",
            "Uma Ulm, 11",
            "When you confirm, Front desk stops making and receiving calls, 911 included",
            "Uma Ulm, 11, will have no desk phone",
            "credentials of Uma Ulm change",
            "The company’s own apps keep working",
            "Restart Front desk",
        ],
        after={"Front desk": "", "Warehouse": "Vic", "Spare": ""},
        told=["Front desk (80:5E:C0:00:00:01) is free now", "Restart Front desk by hand"],
    ),
    "b": Case(
        choice=("Spare", "Wyn"),
        question="Give Spare to Wyn Wolf?",
        said=[
            "80:5E:C0:00:00:03",
            "Until it restarts, Spare can’t make or receive calls, 911 included",
            "Then it makes and receives calls on line 1 as Wyn Wolf, 101",
            "credentials of Wyn Wolf change",
            "Restart Spare",
            "no E911 address for Spare",
        ],
        after={"Front desk": "Uma", "Warehouse": "Vic", "Spare": "Wyn"},
        told=[
            "Spare (80:5E:C0:00:00:03) is Wyn Wolf’s now, extension 101",
            "Restart Spare by hand",  # no phone is registered here
            "update its E911 address",
        ],
    ),
    "c": Case(
        choice=("Front desk", "Wyn"),
        question="Give Front desk to Wyn Wolf?",
        said=[
            "When you confirm, Front desk stops making and receiving calls",
            "until it restarts. Then it makes and receives calls on line 1 as Wyn Wolf, 101",
            "Uma Ulm, 11, will have no desk phone",
            "credentials of Uma Ulm and Wyn Wolf change",
            "100 Gold Street",
        ],
        after={"Front desk": "Wyn", "Warehouse": "Vic", "Spare": ""},
        told=["Front desk (80:5E:C0:00:00:01) is Wyn Wolf’s now", "Restart Front desk by hand"],
    ),
    "d": Case(
        choice=("Spare", "Vic"),
        question="Give Spare to Vic Vance?",
        said=[
            "Until it restarts, Spare can’t make or receive calls",
            "Then it makes and receives calls on line 1 as Vic Vance, 12",
            "When you confirm, Warehouse stops making and receiving calls, 911 included",
            "80:5E:C0:00:00:02",
            "credentials of Vic Vance change",
            "Restart Spare and Warehouse",
        ],
        after={"Front desk": "Uma", "Warehouse": "", "Spare": "Vic"},
        told=[
            "Spare (80:5E:C0:00:00:03) is Vic Vance’s now",
            "Warehouse (80:5E:C0:00:00:02) is free now",
            "Restart Spare and Warehouse by hand",
        ],
    ),
    "e": Case(
        choice=("Front desk", "Vic"),
        question="Give Front desk to Vic Vance?",
        said=[
            "When you confirm, Front desk stops making and receiving calls",
            "until it restarts. Then it makes and receives calls on line 1 as Vic Vance, 12",
            "When you confirm, Warehouse stops making and receiving calls, 911 included",
            "Uma Ulm, 11, will have no desk phone",
            "credentials of Uma Ulm and Vic Vance change",
            "Restart Front desk and Warehouse",
        ],
        after={"Front desk": "Vic", "Warehouse": "", "Spare": ""},
        told=[
            "Front desk (80:5E:C0:00:00:01) is Vic Vance’s now",
            "Warehouse (80:5E:C0:00:00:02) is free now",
        ],
    ),
}


def read_holders(cast) -> dict[str, str]:
    """Return the first name of each phone's user by the phone's label, "" for a free phone."""
    with transaction.atomic(), scope.entered(scope="support"):
        of_people = Phone.objects.filter(account=cast.account, kind=Kind.USER)
        phones = of_people.select_related("assigned_to")
        return {
            phone.label: phone.assigned_to.first_name if phone.assigned_to else ""
            for phone in phones
        }


def assign_as_another_administrator(phone: Phone, to: User) -> None:
    """Give a phone to a user behind the page's back."""
    with transaction.atomic(), scope.entered(account_id=phone.account_id):
        moves = [assignment.Move(phone.pk, to.pk)]
        plan = assignment.plan(account_id=phone.account_id, moves=moves)
        assignment.carry_out(account_id=phone.account_id, moves=moves, seen=plan.seen)
