"""The database's functions, views and triggers are what the files in each app's `sql` define."""

from __future__ import annotations

import hashlib

import psycopg
import pytest
from django.conf import settings
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.special import RunSQL

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

# The migration that last loads each file, and the start of the file's SHA-256 then. When a file
# changes, add a migration that loads it and move the entry there. A new SHA-256 under a migration
# that installed databases have run already would hide the mistake.
NEVER = "none"  # an installed database keeps the function it has; the file says why
LOADED_BY = {
    NEVER: {
        "label_key": "c50de550be10",
    },
    "users.0010_sql_files": {
        "fold": "9c93c4f42e07",
        "search_pattern": "da95041d2c34",
        "search_words": "3273ab8053e2",
        "users_account_found_anywhere": "8fe896578e5c",
        "users_user_found": "34e97c828542",
        "users_user_found_anywhere": "f4a634c57d3b",
    },
    "users.0011_request_keys": {
        "users_recognised": "a3e4fb1e1c19",
    },
    "phones.0010_calls": {
        "registrar.call_answered": "8b73cc03147c",
        "registrar.call_failed": "6e572879e81c",
        "registrar.display_name": "c70d10510058",
    },
    "phones.0012_sql_files": {
        "phones_phone_copies_follow": "b5c09cba5090",
        "phones_phone_found_anywhere": "dbfdc974171d",
        "phones_phone_keeps_account": "8a010dcc1869",
    },
    "phones.0014_telephone_history": {
        "phones_account_wanted": "e06ba064059f",
        "phones_desks": "e795b594fcf5",
        "phones_fetching": "1aecc58e19fd",
        "phones_keep_username": "f173cb93c889",
        "phones_number_freed": "0c8400c9b848",
        "phones_number_taken": "afd8b790edc0",
        "phones_own_account_ends": "3cf1f6ba9edd",
        "phones_person_wanted": "284fbfbe6fcd",
        "phones_phone_counted": "3d9ac5566fb5",
        "phones_phone_first_wanted": "a03838a91576",
        "phones_phone_recounted": "f523c81b60b4",
        "phones_phone_wanted": "a98ebc1d9841",
        "phones_renew_wanted": "e914c273b062",
    },
    "phones.0015_carrier": {
        "registrar.begin_call": "e41b9022544d",
        "registrar.call_replaced": "7e85de13146b",
        "registrar.carrier_answered": "d1354659adf4",
        "registrar.within_call": "0917b5050435",
    },
    "phones.0016_line_troubles": {
        "phones_line_seen": "bbd6ea75e9ca",
        "registrar.refused": "f39f5e967c98",
    },
    "phones.0017_phone_passwords": {
        "phones_lock_wanted": "30ebaae0baba",
    },
    "phones.0019_lock_order": {
        "phones_delivered": "8a6918d960ff",
        "phones_model_wanted": "8810c45af00a",
    },
    "phones.0020_confirmed_numbers": {
        "registrar.caller_number": "a615636db210",
        "registrar.extension": "e49baef315f6",
        "registrar.subscriber": "98cb9c746e18",
    },
    "phones.0021_called_back": {
        "registrar.called_back": "4e3c68a7e8a0",
        "registrar.emergency_call": "0dba19462f75",
    },
    "phones.0022_common_area_lists": {
        "phones_phone_found": "616a27974712",
    },
    "phones.0023_standing": {
        "phones_lapsed": "22c115d609ea",
        "phones_phone_copies": "2495fef0bff1",
        "phones_renew_standing": "fa37fd525cab",
        "phones_standing_follows": "ab8d1fc77abd",
        "phones_standing_line": "62fabc1b8921",
        "registrar.line_ended": "b7c7f273af39",
        "registrar.line_registered": "f09a072d428f",
    },
    "phones.0024_registered_at_any_size": {
        "phones_registered": "71b96c4947f3",
    },
    "phones.0025_kind_changes": {
        "phones_own_account_follows": "a272872c2715",
    },
    "e911.0010_sql_files": {
        "e911_address_immutable": "99312f2a1248",
    },
    "e911.0011_searched": {
        "e911_address_searched": "20163e068dfd",
    },
    "phoneadmin.0004_sql_files": {
        "users_second_factor_kept": "4d661b020c74",
    },
}

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


def fingerprint(app: str, name: str) -> str:
    """Return the start of the SHA-256 of a file without its comment lines and indentation."""
    lines = [line.strip() for line in sql.read(app, name).splitlines()]
    code = "\n".join(line for line in lines if line and not line.startswith("--"))
    return hashlib.sha256(code.encode()).hexdigest()[:12]


def last_loaded() -> dict[str, dict[str, str]]:
    """Return LOADED_BY as the migrations and the files are now."""
    last = dict.fromkeys(files(), NEVER)
    for (app, migration), steps in sorted(MigrationLoader(None).disk_migrations.items()):
        loaded = [
            text for step in steps.operations if isinstance(step, RunSQL) for text in step.sql
        ]
        for name, home in files().items():
            if home == app and sql.read(app, name) in loaded:
                last[name] = f"{app}.{migration}"
    return {
        migration: {
            name: fingerprint(files()[name], name) for name in last if last[name] == migration
        }
        for migration in last.values()
    }


def test_changed_file_has_a_migration_that_loads_it():
    """Otherwise new installations would have the change, and installed ones wouldn't."""
    assert last_loaded() == LOADED_BY, "see users/tenancy/sql.py"
