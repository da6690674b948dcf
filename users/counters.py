"""The cache that holds the counts of guesses, in the database that all processes share."""

from __future__ import annotations

from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.db import DatabaseCache
from django.db import connection


class Counters(DatabaseCache):
    """Django's cache in the database, except that a database that takes no changes is an error here.

    Django's own reports it like a key that exists already, and whoever signs in would hear of too many tries.
    """

    def _base_set(self, mode: str, key: str, value: object, timeout: object = DEFAULT_TIMEOUT) -> bool:
        done = super()._base_set(mode, key, value, timeout)
        if not done:
            with connection.cursor() as cursor:
                # A read-only transaction refuses to lock rows; a race for the same key is no reason to fail.
                cursor.execute(f"SELECT FROM {connection.ops.quote_name(self._table)} LIMIT 0 FOR UPDATE")
        return done
