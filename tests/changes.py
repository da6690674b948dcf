"""Changes of every kind to all tracked tables, in every way to write to PostgreSQL, and what the
history must say of them.

A world keeps a model of the tables. Each change goes to the database and into the model; at the end
the history that the database kept and the one that the model kept can be compared, version by
version.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import GeneratedField, Model
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from e911.models import EmergencyAddress
from phones.models import Phone
from users.models import Account, SipCredentials, User
from users.tenancy import history, scope

# Every column of every tracked table that is kept.
KEPT: dict[type[Model], set[str]] = {
    Account: {"id", "name", "created_at", "second_factor_required"},
    User: {
        "id", "account_id", "email", "first_name", "last_name", "ext", "plan", "caller_id",
        "is_administrator", "is_staff", "may_act", "is_superuser", "is_active", "created_at",
        "has_second_factor", "sign_in_blocked_at", "sign_in_cleared_at",
    },
    SipCredentials: {"user_id", "account_id", "username", "changed_at"},
    Phone: {
        "id", "account_id", "kind", "model_id", "model_name", "mac", "label", "assigned_to_id",
        "current_address_id", "created_at", "retired_at",
    },
    EmergencyAddress: {
        "id", "account_id", "phone_id", "status", "superseded", "typed", "standardised", "country",
        "state", "county", "city", "house_number", "house_number_suffix", "pre_directional",
        "street_type_before", "street_name", "street_type", "post_directional", "building", "floor",
        "unit_type", "unit", "room", "postal_code", "latitude", "longitude", "set_by_id",
        "set_by_name", "set_at", "provider", "callback_number", "caller_name", "words",
        "settled_at",
    },
}  # fmt: skip
TRACKED = tuple(KEPT)
VERSIONS = {model: model.pgh_event_model._meta.db_table for model in TRACKED}


def table_of(model: type[Model]) -> str:
    return model._meta.db_table


def key_of(model: type[Model]) -> str:
    return model._meta.pk.column


Row = dict[str, Any]
Verb = str  # "insert", "update" or "delete"
Execute = Callable[[str, Sequence[Any]], Any]
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
STATUSES = ("pending", "accepted", "refused", "withdrawn")


def spelt(value: Any) -> Any:
    """What psycopg is given for a value."""
    return Jsonb(value) if isinstance(value, dict) else value


class World:
    """What is in the tables, and what the history must say of how it came about."""

    def __init__(self, seed: int, account: Account, models: Mapping[int, str]) -> None:
        self.rng = random.Random(seed)
        self.number = count(1)
        self.account = account.pk
        self.models = models
        self.rows: dict[type[Model], dict[int, Row]] = {model: {} for model in TRACKED}
        self.said: dict[tuple[type[Model], int], list[tuple]] = {}
        self.untouchable: set[int] = set()  # the people who do all this
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
        """People who may have a phone and have none."""
        holders = {phone["assigned_to_id"] for phone in self.rows[Phone].values()}
        return [
            key
            for key, person in self.rows[User].items()
            if may_have_phone(person) and key not in holders
        ]

    def value(self, row: Row, column: str) -> Any:
        """Another value for a column that the database takes, given the rest of the row."""
        rng, n = self.rng, next(self.number)
        found = self.OF_COLUMN.get(column)
        if found:
            return found(self, n)
        if column == "kind":
            return "user" if row["assigned_to_id"] else rng.choice(["user", "common"])
        if column == "retired_at":
            return None if row["assigned_to_id"] else rng.choice([None, self.moment()])
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
        if column == "superseded":  # what is no more answered would be open again
            return row["superseded"] or (row["status"] == "refused" and self.flip())
        if column == "status":
            return self.status(row)
        raise LookupError(column)

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
        **dict.fromkeys(
            ("caller_id", "callback_number"),
            lambda self, n: self.rng.choice(["", f"+1415555{n % 10_000:04}"]),
        ),
        "is_administrator": lambda self, n: self.flip(),
        "email": lambda self, n: f"p{n}@example.com",
        "ext": lambda self, n: str(300_000 + n),
        "plan": lambda self, n: self.rng.choice(["plus", "pro", "basic"]),
        "username": lambda self, n: f"u{n:016x}",
        "mac": lambda self, n: f"80{n:010x}",
        "label": lambda self, n: self.rng.choice(["", self.text()]),
        "model_id": lambda self, n: self.rng.choice(list(self.models)),
        **dict.fromkeys(
            ("settled_at", "sign_in_blocked_at", "sign_in_cleared_at"),
            lambda self, n: self.rng.choice([None, self.moment()]),
        ),
        "set_by_id": lambda self, n: self.rng.choice([None, *self.rows[User]]),
        "password": lambda self, n: f"md5$salt${n}",
        "ha1": lambda self, n: f"{self.rng.getrandbits(128):032x}",
        "key_fingerprint": lambda self, n: f"{self.rng.getrandbits(64):016x}",
        "known": lambda self, n: {"address": n},
    }

    CHANGEABLE = {
        Account: ["name", "created_at", "second_factor_required"],
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
        SipCredentials: ["username", "changed_at", "ha1", "key_fingerprint"],
        Phone: [
            "label",
            "mac",
            "kind",
            "model_id",
            "created_at",
            "retired_at",
            "assigned_to_id",
            "current_address_id",
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
    # What several rows can become alike.
    ALIKE = {
        Account: ["created_at", "second_factor_required"],
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
        SipCredentials: ["changed_at", "ha1"],
        Phone: ["model_id", "created_at"],
        EmergencyAddress: ["callback_number", "caller_name", "words", "settled_at", "known"],
    }

    def new(self, model: type[Model]) -> Row | None:
        """A whole row that is not there yet, None where nothing can be added just now."""
        n = 10_000_000 + next(self.number)
        row: Row = {"id": n, "account_id": self.account}
        if model is Account:
            del row["account_id"]
            row |= self.values(row, ["name", "created_at", "second_factor_required"])
        elif model is User:
            row |= {"is_staff": False, "may_act": False, "is_superuser": False}
            row |= self.values(row, self.CHANGEABLE[User])
        elif model is SipCredentials:
            without = [key for key in self.rows[User] if key not in self.rows[SipCredentials]]
            if not without:
                return None
            row = {"user_id": self.rng.choice(without), "account_id": self.account}
            row |= self.values(row, self.CHANGEABLE[model])
        elif model is Phone:
            row |= {"kind": "user", "retired_at": None, "current_address_id": None, "search": ""}
            row["assigned_to_id"] = self.value(row, "assigned_to_id")
            row |= self.values(
                row, ["label", "mac", "kind", "model_id", "created_at", "retired_at"]
            )
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
        """A status: of one phone only one address may be open."""
        others = (
            other
            for other in self.rows[EmergencyAddress].values()
            if other["phone_id"] == row["phone_id"]
        )
        taken = any(is_open(other) for other in others if other["id"] != row["id"])
        return self.rng.choice(["accepted", "withdrawn"] if taken else STATUSES)

    def changes(self, model: type[Model], row: Row) -> Row:
        """Some columns and other values for them; rarely nothing, or nothing that is kept."""
        columns = self.rng.sample(self.CHANGEABLE[model], k=self.rng.randint(1, 3))
        if model is User and self.holds(row["id"]):
            columns = [column for column in columns if column not in ("plan", "is_active")]
        found = self.values(row, columns)
        return found if self.rng.random() > 0.05 else {column: row[column] for column in found}

    def holds(self, person: int) -> bool:
        return any(phone["assigned_to_id"] == person for phone in self.rows[Phone].values())

    def bare(self, model: type[Model]) -> list[int]:
        """The rows that nothing refers to, and that are not doing the work."""
        used: set[int] = set(self.untouchable)
        if model is Account:
            used = {self.account}
        elif model is User:
            used |= set(self.rows[SipCredentials])
            used |= {each["assigned_to_id"] for each in self.rows[Phone].values()}
            used |= {each["set_by_id"] for each in self.rows[EmergencyAddress].values()}
        elif model is Phone:
            used |= {each["phone_id"] for each in self.rows[EmergencyAddress].values()}
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
        """Take a change over, and say whether anything that is kept became different."""
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


# Ways to write. Each makes one statement (or what Django makes of it) and tells the world what it
# did.

Change = tuple[Verb, type[Model], int, Row | None]


def django_create(world: World, model: type[Model]) -> list[Change]:
    row = world.new(model)
    if row is None:
        return []
    made = model(**row)
    made.save(force_insert=True)
    return [
        (
            "insert",
            model,
            made.pk,
            row
            | {name: getattr(made, name) for name in ("created_at", "changed_at") if name in row},
        )
    ]


def django_save(world: World, model: type[Model]) -> list[Change]:
    found: list[Change] = []
    for key in world.some(model, 1):
        one, changes = model.objects.get(pk=key), world.changes(model, world.rows[model][key])
        for name, value in changes.items():
            setattr(one, name, value)
        one.save(update_fields=list(changes) or None)
        found.append(
            (
                "update",
                model,
                key,
                {name: getattr(one, name) for name in changes or world.CHANGEABLE[model]},
            )
        )
    return found


def django_delete(world: World, model: type[Model]) -> list[Change]:
    """Deletes as Django does it: what hangs on a person goes first, or lets go."""
    if model is User:
        held = {each["assigned_to_id"] for each in world.rows[Phone].values()} | world.untouchable
        keys = [key for key in world.rows[User] if key not in held]
    else:
        keys = (
            [] if model is Account else world.bare(model)
        )  # Django may not even look whether it has counts
    if not keys:
        return []
    key = world.rng.choice(keys)
    model.objects.get(pk=key).delete()
    found: list[Change] = [("delete", model, key, None)]
    if model is User:
        found += (
            [("delete", SipCredentials, key, None)] if key in world.rows[SipCredentials] else []
        )
        found += [
            ("update", EmergencyAddress, address, {"set_by_id": None})
            for address, each in world.rows[EmergencyAddress].items() if each["set_by_id"] == key
        ]  # fmt: skip
    return found


def django_update_alike(world: World, model: type[Model]) -> list[Change]:
    keys = world.some(model)
    columns = world.rng.sample(world.ALIKE[model], k=min(2, len(world.ALIKE[model])))
    values = world.values(world.rows[model][keys[0]], columns) if keys else {}
    model.objects.filter(pk__in=keys).update(**values)
    return [("update", model, key, values) for key in keys]


def django_update_many(world: World, model: type[Model]) -> list[Change]:
    keys = world.some(model)
    column = world.rng.choice(world.ALIKE[model])
    rows = {key: world.values(world.rows[model][key], [column]) for key in keys}
    ones = list(model.objects.filter(pk__in=keys))
    for one in ones:
        setattr(one, column, rows[one.pk][column])
    model.objects.bulk_update(ones, [column])
    return [("update", model, key, rows[key]) for key in keys]


def django_create_many(world: World, model: type[Model]) -> list[Change]:
    rows = several(world, model)
    made = model.objects.bulk_create(model(**row) for row in rows)
    stamped = [
        row | {name: getattr(one, name) for name in ("created_at", "changed_at") if name in row}
        for one, row in zip(made, rows, strict=True)
    ]
    return [("insert", model, row[key_of(model)], row) for row in stamped]


def several(world: World, model: type[Model]) -> list[Row]:
    """Up to three new rows, no two of which stand in each other's way."""
    rows: dict[Any, Row] = {}
    for _n in range(world.rng.randint(1, 3)):
        if row := world.new(model):
            unique = {SipCredentials: "user_id", EmergencyAddress: "phone_id"}.get(model, "id")
            if model is Phone and row["assigned_to_id"] in {
                other["assigned_to_id"] for other in rows.values()
            }:
                row["assigned_to_id"] = None
            rows.setdefault(row[unique], row)
    return list(rows.values())


