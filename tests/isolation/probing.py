"""Run statements and collect whatever they reveal of another account."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import DatabaseError, connection, transaction

from tests import site

PAGES = [url for url in site.urls() if not url.startswith(("/sign-in/", "/admin/"))]

HTMX = {"HX-Request": "true"}


@contextmanager
def overheard() -> Iterator[list[str]]:
    """Collect the notices that the server sends besides its answers."""
    heard: list[str] = []
    connection.ensure_connection()

    def hear(notice: psycopg.errors.Diagnostic) -> None:
        heard.append(f"{notice.message_primary} {notice.message_detail} {notice.context}".lower())

    connection.connection.add_notice_handler(hear)
    try:
        yield heard
    finally:
        connection.connection.remove_notice_handler(hear)


def run(statement: str) -> None:
    """Run a statement as it is, percent signs included."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def leaks(statement: str, secrets: set[str], *values: Any) -> set[str]:
    """Run a statement; return what its rows, notices or error reveal of the other company."""
    with overheard() as heard:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, values or None)
                heard.append(str(cursor.fetchall() if cursor.description else "").lower())
                transaction.set_rollback(True)
        except DatabaseError as error:
            diagnostics = error.__cause__.diag
            heard += [
                str(error).lower(),
                str({name: getattr(diagnostics, name) for name in dir(diagnostics)}).lower(),
            ]
    said = f"{statement} {values}".lower()
    return {mark for mark in secrets if mark not in said and any(mark in text for text in heard)}
