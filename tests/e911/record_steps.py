"""Set addresses, assign phones, run the waiting tasks, and read what is on record then."""

from __future__ import annotations

import json

from django.db import connection

from e911 import records
from e911.addresses import parsing
from e911.models import EmergencyAddress
from phones import assignment
from phones.models import Phone
from users.models import User

FIFTH = parsing.parse_address("350 5th Ave, Floor 34, New York, NY 10118")
GOLD = parsing.parse_address("100 Gold St, Floor 2, New York, NY 10038")
TASKS = {
    "register": records.register_address,
    "withdraw": records.withdraw_address,
    "tell_caller": records.notify_provider_of_caller,
}


def take_jobs() -> list[tuple[str, dict]]:
    """Remove the waiting tasks from the queue; return their names and arguments."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, args FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        )
        waiting = cursor.fetchall()
        cursor.execute("DELETE FROM procrastinate_jobs")
    return [(name.removeprefix("e911."), json.loads(args)) for name, args in waiting]


def run_jobs() -> list[str]:
    """Run the waiting tasks and those they start, as a worker does; return their names."""
    done = []
    for _ in range(9):  # some tasks defer themselves again
        for name, args in take_jobs():
            TASKS[name](**args)
            done.append(name)
    return done


def set_address(phone: Phone, address, by) -> EmergencyAddress:
    return records.set_address(phone=phone, address=address, typed="as typed", by=by)


def assign(phone: Phone, person: User | None) -> None:
    """Assign a phone to a person, or unassign it if `person` is None."""
    moves = [assignment.Move(phone.pk, person and person.pk)]
    seen = assignment.plan(account_id=phone.account_id, moves=moves).seen
    assignment.carry_out(account_id=phone.account_id, moves=moves, seen=seen)


def address_in_force(phone: Phone) -> str:
    """Return the phone's current address as one line, "" if there is none."""
    address = Phone.objects.select_related("current_address").get(pk=phone.pk).current_address
    return address.standardised if address else ""


def statuses(phone: Phone) -> list[tuple[str, str]]:
    """Return house number and status of the phone's addresses, the oldest first."""
    return list(phone.addresses.order_by("id").values_list("house_number", "status"))
