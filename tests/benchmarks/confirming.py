"""Confirming an assignment, beside the bare SQL that writes the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import psycopg
from django.db import transaction

from phones import assignment
from phones.assignment import Case, Move, Plan
from phones.models import Phone
from tests.benchmarks.browser import Browser
from tests.benchmarks.data import Company, bare
from tests.benchmarks.measure import Variant
from users import scope, sip
from users.models import SipCredentials, User


@dataclass
class Desk:
    """A phone that goes back and forth between two people; with a `spare` one, who gets it gives up the spare."""

    company: Company
    phone: int
    people: tuple[int, int]
    spare: int | None = None

    def next(self) -> Plan:
        """Return the plan of the next change, and make it possible."""
        account = self.company.id
        with transaction.atomic(), scope.entered(account_id=account):
            goal = next(key for key in self.people if key != Phone.objects.get(pk=self.phone).assigned_to_id)
            if self.spare and Phone.objects.get(pk=self.spare).assigned_to_id is None:
                back = [Move(self.spare, goal)]
                seen = assignment.plan(account_id=account, moves=back).seen
                assignment.carry_out(account_id=account, moves=back, seen=seen)
            plan = assignment.plan(account_id=account, moves=[Move(self.phone, goal)])
        assert plan.case == (Case.SWITCH_TO_USED if self.spare else Case.PASS_ON)
        return plan


class Confirmed(Variant):
    """The change as an administrator confirms it: the POST of the dialog."""

    def __init__(self, name: str, desk: Desk) -> None:
        super().__init__(name, self.confirm, self.decide)
        self.desk = desk
        self.browser = Browser(desk.company.administrator)

    def decide(self) -> None:
        plan = self.desk.next()
        self.body = urlencode({"to": plan.moves[0].user_id, "seen": plan.seen}).encode()

    def confirm(self) -> None:
        answer = self.browser.post(f"/phones/{self.desk.phone}/assigned/", self.body)
        assert answer.status == 200, answer.text


class Written(Variant):
    """The same change as bare SQL in one transaction: the locks, the phones, the credentials."""

    def __init__(self, name: str, desk: Desk) -> None:
        super().__init__(name, self.write, self.decide)
        self.desk = desk
        self.connection = bare()

    def decide(self) -> None:
        self.plan = self.desk.next()
        account = self.desk.company.id
        self.credentials = [sip.fresh(User(pk=person.id, account_id=account)) for person in self.plan.people]

    def write(self) -> None:
        phones = [change.phone_id for change in self.plan.changes]
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('phoneadmin.account', %s, true)", [str(self.desk.company.id)])
            lock(cursor, "users_account", [self.desk.company.id])
            lock(cursor, "users_user", [person.id for person in self.plan.people])
            lock(cursor, "phones_phone", phones)
            if silenced := [change.phone_id for change in self.plan.silenced]:
                cursor.execute("UPDATE phones_phone SET assigned_to_id = NULL WHERE id = ANY (%s)", [silenced])
            for change in self.plan.connected:
                assigned = [change.after.id, change.phone_id]
                cursor.execute("UPDATE phones_phone SET assigned_to_id = %s WHERE id = %s", assigned)
            upsert(cursor, self.credentials)


def lock(cursor: psycopg.Cursor, table: str, keys: Sequence[int]) -> None:
    cursor.execute(f"SELECT id FROM {table} WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [sorted(keys)])


def upsert(cursor: psycopg.Cursor, credentials: Sequence[SipCredentials]) -> None:
    rows = ", ".join(["(%s, %s, %s, %s, %s, now())"] * len(credentials))
    cursor.execute(
        "INSERT INTO users_sipcredentials (user_id, account_id, username, ha1, key_fingerprint, changed_at)"
        f" VALUES {rows} ON CONFLICT (user_id) DO UPDATE SET username = excluded.username, ha1 = excluded.ha1,"
        " key_fingerprint = excluded.key_fingerprint, changed_at = excluded.changed_at",
        [value for c in credentials for value in (c.user_id, c.account_id, c.username, c.ha1, c.key_fingerprint)],
    )


def confirming(company: Company) -> list[tuple[Variant, Variant | None, float | None]]:
    """Return variants, what each is compared with, and the limit: cases c and e of R14, each at desks of its own."""
    used = company.ask(
        "SELECT id, assigned_to_id FROM phones_phone WHERE account_id = %(account)s AND assigned_to_id <> %(admin)s"
        " ORDER BY id LIMIT 6",
        admin=company.administrator.pk,
    )
    waiting = company.ask(
        "SELECT id FROM users_user WHERE account_id = %(account)s AND can_have_phone"
        " AND NOT EXISTS (SELECT FROM phones_phone WHERE assigned_to_id = users_user.id) ORDER BY id LIMIT 2"
    )
    (p1, u1), (p2, u2), (p3, u3), (q3, v3), (p4, u4), (q4, v4) = used
    (v1,), (v2,) = waiting
    pass_on = Written("Passing a phone on (case c): bare SQL", Desk(company, p1, (u1, v1)))
    switch = Written("Switching to a used phone (case e): bare SQL", Desk(company, p3, (u3, v3), q3))
    return [
        (pass_on, None, None),
        (Confirmed("Passing a phone on (case c): confirmed", Desk(company, p2, (u2, v2))), pass_on, 3),
        (switch, None, None),
        (Confirmed("Switching to a used phone (case e): confirmed", Desk(company, p4, (u4, v4), q4)), switch, 3),
    ]
