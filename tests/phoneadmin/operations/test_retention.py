"""Every table with data of an account says how long it keeps them (R65)."""

from __future__ import annotations

from datetime import timedelta

from phoneadmin.operations.retention import TABLES, With
from tests.row_security import ask

# Tables under row-level security, or with a column account_id.
OF_ACCOUNT = """
SELECT relname::text FROM pg_class AS t
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
    AND (relrowsecurity OR EXISTS (SELECT FROM pg_policy WHERE polrelid = t.oid)
        OR EXISTS (
            SELECT FROM pg_attribute
            WHERE attrelid = t.oid AND attname = 'account_id' AND NOT attisdropped))
"""
NAME = "CASE {0} WHEN 'public' THEN '' ELSE {0} || '.' END || {1}"
EXISTING = f"SELECT {NAME.format('schemaname', 'tablename')} FROM pg_tables"
MOMENTS = f"""
SELECT {NAME.format("relnamespace::regnamespace::text", "relname")}, attname::text
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relkind = 'r' AND atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
"""


def test_every_table_of_accounts_says_how_long_it_keeps_its_rows(db):
    assert {name for (name,) in ask(OF_ACCOUNT)} - set(TABLES) == set()


def test_tables_and_columns_that_are_named_exist(db):
    assert set(TABLES) - {name for (name,) in ask(EXISTING)} == set()
    dated = {(table, kept.column) for table, kept in TABLES.items() if kept.column}
    assert dated - set(ask(MOMENTS)) == set()


def test_rows_go_by_age_or_with_what_they_belong_to():
    for table, kept in TABLES.items():
        assert isinstance(kept.lasts, With) or (
            isinstance(kept.lasts, timedelta) and kept.column
        ), table