def insert(world: World, model: type[Model], execute: Execute) -> list[Change]:
    rows = several(world, model)
    if not rows:
        return []
    names = list(rows[0])
    places = ", ".join(f"({', '.join(['%s'] * len(names))})" for _row in rows)
    values = [spelt(row[name]) for row in rows for name in names]
    execute(f"INSERT INTO {table_of(model)} ({', '.join(names)}) VALUES {places}", values)
    return [("insert", model, row[key_of(model)], row) for row in rows]


def upsert(world: World, model: type[Model], execute: Execute) -> list[Change]:
    """INSERT … ON CONFLICT DO UPDATE of one row that is there and one that is not."""
    there, column = world.some(model, 1), world.rng.choice(world.ALIKE[model])
    new = world.new(model)
    if not there or not new:
        return []
    old = world.rows[model][there[0]]
    rows = [old | world.values(old, [column]), new]
    names = [name for name in new if name in old]
    for row in rows:
        execute(
            f"INSERT INTO {table_of(model)} ({', '.join(names)}) VALUES"
            f" ({', '.join(['%s'] * len(names))})"
            f" ON CONFLICT ({key_of(model)}) DO UPDATE SET {column} = excluded.{column}",
            [spelt(row[name]) for name in names],
        )
    return [
        ("update", model, there[0], {column: rows[0][column]}),
        ("insert", model, new[key_of(model)], new),
    ]


