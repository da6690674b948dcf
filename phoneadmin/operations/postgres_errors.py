"""The errors of starting and using PostgreSQL. Settings import them, so no Django here."""

from __future__ import annotations


class PostgresError(RuntimeError):
    """PostgreSQL cannot be used; the message says why and what to do."""


class Killed(PostgresError):
    """PostgreSQL was killed while it started: nothing is wrong with it."""
