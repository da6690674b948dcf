"""A model of the tracked tables, and of what the history must say of each row."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from django.db.models import Model

from e911.models import EmergencyAddress
from phones.models import Phone
from tests.changes.tables import KEPT, TRACKED, Row
from users.models import Account, CallerNumber, SipAccount, User
from users.tenancy import history

Verb = str  # "insert", "update" or "delete"

LETTERS = [
    "a",
    "Z",
    "é",
    "ß",
    "И",
    "日",
    "🕿",
    "'",
    '"',
    "\\",
    ",",
    "{",
    "}",
    "%",
    "$1",
    ";--",
    " x ",
    "NULL",
    "\\N",
]

# An account's settings for its phones.
PHONE_SETTINGS = ["time_zone", "country", "phone_language", "ext_length", "outside_prefix"]

# What only a phone in a common area has of its own.
LINE = ["ext", "caller_id"]

STATUSES = ("pending", "accepted", "refused", "withdrawn")


class World:
    """The content of the tables, and what the history must say about it."""

    def __init__(self, seed: int, account: Account, models: Mapping[int, str]) -> None:
        self.rng = random.Random(seed)
        self.number = count(1)
        self.account = account.pk
        self.models = models
        self.rows: dict[type[Model], dict[int, Row]] = {model: {} for model in TRACKED}
        self.said: dict[tuple[type[Model], int], list[tuple]] = {}
        self.untouchable: set[int] = set()  # the users who make the changes
        self.done: Counter[tuple[str, str]] = Counter()

    # What rows hold.

    def text(self, most: int = 40) -> str:
        return (
            "".join(self.rng.choices(LETTERS, k=self.rng.randint(1, 6))) + f" {next(self.number)}"
        )[-most:].strip()

    def moment(self) -> datetime:
        return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(microseconds=self.rng.randrange(10**15))

    def flip(self) -> bool:
        return self.rng.random() < 0.5

    def free(self) -> list[int]:
        """Return the users who may have a phone and have none."""
        holders = {phone["assigned_to_id"] for phone in self.rows[Phone].values()}
        return [
            key
            for key, person in self.rows[User].items()
            if may_have_phone(person) and key not in holders
        ]

    def value(self, row: Row, column: str) -> Any:
        """Return a new value for a column that the database accepts, given the rest of the row."""
        rng, n = self.rng, next(self.number)
        if column in ("kind", "retired_at", "label") or (column in LINE and "kind" in row):
            return self.of_place(row, column, n)
        found = self.OF_COLUMN.get(column)
        if found:
            return found(self, n)
        if column == "replaced_by_id":
            others = [key for key in self.rows[Phone] if key != row["id"]]
            return rng.choice([None, *others[:5]]) if row["retired_at"] else None
        if column == "assigned_to_id":
            may = row["kind"] == "user" and row["retired_at"] is None
            return rng.choice([None, *self.free()[:5]]) if may else None
        if column == "current_address_id":
            own = [
                key
                for key, each in self.rows[EmergencyAddress].items()
                if each["phone_id"] == row["id"]
            ]
            return rng.choice([None, *own])
        if column == "superseded":  # an address must not become open again
            return row["superseded"] or (row["status"] == "refused" and self.flip())
        if column == "status":
            return self.status(row)
        raise LookupError(column)

    def of_place(self, row: Row, column: str, n: int) -> Any:
        """Return a value for a phone's column that depends on whether it stands in a common area.

        There it has a label, and may have a line of its own, until it is retired (R58).
        """
        in_use = row["kind"] == "common" and not row["retired_at"]
        has_line = row["ext"] or row["caller_id"]
        if column in LINE:
            return self.rng.choice([None, self.OF_COLUMN[column](self, n)]) if in_use else None
        if column == "label":
            return self.text() if in_use else self.rng.choice(["", self.text()])
        if column == "kind":
            if has_line:
                return "common"
            may = not row["assigned_to_id"] and (row["label"] or row["retired_at"])
            return self.rng.choice(["user", "common"]) if may else "user"
        if row["assigned_to_id"] or has_line:
            return None
        must = row["replaced_by_id"] or (row["kind"] == "common" and not row["label"])
        return self.moment() if must else self.rng.choice([None, self.moment()])

    def number_of_account(self) -> str | None:
        return self.rng.choice([None, *[each["e164"] for each in self.numbers()][-5:]])

    def numbers(self) -> list[Row]:
        return list(self.rows[CallerNumber].values())

    def calls_out(self, e164: str) -> bool:
        callers = [*self.rows[User].values(), *self.rows[Phone].values()]
        return any(each["caller_id"] == e164 for each in callers)

    TEXTS = (
        "name",
        "first_name",
        "last_name",
        "set_by_name",
        "words",
        "caller_name",
        "typed",
        "standardised",
    )
    OF_COLUMN: dict[str, Callable[[World, int], Any]] = {
        **dict.fromkeys(TEXTS, lambda self, n: self.text()),
        **dict.fromkeys(
            ("created_at", "changed_at", "set_at", "last_login"), lambda self, n: self.moment()
        ),
        **dict.fromkeys(
            ("second_factor_required", "has_second_factor", "is_active"),
            lambda self, n: self.flip(),
        ),
        "callback_number": lambda self, n: self.rng.choice(["", f"+1415555{n % 10_000:04}"]),
        "caller_id": lambda self, n: self.number_of_account(),
        "e164": lambda self, n: f"+1415{n:07}",
        "time_zone": lambda self, n: self.rng.choice([None, "America/Denver", "America/Toronto"]),
        "country": lambda self, n: self.rng.choice(["US", "CA"]),
        "phone_language": lambda self, n: self.rng.choice(["en", "es", "fr"]),
        "ext_length": lambda self, n: self.rng.randint(2, 10),
        "outside_prefix": lambda self, n: self.rng.choice(["", "8", "9"]),
        "is_administrator": lambda self, n: self.flip(),
        "email": lambda self, n: f"p{n}@example.com",
        "ext": lambda self, n: str(300_000 + n),
        "plan": lambda self, n: self.rng.choice(["plus", "pro", "basic"]),
        "username": lambda self, n: f"u{n:016x}",
        "mac": lambda self, n: f"80{n:010x}",
        "model_id": lambda self, n: self.rng.choice(list(self.models)),
        **dict.fromkeys(
            ("settled_at", "sign_in_blocked_at", "sign_in_cleared_at", "confirmed_at"),
            lambda self, n: self.rng.choice([None, self.moment()]),
        ),
        "set_by_id": lambda self, n: self.rng.choice([None, *self.rows[User]]),
        "password": lambda self, n: f"md5$salt${n}",
        "ha1": lambda self, n: f"{self.rng.getrandbits(128):032x}",
        "key_fingerprint": lambda self, n: f"{self.rng.getrandbits(64):016x}",
        "known": lambda self, n: {"address": n},
    }

    CHANGEABLE = {
        Account: ["name", "created_at", "second_factor_required", *PHONE_SETTINGS],
        User: [
            "email",
            "first_name",
            "last_name",
            "ext",
            "plan",
            "caller_id",
            "is_active",
            "is_administrator",
            "created_at",
            "has_second_factor",
            "password",
            "last_login",
            "sign_in_blocked_at",
            "sign_in_cleared_at",
        ],
        SipAccount: ["username", "changed_at", "ha1", "key_fingerprint"],
        CallerNumber: ["e164", "confirmed_at"],
        Phone: [
            "label",
            "mac",
            "kind",
            "model_id",
            "created_at",
            "retired_at",
            "assigned_to_id",
            "current_address_id",
            "replaced_by_id",
            "ext",
            "caller_id",
            "time_zone",
        ],
        EmergencyAddress: [
            "status",
            "superseded",
            "callback_number",
            "caller_name",
            "words",
            "settled_at",
            "set_by_id",
            "known",
        ],
    }
    # Columns that can be set to one value in several rows.
    ALIKE = {
        Account: ["created_at", "second_factor_required", *PHONE_SETTINGS],
        User: [
            "first_name",
            "last_name",
            "caller_id",
            "created_at",
            "has_second_factor",
            "last_login",
            "sign_in_blocked_at",
            "sign_in_cleared_at",
        ],
        SipAccount: ["changed_at", "ha1"],
        CallerNumber: ["confirmed_at"],
        Phone: ["model_id", "created_at", "time_zone"],
        EmergencyAddress: ["callback_number", "caller_name", "words", "settled_at", "known"],
    }

    def new(self, model: type[Model]) -> Row | None:
        """Return a new row, or None if nothing can be added right now."""
        n = 10_000_000 + next(self.number)
        row: Row = {"id": n, "account_id": self.account}
        if model is Account:
            del row["account_id"]
            row |= self.values(row, self.CHANGEABLE[Account])
        elif model is User:
            row |= {"is_staff": False, "may_act": False, "is_superuser": False}
            row |= self.values(row, self.CHANGEABLE[User])
        elif model is SipAccount:
            having = {each["user_id"] for each in self.rows[SipAccount].values()}
            without = [key for key in self.rows[User] if key not in having]
            if not without:
                return None
            row |= {"kind": "person", "user_id": self.rng.choice(without), "phone_id": None}
            row |= self.values(row, self.CHANGEABLE[model])
        elif model is CallerNumber:
            row |= self.values(row, self.CHANGEABLE[model])
        elif model is Phone:
            row |= {"kind": "user", "retired_at": None, "current_address_id": None, "search": ""}
            row |= {"replaced_by_id": None, "ext": None, "caller_id": None}
            row["assigned_to_id"] = self.value(row, "assigned_to_id")
            row |= self.values(
                row, ["label", "mac", "kind", "model_id", "created_at", "retired_at", *LINE]
            )
            row["time_zone"] = self.value(row, "time_zone")
            row["model_name"] = self.models[row["model_id"]]
        else:
            if not self.rows[Phone]:
                return None
            row["phone_id"] = self.rng.choice(list(self.rows[Phone]))
            row |= dict.fromkeys(KEPT[EmergencyAddress] - set(row), "") | {
                "country": "CA",
                "state": "ON",
            }
            row |= {
                "city": "Ottawa",
                "house_number": "1",
                "street_name": self.text(),
                "postal_code": "K1A 0B1",
            }
            places = Decimal(self.rng.randrange(10**8)).scaleb(-6) if self.flip() else None
            row |= {
                "latitude": places,
                "longitude": places,
                "status": "withdrawn",
                "superseded": False,
            }
            row |= self.values(
                row, ["typed", "standardised", "set_by_name", "set_at", *self.ALIKE[model]]
            )
            row |= self.values(row, ["set_by_id", "status"])
        return row

    def values(self, row: Row, columns: Sequence[str]) -> Row:
        found: Row = {}
        for column in columns:
            found[column] = self.value(row | found, column)
        return found

    def status(self, row: Row) -> str:
        """Return a status; only one address of a phone may be open."""
        others = (
            other
            for other in self.rows[EmergencyAddress].values()
            if other["phone_id"] == row["phone_id"]
        )
        taken = any(is_open(other) for other in others if other["id"] != row["id"])
        return self.rng.choice(["accepted", "withdrawn"] if taken else STATUSES)

    def changes(self, model: type[Model], row: Row) -> Row:
        """Return new values for some columns; rarely for none, or for none that is kept."""
        may = self.CHANGEABLE[model]
        columns = self.rng.sample(may, k=self.rng.randint(1, min(3, len(may))))
        if model is User and self.holds(row["id"]):
            columns = [column for column in columns if column not in ("plan", "is_active")]
        if model is CallerNumber and self.calls_out(row["e164"]):
            columns = ["confirmed_at"]
        found = self.values(row, columns)
        return found if self.rng.random() > 0.05 else {column: row[column] for column in found}

    def holds(self, person: int) -> bool:
        return any(phone["assigned_to_id"] == person for phone in self.rows[Phone].values())

    def bare(self, model: type[Model]) -> list[int]:
        """Return the rows that nothing refers to, without the users who make the changes."""
        used: set[int] = set(self.untouchable)
        if model is Account:
            used = {self.account}
        elif model is User:
            used |= {each["user_id"] for each in self.rows[SipAccount].values()}
            used |= {each["assigned_to_id"] for each in self.rows[Phone].values()}
            used |= {each["set_by_id"] for each in self.rows[EmergencyAddress].values()}
        elif model is Phone:
            used |= {each["phone_id"] for each in self.rows[EmergencyAddress].values()}
            used |= {each["replaced_by_id"] for each in self.rows[Phone].values()}
        elif model is CallerNumber:
            used |= {each["id"] for each in self.numbers() if self.calls_out(each["e164"])}
        elif model is EmergencyAddress:
            used |= {each["current_address_id"] for each in self.rows[Phone].values()}
        return [key for key in self.rows[model] if key not in used]

    def some(self, model: type[Model], most: int = 4) -> list[int]:
        keys = [key for key in self.rows[model] if key not in self.untouchable or model is not User]
        return self.rng.sample(keys, k=min(len(keys), self.rng.randint(1, most)))

    # What the history must say.

    def expect(
        self, verb: Verb, model: type[Model], key: int, row: Row | None, context: Any, at: datetime
    ) -> bool:
        """Apply a change to the model; return whether a kept column changed."""
        before = self.rows[model].get(key)
        if verb == history.DELETED:
            after = self.rows[model].pop(key)
        else:
            after = self.rows[model][key] = {**(before or {}), **(row or {})}
            if model is Phone:
                after["model_name"] = self.models[after["model_id"]]
        kept = {column: after[column] for column in KEPT[model]}
        if (
            verb == history.CHANGED
            and before is not None
            and kept == {name: before[name] for name in KEPT[model]}
        ):
            return False
        self.said.setdefault((model, key), []).append((verb, kept, context, at))
        return True


def may_have_phone(person: Row) -> bool:
    whole = person["first_name"] and person["last_name"] and person["email"] and person["ext"]
    return bool(person["plan"] in ("plus", "pro") and person["is_active"] and whole)


def is_open(address: Row) -> bool:
    return address["status"] == "pending" or (
        address["status"] == "refused" and not address["superseded"]
    )