def update(world: World, model: type[Model], execute: Execute) -> list[Change]:
    keys = world.some(model, 1)
    changes = world.changes(model, world.rows[model][keys[0]]) if keys else {}
    if not changes:
        return []
    what = ", ".join(f"{name} = %s" for name in changes)
    values = [*map(spelt, changes.values()), keys[0]]
    execute(f"UPDATE {table_of(model)} SET {what} WHERE {key_of(model)} = %s", values)
    return [("update", model, keys[0], changes)]


def update_from(world: World, model: type[Model], execute: Execute) -> list[Change]:
    """UPDATE … FROM a list of values, or MERGE, or in a WITH: one statement, several rows."""
    keys = world.some(model)
    column = {SipCredentials: "changed_at", EmergencyAddress: "settled_at"}.get(model, "created_at")
    rows = {key: world.moment() for key in keys}
    if not rows:
        return []
    listed = ", ".join(["(%s::bigint, %s::timestamptz)"] * len(rows))
    values = [value for pair in rows.items() for value in pair]
    table, key_name = table_of(model), key_of(model)
    statement = world.rng.choice([
        f"UPDATE {table} AS t SET {column} = v.at FROM (VALUES {listed}) AS v (key, at) WHERE"
f" t.{key_name} = v.key",
        f"MERGE INTO {table} AS t USING (VALUES {listed}) AS v (key, at) ON t.{key_name} = v.key"
        f" WHEN MATCHED THEN UPDATE SET {column} = v.at",
        f"WITH done AS (UPDATE {table} AS t SET {column} = v.at FROM (VALUES {listed}) AS v"
f" (key, at)"
        f" WHERE t.{key_name} = v.key RETURNING 1) SELECT count(*) FROM done",
    ])  # fmt: skip
    execute(statement, values)
    return [("update", model, key, {column: at}) for key, at in rows.items()]


