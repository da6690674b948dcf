"""The same SQL without Django: through psycopg alone, as the application sends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from tests.benchmarks.measure import Variant

Sent = list[tuple[str, Any]]


def connect(role: str = "default") -> psycopg.Connection:
    """Connect as the application's role, or as the owner, who bypasses row-level security."""
    login = settings.DATABASES[role]
    return psycopg.connect(
        host=login["HOST"],
        port=login["PORT"],
        dbname=login["NAME"],
        user=login["USER"],
        password=login["PASSWORD"],
        prepare_threshold=settings.DATABASES["default"]["OPTIONS"].get("prepare_threshold"),
    )


def sent(do: Callable[[], object]) -> Sent:
    """Return the SQL that `do` sends through Django, with parameters but without savepoints."""
    seen: Sent = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if "SAVEPOINT" not in sql:
            seen.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        do()
    return seen


def replay(connection: psycopg.Connection, sql: Sequence[tuple[str, Any]]) -> list[Any]:
    """Send SQL in one transaction, and return the rows of the last statement that has any."""
    rows: list[Any] = []
    with connection.transaction(), connection.cursor() as cursor:
        for statement, params in sql:
            cursor.execute(statement, params)
            rows = cursor.fetchall() if cursor.description else rows
    return rows


def replayed(sql: Sent, *, role: str = "default") -> Variant:
    """Return the variant of sending that SQL."""
    connection = connect(role)
    return Variant(lambda: replay(connection, sql))


def joined(sql: Sent) -> Variant:
    """Return the variant of sending that SQL and joining its rows, as a minimal program would."""
    connection = connect()

    def run() -> bytes:
        return "".join(
            f"<tr><td>{'<td>'.join(map(str, row))}</tr>\n" for row in replay(connection, sql)
        ).encode()

    return Variant(run)
