"""Compare confirming an assignment with bare SQL that writes the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import transaction

from phones import assignment
from phones.assignment_plan import Case, Move, Plan
from phones.models import Phone
from tests.benchmarks import bare
from tests.benchmarks.data import Company
from tests.benchmarks.measure import Variant
from users import sip
from users.models import SipAccount, User
from users.request_keys import make_key
from users.tenancy import scope


@dataclass
class Desk:
    """A phone that goes back and forth between two people.

    If there is a spare phone, the person who gets this one gives up the spare.
    """

    company: Company
    phone: int
    people: tuple[int, int]
    spare: int | None = None

    def decide(self) -> None:
        """Find the next change, and make it possible."""
        account = self.company.id
        with transaction.atomic(), scope.entered(account_id=account):
            goal = next(
                key for key in self.people if key != Phone.objects.get(pk=self.phone).assigned_to_id
            )
            if self.spare and Phone.objects.get(pk=self.spare).assigned_to_id is None:
                back = [Move(self.spare, goal)]
                seen = assignment.plan(account_id=account, moves=back).seen
                assignment.carry_out(account_id=account, moves=back, seen=seen)
            self.plan: Plan = assignment.plan(account_id=account, moves=[Move(self.phone, goal)])
        assert self.plan.case == (Case.SWITCH_TO_USED if self.spare else Case.PASS_ON)

    @property
    def form(self) -> dict[str, Any]:
        """The form that the dialog sends."""
        return {"to": self.plan.moves[0].user_id, "seen": self.plan.seen, "key": make_key()}

    def confirm(self) -> None:
        """Confirm as an administrator does."""
        self.company.browser.post(self.url, urlencode(self.form).encode())

    def carry_out(self) -> None:
        """Confirm by the rule alone."""
        account = self.company.id
        with transaction.atomic():
            scope.enter(account_id=account)
            assignment.carry_out(account_id=account, moves=self.plan.moves, seen=self.plan.seen)

    def rehearse(self) -> None:
        """Confirm and roll back; Django's own client keeps within the surrounding transaction."""
        client = self.company.browser.client
        with transaction.atomic():
            client.post(self.url, self.form, headers={"HX-Request": "true"})
            transaction.set_rollback(True)

    @property
    def url(self) -> str:
        return f"/phones/{self.phone}/assigned/"


class Confirmed(Variant):
    """The change, confirmed on the page."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.confirm, desk.decide)


class CarriedOut(Variant):
    """The change by the rule alone, in one transaction: no session, no user, no response."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.carry_out, desk.decide)


class Written(Variant):
    """The change by hand, in one transaction: the locks, the phones, the credentials."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.write, self.decide)
        self.desk = desk
        self.connection = bare.connect()

    def decide(self) -> None:
        self.desk.decide()
        account_id = self.desk.company.id
        self.credentials = [
            sip.make_credentials(User(pk=each.id, account_id=account_id))
            for each in self.desk.plan.people
        ]

    def write(self) -> None:
        plan, account_id = self.desk.plan, self.desk.company.id
        with self.connection.transaction(), self.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('phoneadmin.account', %s, true)", [str(account_id)])
            lock(cursor, "users_account", [account_id])
            lock(cursor, "users_user", [person.id for person in plan.people])
            lock(cursor, "phones_phone", [change.phone_id for change in plan.changes])
            for change in [*plan.silenced, *plan.connected]:
                holder = change.after and change.after.id
                cursor.execute(
                    "UPDATE phones_phone SET assigned_to_id = %s WHERE id = %s",
                    [holder, change.phone_id],
                )
            upsert(cursor, self.credentials)


class Replayed(Variant):
    """The change by every statement that the page sends, including those for session and user."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(self.write, self.decide)
        self.desk = desk
        self.connection = bare.connect()

    def decide(self) -> None:
        self.desk.decide()
        self.sql = bare.sent(self.desk.rehearse)

    def write(self) -> None:
        bare.replay(self.connection, self.sql)


def lock(cursor: psycopg.Cursor, table: str, keys: Sequence[int]) -> None:
    cursor.execute(
        f"SELECT id FROM {table} WHERE id = ANY (%s) ORDER BY id FOR NO KEY UPDATE", [sorted(keys)]
    )


def upsert(cursor: psycopg.Cursor, credentials: Sequence[SipAccount]) -> None:
    rows = ", ".join(["(%s, %s, %s, %s, %s, now())"] * len(credentials))
    cursor.execute(
        "INSERT INTO users_sipaccount"
        " (user_id, account_id, username, ha1, key_fingerprint, changed_at)"
        f" VALUES {rows} ON CONFLICT (user_id) DO UPDATE SET"
        " username = excluded.username, ha1 = excluded.ha1,"
        " key_fingerprint = excluded.key_fingerprint, changed_at = excluded.changed_at",
        [
            value
            for c in credentials
            for value in (c.user_id, c.account_id, c.username, c.ha1, c.key_fingerprint)
        ],
    )


@dataclass
class Floor:
    """Enough desks that every variant has its own."""

    company: Company

    @cached_property
    def used(self) -> list[tuple[int, int]]:
        """Assigned phones, each with its user."""
        query = (
            "SELECT id, assigned_to_id FROM phones_phone"
            " WHERE account_id = %(account)s AND is_assigned ORDER BY id LIMIT 20"
        )
        return self.company.ask(query)

    @cached_property
    def waiting(self) -> list[tuple[int]]:
        """Users who can have a phone but have none."""
        query = (
            "SELECT id FROM users_user WHERE account_id = %(account)s AND can_have_phone"
            " AND id NOT IN (SELECT assigned_to_id FROM phones_phone WHERE is_assigned)"
            " ORDER BY id LIMIT 10"
        )
        return self.company.ask(query)

    def passing_on(self) -> Desk:
        """Return a desk for case c of R14."""
        (phone, holder), (other,) = self.used.pop(), self.waiting.pop()
        return Desk(self.company, phone, (holder, other))

    def switching(self) -> Desk:
        """Return a desk for case e of R14."""
        (phone, holder), (spare, other) = self.used.pop(), self.used.pop()
        return Desk(self.company, phone, (holder, other), spare)


def confirming(company: Company) -> list[tuple[str, Variant, Variant, float | None]]:
    """Return the lines: a name, a variant, the one to compare it with, the limit of the ratio."""
    floor = Floor(company)
    lines = []
    for case, desk in (
        ("passing a phone on (c)", floor.passing_on),
        ("switching to a used one (e)", floor.switching),
    ):
        confirmed, written = Confirmed(desk()), Written(desk())
        lines += [
            (f"The rule, {case}, beside bare SQL of the writes", CarriedOut(desk()), written, 3),
            (f"Confirming, {case}, beside bare SQL of the writes", confirmed, written, 3),
            (
                f"Confirming, {case}, beside bare SQL of everything",
                confirmed,
                Replayed(desk()),
                None,
            ),
        ]
    return lines
