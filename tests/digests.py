"""Digests of all tables, to see whether anything changed."""

from __future__ import annotations

from functools import cache

from django.db import connection

from users.tenancy import scope


@cache
def statement() -> str:
    """Return the statement for a digest of every table but those of sessions and the cache."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - {
            "django_session",
            "phoneadmin_cache",
            "phones_wrongsecret",
            "pghistory_context",  # not used, and not ours to read
        }
    return " UNION ALL ".join(
        f"SELECT '{table}', md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} AS t"
        for table in tables
    )


def digests_of_all_tables() -> dict[str, str]:
    """Return a digest of every table, by its name."""
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(statement())
        return dict(cursor.fetchall())
