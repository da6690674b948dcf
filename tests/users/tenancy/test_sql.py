"""What the database holds of ours (functions, views, triggers) is what the files in `sql` say."""

from __future__ import annotations

import psycopg
import pytest
from django.conf import settings

from users.tenancy import sql

# Not those of extensions and of libraries: history's triggers call functions of their own.
OURS = """
WITH ours AS (
    SELECT pg_proc.oid, nspname AS schema, proname AS name FROM pg_proc
    JOIN pg_namespace ON pg_namespace.oid = pronamespace
    WHERE nspname IN ('public', 'registrar') AND proname !~ '^(_?pgtrigger|_pgh|procrastinate)_'
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
)
SELECT schema, name, pg_get_functiondef(oid) FROM ours
UNION ALL
SELECT ours.schema, ours.name, pg_get_triggerdef(pg_trigger.oid)
FROM pg_trigger JOIN ours ON ours.oid = tgfoid
UNION ALL
SELECT schemaname, viewname, definition FROM pg_views WHERE schemaname IN ('public', 'registrar')
"""
TRIGGERS = """
SELECT format('DROP TRIGGER %%I ON %%s', tgname, tgrelid::regclass) FROM pg_trigger
JOIN pg_proc ON pg_proc.oid = tgfoid
WHERE NOT tgisinternal AND pronamespace = 'public'::regnamespace AND proname = ANY(%s)
"""

Definitions = dict[str, set[str]]  # by the name of the file that should hold them


def files() -> dict[str, str]:
    """Return the app of each file, by the file's name."""
    found = sorted(settings.BASE_DIR.glob("*/sql/*"))
    assert all(file.suffix == ".sql" for file in found)
    return {file.stem: file.parent.parent.name for file in found}


def definitions(owner: psycopg.Connection) -> Definitions:
    """Return how the database holds each function, with its triggers, and each view."""
    held: Definitions = {}
    for schema, name, definition in owner.execute(OURS):
        file = name if schema == "public" else f"{schema}.{name}"
        held.setdefault(file, set()).add(definition)
    return held


def test_every_function_and_view_has_a_file_of_its_name(owner):
    assert set(definitions(owner)) == set(files())
    assert len(files()) > 20


@pytest.mark.parametrize("name", sorted(files()))
def test_database_holds_what_the_file_says(owner, name):
    """The file alone makes the function (or view) and all of its triggers as they are."""
    before = definitions(owner)
    for (drop,) in owner.execute(TRIGGERS, [[name]]).fetchall():
        owner.execute(drop)
    owner.execute(sql.read(files()[name], name))
    assert definitions(owner) == before


def test_each_file_defines_only_what_it_is_named_after():
    for name, app in files().items():
        text = sql.read(app, name)
        assert text.count("CREATE OR REPLACE FUNCTION") + text.count("CREATE OR REPLACE VIEW") == 1
        assert f"CREATE OR REPLACE FUNCTION {name}(" in text or f"REPLACE VIEW {name} AS" in text
