"""Keep the history: who changed what, when, from what to what, and why (R37).

Database triggers write every version of a tracked row into a table of its own, so no way of
changing rows escapes them. The transaction says who acts: for a request, the function
`users_recognised` sets it; for a command, the connection does (settings). If nothing is set,
someone changed the row by hand in the database.

django-pghistory makes the tables and triggers. We don't use its way to tell who acts: it puts a
second statement before each, which prepared statements don't allow.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pghistory
from django.db import connection, connections
from django.db.migrations.operations.base import Operation
from django.db.migrations.operations.special import RunSQL
from django.db.models import Func, Index, JSONField, Manager, Model

from users.tenancy import scope
from users.tenancy.actors import Actor

ADDED, CHANGED, DELETED = "insert", "update", "delete"
BEFORE = "before"  # a row as it was when its history started
VISITED, INVITED = "visited", "invited"  # actions that don't change a row
# Who acts in the transaction, and why; other tables use it as a column's default.
SAID = "NULLIF(current_setting('pghistory.context_metadata', true), '')::jsonb"
CONTEXT = Func(template=SAID, output_field=JSONField())


def tracked(*left_out: str) -> Callable[[type[Model]], type[Model]]:
    """Return the decorator that keeps every version of a model's rows, as their `history`.

    `left_out` names the fields to leave out: secrets, and what the database derives.
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
            context_id_field=None,  # type: ignore[arg-type]  # None leaves the column out
            meta={
                "indexes": [
                    Index(fields=[account, "-pgh_created_at"], name=f"{name}_when"),
                    Index(fields=["pgh_obj", "-pgh_id"], name=f"{name}_of_one"),
                ]
            },
        )(model)

    return decorate


def start_history(table: str, *, key: str = "id", owner: str = "account_id") -> list[Operation]:
    """Return the migration steps that start a table's history with the rows as they are now.

    The history is append-only for the application's role, and readable only by its account, which
    the column `owner` of the history names.
    """
    versions = f"{table}event"
    first_versions = f"""
    DO $$ DECLARE columns text; BEGIN
        SELECT string_agg(quote_ident(kept.attname), ', ') INTO columns FROM pg_attribute AS kept
            JOIN pg_attribute AS had
                ON had.attname = kept.attname AND had.attrelid = '{table}'::regclass
            WHERE kept.attrelid = '{versions}'::regclass AND kept.attnum > 0;
        EXECUTE format('INSERT INTO {versions} (%s, pgh_created_at, pgh_label, pgh_obj_id)'
            ' SELECT %s, now(), ''{BEFORE}'', {key} FROM {table}', columns, columns);
    END $$
    """
    return [
        # Versions have 32-bit keys by default; a few thousand phones use those up in years.
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


def versions_of(model: type[Model]) -> Manager[Any]:
    """Return the manager of the history of a tracked model's rows."""
    return model.pgh_event_model.objects  # type: ignore[attr-defined]  # pghistory adds it


def give_reason(reason: str) -> None:
    """Record why, from here on in this transaction, for the account that is being changed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT set_config('pghistory.context_metadata',"
            f" (coalesce({SAID}, '{{}}') || %s::jsonb)::text, true)",
            [json.dumps({"reason": reason})],
        )


def set_actor(actor: Actor) -> None:
    """Replace who acts in this transaction, as the history records it."""
    said = json.dumps(actor.as_context())
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [said])


def record_action(row: Model, what: str) -> None:
    """Record an action that doesn't change the row, such as VISITED."""
    versions = row.pgh_event_model._meta  # type: ignore[attr-defined]
    columns = ", ".join(
        f'"{f.column}"' for f in versions.concrete_fields if not f.name.startswith("pgh_")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {versions.db_table}"
            f" ({columns}, pgh_obj_id, pgh_label, pgh_created_at, pgh_context)"
            f" SELECT {columns}, {row._meta.pk.column}, %s, now(), {SAID}"
            f" FROM {row._meta.db_table} WHERE {row._meta.pk.column} = %s",
            [what, row.pk],
        )


# Our functions without a search path of their own, which would use their caller's.
LED_ASTRAY = """
SELECT pg_proc.oid::regprocedure::text, quote_ident(nspname)
FROM pg_proc JOIN pg_namespace ON pg_namespace.oid = pronamespace
WHERE nspname IN ('public', 'registrar') AND proowner = current_user::regrole
    AND (prosecdef OR prorettype = 'trigger'::regtype)
    AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE setting ^@ 'search_path=')
"""


def seal_triggers(*, using: str, **_signal: Any) -> None:
    """Seal the triggers against hand-written SQL after each migration, which may recreate them.

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
        # django-pghistory's own table of who acts, which we don't use.
        if cursor.fetchone() != (None,):
            cursor.execute(
                "REVOKE INSERT, UPDATE, DELETE ON pghistory_context"
                f" FROM {scope.application_role()}"
            )
