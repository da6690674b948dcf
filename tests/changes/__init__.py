"""Make changes of every kind to all tracked tables, in every way to write to PostgreSQL.

A world keeps a model of the tables. Each change goes to the database and into the model; at the end
the history in the database can be compared with the one in the model, version by version.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from django.db.models import GeneratedField, Model
from psycopg.rows import dict_row

from phones.models import Phone
from tests.changes.tables import KEPT, TRACKED, VERSIONS, key_of, table_of
from tests.changes.world import World
from tests.changes.writing import BY_DJANGO, RAW, Change, copied, django_save
from users.models import Account, User
from users.tenancy import history, scope

# Who makes the changes.


@contextmanager
def administrator(alice: User, _sam: User) -> Iterator[dict[str, Any]]:
    """Run a block as a request of an administrator; yield the context expected in the history."""
    with transaction.atomic():
        ask("SELECT FROM users_recognised(%s)", [alice.pk])
        yield {"kind": "person", "id": alice.pk, "name": "Alice Archer"}


@contextmanager
def support(_alice: User, sam: User) -> Iterator[dict[str, Any]]:
    """Run a block as a request of support staff, who give a reason."""
    with transaction.atomic():
        ask("SELECT FROM users_recognised(%s)", [sam.pk])
        history.give_reason("The “customer” called; 'twice'")
        yield {
            "kind": "support",
            "id": sam.pk,
            "name": "Sam Support",
            "reason": "The “customer” called; 'twice'",
        }


@contextmanager
def command(_alice: User, _sam: User) -> Iterator[dict[str, Any]]:
    """Run a block as a command, which the connection names (see settings)."""
    said = {"kind": "command", "name": "tidy"}
    ask("SELECT set_config('pghistory.context_metadata', %s, false)", [json.dumps(said)])
    try:
        with transaction.atomic(), scope.entered(scope="support"):
            yield said
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
    """Raised to roll back to a savepoint, or a whole transaction."""


def plan(world: World, each: int) -> list[tuple[str, str, type[Model]]]:
    """Return role, verb and table of each change, `each` times, in random order."""
    ways = [("django", verb) for verb in BY_DJANGO]
    ways += [(role, verb) for role in ("application", "owner") for verb in RAW] + [
        ("owner", "COPY")
    ]
    planned = [(*way, model) for way in ways for model in TRACKED for _n in range(each)]
    world.rng.shuffle(planned)
    return planned


def live(world: World, *, each: int, alice: User, sam: User, owner: psycopg.Connection) -> None:
    """Make changes in every way, and note in the world what the history must say of them."""
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
    """Change something within a savepoint, and roll back."""
    with pytest.raises(Undone), transaction.atomic():
        django_save(world, model)
        raise Undone


def take_over(world: World, way: str, done: list[Change], context: Any, at: datetime) -> None:
    for verb, model, key, row in done:
        if world.expect(verb, model, key, row, context, at):
            world.done[way] += 1


def on_record(owner: psycopg.Connection) -> dict[tuple[type[Model], int], list[tuple]]:
    """Return what the history says of each row, in order."""
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
    del world.rows[User][sam.pk]  # Sam belongs to no account, so no address here is set by them
    return world


def differences(world: World, found: dict) -> list[tuple]:
    return [
        (model.__name__, key, world.said.get((model, key)), found.get((model, key)))
        for model, key in world.said.keys() | found.keys()
        if world.said.get((model, key)) != found.get((model, key))
    ]