def delete(world: World, model: type[Model], execute: Execute) -> list[Change]:
    keys = world.bare(model)[:2]
    execute(f"DELETE FROM {table_of(model)} WHERE {key_of(model)} = ANY (%s)", [keys])
    return [("delete", model, key, None) for key in keys]


RAW = {
    "insert": insert,
    "upsert": upsert,
    "update": update,
    "update_from": update_from,
    "delete": delete,
}
BY_DJANGO = {
    "insert": django_create, "update": django_save, "delete": django_delete,
    "update alike": django_update_alike, "update many": django_update_many,
    "create many": django_create_many,
}  # fmt: skip


def copied(world: World, model: type[Model], theirs: psycopg.Connection) -> list[Change]:
    """COPY, as the owner; PostgreSQL refuses it to a role that is under row-level security."""
    rows = several(world, model)
    if not rows:
        return []
    names = list(rows[0])
    with theirs.cursor().copy(f"COPY {table_of(model)} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([spelt(row[name]) for name in names])
    return [("insert", model, row[key_of(model)], row) for row in rows]


# Who it is.


@contextmanager
def administrator(alice: User, _sam: User) -> Iterator[dict[str, Any]]:
    """A request of an administrator."""
    with transaction.atomic():
        ask("SELECT FROM users_recognised(%s)", [alice.pk])
        yield {"user": alice.pk, "name": "Alice Archer", "support": False}


@contextmanager
def support(_alice: User, sam: User) -> Iterator[dict[str, Any]]:
    """A request of support staff, who say why."""
    with transaction.atomic():
        ask("SELECT FROM users_recognised(%s)", [sam.pk])
        history.add_context(reason="The “customer” called; 'twice'")
        yield {
            "user": sam.pk,
            "name": "Sam Support",
            "support": True,
            "reason": "The “customer” called; 'twice'",
        }


@contextmanager
def command(_alice: User, _sam: User) -> Iterator[dict[str, Any]]:
    """A command: the connection says so by itself (settings)."""
    ask("SELECT set_config('pghistory.context_metadata', %s, false)", ['{"command":"tidy"}'])
    try:
        with transaction.atomic(), scope.entered(scope="support"):
            yield {"command": "tidy"}
    finally:
        ask("SELECT set_config('pghistory.context_metadata', '', false)", [])


def ask(statement: str, values: Sequence[Any]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def execute(statement: str, values: Sequence[Any]) -> None:
    """Run a statement as the application's role."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


class Undone(Exception):
    """Raised to go back to a savepoint, or to before the transaction."""


def plan(world: World, each: int) -> list[tuple[str, str, type[Model]]]:
    """Which way, what, and which table, each so many times, in no order."""
    ways = [("django", verb) for verb in BY_DJANGO]
    ways += [(role, verb) for role in ("application", "owner") for verb in RAW] + [
        ("owner", "COPY")
    ]
    planned = [(*way, model) for way in ways for model in TRACKED for _n in range(each)]
    world.rng.shuffle(planned)
    return planned


def live(world: World, *, each: int, alice: User, sam: User, owner: psycopg.Connection) -> None:
    """Make changes in every way, and tell the world what the history must say of them."""
    planned = plan(world, each)
    while planned:
        size = world.rng.randint(1, 3)
        batch, planned = planned[:size], planned[size:]
        ours = [step for step in batch if step[0] != "owner"]
        theirs = [step for step in batch if step[0] == "owner"]
        if theirs:
            at = owner.execute("SELECT now()").fetchone()[0]
            for _way, verb, model in theirs:
                done = (
                    copied(world, model, owner)
                    if verb == "COPY"
                    else RAW[verb](world, model, owner.execute)
                )
                take_over(world, ("COPY" if verb == "COPY" else "raw as owner"), done, None, at)
            owner.commit()
        while ours:
            who = world.rng.choice([administrator, support, command])
            may = [step for step in ours if step[2] is not Account or who is not administrator]
            ours = [step for step in ours if step not in may]
            with who(alice, sam) as context:
                ((at,),) = ask("SELECT now()", [])
                for way, verb, model in may:
                    if world.rng.random() < 0.2:
                        undone(world, model)
                    by_django = way == "django"
                    done = (
                        BY_DJANGO[verb](world, model)
                        if by_django
                        else RAW[verb](world, model, execute)
                    )
                    take_over(world, verb if by_django else "raw as application", done, context, at)
            if world.rng.random() < 0.1:
                with pytest.raises(Undone), who(alice, sam):
                    django_save(world, Phone)
                    raise Undone


def undone(world: World, model: type[Model]) -> None:
    """Change something within a savepoint, and go back."""
    with pytest.raises(Undone), transaction.atomic():
        django_save(world, model)
        raise Undone


def take_over(world: World, way: str, done: list[Change], context: Any, at: datetime) -> None:
    for verb, model, key, row in done:
        if world.expect(verb, model, key, row, context, at):
            world.done[way] += 1


def on_record(owner: psycopg.Connection) -> dict[tuple[type[Model], int], list[tuple]]:
    """What the history says of each row, in its order."""
    found: dict[tuple[type[Model], int], list[tuple]] = {}
    with owner.cursor(row_factory=dict_row) as cursor:
        for model, table in VERSIONS.items():
            for row in cursor.execute(f"SELECT * FROM {table} ORDER BY pgh_id"):
                kept = {name: row[name] for name in KEPT[model]}
                version = row["pgh_label"], kept, row["pgh_context"], row["pgh_created_at"]
                found.setdefault((model, row["pgh_obj_id"]), []).append(version)
    owner.commit()
    return found


def begun(company: tuple[Account, User, User], owner: psycopg.Connection, seed: int) -> World:
    account, alice, sam = company
    models = dict(owner.execute("SELECT id, name FROM phones_phonemodel").fetchall())
    world = World(seed, account, models)
    world.untouchable = {alice.pk, sam.pk}
    world.said = on_record(owner)
    with owner.cursor(row_factory=dict_row) as cursor:
        for model in TRACKED:
            written = [
                f.column
                for f in model._meta.local_concrete_fields
                if not isinstance(f, GeneratedField)
            ]
            for row in cursor.execute(f"SELECT {', '.join(written)} FROM {table_of(model)}"):
                world.rows[model][row[key_of(model)]] = row
    owner.commit()
    del world.rows[User][sam.pk]  # of no account: nobody's address is set by him here
    return world


def differences(world: World, found: dict) -> list[tuple]:
    return [
        (model.__name__, key, world.said.get((model, key)), found.get((model, key)))
        for model, key in world.said.keys() | found.keys()
        if world.said.get((model, key)) != found.get((model, key))
    ]
