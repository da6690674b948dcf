"""The cache that holds the counts of guesses, in the database that all processes share."""

from __future__ import annotations

from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection


class Counters(DatabaseCache):
    """Django's database cache, except that it fails when the database takes no changes.

    Django's reports that like an existing key, so sign-in would claim too many tries.
    """

    def _base_set(self, mode: str, key: str, value: object, timeout: Any = DEFAULT_TIMEOUT) -> bool:
        done = super()._base_set(  # type: ignore[misc]  # Django's stubs leave it out
            mode, key, value, timeout
        )
        if not done:
            name = self._table  # type: ignore[attr-defined]  # Django's stubs leave it out
            table = connection.ops.quote_name(name)
            with connection.cursor() as cursor:
                # A read-only transaction may lock no rows. A race for the same key isn't a failure.
                cursor.execute(f"SELECT FROM {table} LIMIT 0 FOR UPDATE")
        return done
