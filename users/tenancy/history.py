"""Who changed what, when, from what to what and why (R37).

Triggers of the database write every version of a tracked row into a table of its own beside it, so no way of changing
escapes them. Who it was, the transaction says: for a request the function `users_recognised`, for a command the
connection itself (settings). What neither says was done by hand in the database.

django-pghistory makes tables and triggers. Its own way to tell who it was is not used: it puts a second statement
before each, which prepared statements do not allow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pghistory
from django.db import connection, connections
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL
from django.db.models import Func, Index, JSONField, Model

from users.tenancy import scope

ADDED, CHANGED, DELETED = "insert", "update", "delete"
BEFORE = "before"  # how a row was when the history began
VISITED, INVITED = "visited", "invited"  # what was done with a row without changing it
# Of a transaction that nobody signed in asked for: the address whose mail had the link to it.
MAILBOX = "mailbox"
# What the transaction says of who it is and why: the default of a column that keeps it beside something else.
SAID = "NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb"
CONTEXT = Func(template=SAID, output_field=JSONField())


def tracked(*left_out: str) -> Callable[[type[Model]], type[Model]]:
    """Return the decorator that has every version of a model's rows kept, without the fields `left_out`.

    Secrets belong among these, and what the database derives. The versions are `history` of a row.
    """

    def decorate(model: type[Model]) -> type[Model]:
        name = model._meta.db_table
        account = "pgh_obj" if name == "users_account" else "account"
        return pghistory.track(
            pghistory.InsertEvent(ADDED),
            pghistory.UpdateEvent(CHANGED),
            pghistory.DeleteEvent(DELETED),
            exclude=list(left_out),
            obj_field=pghistory.ObjForeignKey(related_name="history", db_index=False),
            context_field=pghistory.ContextJSONField(null=True),
            context_id_field=None,
            meta={
                "indexes": [
                    Index(fields=[account, "-pgh_created_at"], name=f"{name}_when"),
                    Index(fields=["pgh_obj", "-pgh_id"], name=f"{name}_of_one"),
                ]
            },
        )(model)

    return decorate


def start_history(table: str, *, key: str = "id", owner: str = "account_id") -> list[Operation]:
    """Return the migration steps after which a table's history can be added to, and read by whose it is, but no more.

    It begins with how the rows are. `owner` is the column of the history that names a row's account.
    """
    versions = f"{table}event"
    first_versions = f"""
    DO $$ DECLARE columns text; BEGIN
        SELECT string_agg(quote_ident(kept.attname), ', ') INTO columns FROM pg_attribute AS kept
            JOIN pg_attribute AS had ON had.attname = kept.attname AND had.attrelid = '{table}'::regclass
            WHERE kept.attrelid = '{versions}'::regclass AND kept.attnum > 0;
        EXECUTE format('INSERT INTO {versions} (%s, pgh_created_at, pgh_label, pgh_obj_id)'
            ' SELECT %s, now(), ''{BEFORE}'', {key} FROM {table}', columns, columns);
    END $$
    """
    return [
        # django-pghistory numbers versions with 32 bits, which a few thousand phones can use up in some years.
        RunSQL(
            [
                f"ALTER TABLE {versions} ALTER COLUMN pgh_id TYPE bigint",
                f"ALTER SEQUENCE {versions}_pgh_id_seq AS bigint",
                first_versions,
            ],
            RunSQL.noop,
        ),
        scope.protect(versions, owner=owner),
        RunSQL(
            f"REVOKE UPDATE, DELETE, TRUNCATE ON {versions} FROM {scope.application_role()}",
            RunSQL.noop,
        ),
    ]


def add_context(**facts: Any) -> None:
    """Add facts to what the history says of this transaction, such as the `reason`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_metadata', (coalesce("
            "NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb, '{}') || %s::jsonb)::text, true)",
            [json.dumps(facts)],
        )


def set_actor(facts: dict[str, str]) -> None:
    """Have the history say who this transaction is, whoever it took it for until now."""
    said = json.dumps(facts)
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [said])


def record_action(row: Model, what: str) -> None:
    """Put on record that something was done with a row that changed nothing of it, such as VISITED."""
    versions = row.pgh_event_model._meta  # type: ignore[attr-defined]
    columns = ", ".join(
        f'"{f.column}"' for f in versions.concrete_fields if not f.name.startswith("pgh_")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {versions.db_table} ({columns}, pgh_obj_id, pgh_label, pgh_created_at, pgh_context)"
            f" SELECT {columns}, {row._meta.pk.column}, %s, now(), {SAID}"
            f" FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s",
            [what, row.pk],
        )


# Functions that run for whoever writes, and look names up wherever that session happens to look.
LED_ASTRAY = """
SELECT pg_proc.oid::regprocedure::text, quote_ident(nspname)
FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname IN ('public', 'registrar') AND proowner = current_user::regrole
    AND (prosecdef OR prorettype = 'trigger'::regtype)
    AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting ^@ 'search_path=')
"""


def seal_triggers(*, using: str, **_signal: Any) -> None:
    """Seal the triggers against hand-written SQL, after each migration, which may make them anew.

    A setting could disable django-pgtrigger's, and a search path or a temporary table of the same
    name could capture the writes of any.
    """
    if using != "owner":
        return
    with connections[using].cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name name) RETURNS boolean"
            " LANGUAGE sql IMMUTABLE AS 'SELECT false'"
        )
        cursor.execute(LED_ASTRAY)
        for function, schema in cursor.fetchall():
            cursor.execute(f"ALTER FUNCTION {function} SET search_path = {schema}, pg_temp")
        cursor.execute("SELECT to_regclass('pghistory_context')")
        if cursor.fetchone() != (
            None,
        ):  # django-pghistory's own place for who it was, which is not used
            cursor.execute(
                f"REVOKE INSERT, UPDATE, DELETE ON pghistory_context FROM {scope.application_role()}"
            )
