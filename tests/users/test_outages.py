"""Which database errors are temporary, tried with real errors of PostgreSQL."""

from __future__ import annotations

import psycopg
import pytest
from django.db import InterfaceError, connection, connections, transaction

from users import outages

PASSING = [
    "08006", "25006", "25P03", "25P04", "40001", "40P01", "53100", "53300", "55P03", "57014",
    "57P01", "57P03",
]  # fmt: skip
MISTAKES = [
    "22012", "23505", "25P02", "40002", "42P01", "54001", "55000", "58P01", "P0001", "XX000",
    "XX001",
]  # fmt: skip


def raised(code: str) -> Exception:
    with pytest.raises(Exception) as caught, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE 'x' USING ERRCODE = '{code}'; END $$")
    return caught.value


@pytest.mark.parametrize("code", PASSING)
def test_trouble_that_passes_is_found_however_deep(db, code):
    try:
        try:
            raise raised(code)
        except Exception as error:
            raise RuntimeError from error
    except RuntimeError as error:
        assert outages.find_outage(error).sqlstate == code


@pytest.mark.parametrize("code", MISTAKES)
def test_mistake_of_a_program_is_no_trouble(db, code):
    assert outages.find_outage(raised(code)) is None


def test_broken_or_impossible_connection_is_trouble(db):
    away = connections.create_connection("default")
    away.settings_dict = away.settings_dict | {"HOST": "/nowhere"}
    with pytest.raises(Exception) as caught:
        away.cursor()
    assert outages.find_outage(caught.value)
    assert outages.find_outage(psycopg.InterfaceError("the connection is closed"))
    assert outages.find_outage(InterfaceError("connection already closed"))
    assert outages.find_outage(ValueError()) is None and outages.find_outage(None) is None
