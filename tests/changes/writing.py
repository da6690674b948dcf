"""Write to the tracked tables in every way.

Each function runs one statement, or what Django makes of it, and returns its changes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.db.models import Model

from e911.models import EmergencyAddress
from phones.models import Phone
from tests.changes.tables import Row, key_of, spelt, table_of
from tests.changes.world import Verb, World
from users.models import Account, CallerNumber, SipAccount, User

Execute = Callable[[str, Sequence[Any]], Any]

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
    """Delete as Django does: first what depends on a user, or its reference to them."""
    if model is User:
        held = {each["assigned_to_id"] for each in world.rows[Phone].values()} | world.untouchable
        keys = [key for key in world.rows[User] if key not in held]
    else:
        # Before deleting an account, Django would read its counts, which it may not.
        keys = [] if model is Account else world.bare(model)
    if not keys:
        return []
    key = world.rng.choice(keys)
    model.objects.get(pk=key).delete()
    found: list[Change] = [("delete", model, key, None)]
    if model is User:
        found += [
            ("delete", SipAccount, sip, None)
            for sip, each in world.rows[SipAccount].items()
            if each["user_id"] == key
        ]
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
    """Return up to three new rows that don't conflict with one another."""
    rows: dict[Any, Row] = {}
    for _n in range(world.rng.randint(1, 3)):
        if row := world.new(model):
            unique = {SipAccount: "user_id", EmergencyAddress: "phone_id"}.get(model, "id")
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
    """Run INSERT … ON CONFLICT DO UPDATE for one existing and one new row."""
    there, column = world.some(model, 1), world.rng.choice(world.ALIKE[model])
    new = world.new(model)
    if not there or not new:
        return []
    old = world.rows[model][there[0]]
    # PostgreSQL runs the triggers before INSERT even for a row that is there, so the numbering plan
    # would refuse its extension as taken.
    again = {"ext": None} if "ext" in old else {}
    rows = [old | again | world.values(old, [column]), new]
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
    """Update several rows in one statement: UPDATE … FROM values, MERGE, or in a WITH."""
    keys = world.some(model)
    column = {
        SipAccount: "changed_at", CallerNumber: "confirmed_at", EmergencyAddress: "settled_at"
    }.get(model, "created_at")  # fmt: skip
    rows = {key: world.moment() for key in keys}
    if not rows:
        return []
    listed = ", ".join(["(%s::bigint, %s::timestamptz)"] * len(rows))
    values = [value for pair in rows.items() for value in pair]
    table, key_name = table_of(model), key_of(model)
    given = f"(VALUES {listed}) AS v (key, at)"
    matching = f"t.{key_name} = v.key"
    set_from_given = f"UPDATE {table} AS t SET {column} = v.at FROM {given} WHERE {matching}"
    statement = world.rng.choice(
        [
            set_from_given,
            f"MERGE INTO {table} AS t USING {given} ON {matching}"
            f" WHEN MATCHED THEN UPDATE SET {column} = v.at",
            f"WITH done AS ({set_from_given} RETURNING 1) SELECT count(*) FROM done",
        ]
    )
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
    """Run COPY as the owner; PostgreSQL refuses it to a role under row-level security."""
    rows = several(world, model)
    if not rows:
        return []
    names = list(rows[0])
    with theirs.cursor().copy(f"COPY {table_of(model)} ({', '.join(names)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row([spelt(row[name]) for name in names])
    return [("insert", model, row[key_of(model)], row) for row in rows]
