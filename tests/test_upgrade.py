"""An upgrade from the previous release keeps all data, and the product works with it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from phoneadmin.operations import releases
from phoneadmin.operations.embedded import EmbeddedPostgres
from phoneadmin.operations.logins import connect

pytestmark = pytest.mark.ci

DATA = Path(__file__).parent / "data"
# Every release, oldest first: a file of data, and the last migrations of our apps, at which it is
# written. A release adds its own, with rows of what was new in it; the other files stay.
RELEASES = {
    "release_1.sql": [
        *("users.0007_words", "phones.0009_words", "e911.0009_words"),
        "phoneadmin.0002_second_factors_and_sessions",
    ],
}
# What the migrations since the last of them may do to old rows: the table, or the table's column,
# and why.
CHANGED: dict[str, str] = {
    "public.users_user.caller_id": "none is NULL, and not an empty text",
    "public.users_userevent.caller_id": "the same",
    "public.phones_phonecount.missing_address": "common-area phones count too",
    "public.phones_phone.search": "E911 addresses are searched, too",
    "public.phones_provisioning.delivered": "fingerprints are made in another way",
}
# Tables whose rows are in another one now.
MOVED = {
    "public.users_sipcredentials": "public.users_sipaccount",
    "public.users_sipcredentialsevent": "public.users_sipaccountevent",
}
# Tables that get further rows; those that were there stay.
GROWING = {
    "public.phones_phonemodel",  # makes list more
    *("public.django_migrations", "public.django_content_type", "public.auth_permission"),
    # Every phone has a record now, and one without a person has an account of its own.
    *("public.phones_provisioning", "public.users_sipcredentials"),
    "public.users_sipcredentialsevent",
}
EMPTY = {"public.pghistory_context"}  # unused

TABLES = """
SELECT format('%I.%I', schemaname, tablename), array_agg(quote_ident(attname) ORDER BY attnum)
FROM pg_tables JOIN pg_attribute ON attrelid = format('%I.%I', schemaname, tablename)::regclass
WHERE schemaname IN ('public', 'registrar') AND attnum > 0 AND NOT attisdropped GROUP BY 1
"""
NUMBERS = """
SELECT schemaname || '.' || sequencename, coalesce(last_value, 0) FROM pg_sequences
WHERE schemaname IN ('public', 'registrar')
"""

DELIVERED = """
INSERT INTO phones_provisioning (phone_id, account_id, username, delivered)
VALUES (%s, 1000, '', %s) ON CONFLICT (phone_id) DO UPDATE SET delivered = excluded.delivered
"""

Rows = dict[str, list[str]]  # by table


@dataclass
class Upgrade:
    """A database before and after: the rows of each table, in its former columns."""

    owner: psycopg.Connection
    columns: dict[str, list[str]] = field(default_factory=dict)
    before: Rows = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    upgraded: bool = False

    def look(self) -> None:
        """Read everything as it is before the upgrade."""
        self.columns = dict(self.owner.execute(TABLES).fetchall())
        self.before = {table: self.rows(table) for table in self.columns}
        self.numbers = dict(self.owner.execute(NUMBERS).fetchall())

    def rows(self, table: str) -> list[str]:
        """Return the rows of a table as text, in its former columns."""
        kept = [name for name in self.columns[table] if f"{table}.{name}" not in CHANGED]
        place = MOVED.get(table, table) if self.upgraded else table
        asked = f"SELECT ROW({', '.join(kept)})::text FROM {place} ORDER BY 1"
        return [row for (row,) in self.owner.execute(asked)]


@pytest.fixture(scope="module")
def upgrade(postgres: EmbeddedPostgres, django_db_setup, django_db_blocker) -> Iterator[Upgrade]:
    """Make a database of the previous release, with data of every kind, and upgrade it."""
    migrating = connections["owner"]
    name = migrating.settings_dict["NAME"]
    with postgres.connect_as_superuser() as superuser, django_db_blocker.unblock():
        postgres.create_database(superuser, "upgrade")
        migrating.close()
        migrating.settings_dict["NAME"] = "upgrade"
        try:
            with connect(settings.DATABASES["owner"] | {"NAME": "upgrade"}) as owner:
                for file, last in RELEASES.items():
                    migrate_to(last)
                    owner.execute((DATA / file).read_text())
                # Desk 1 was delivered something else since, Desk 2 and the free phone have what
                # they should have, as the releases before reckoned that.
                for phone, *line in (
                    (1102, "poly", "u1002first", "0101", "Uma Ulm", "+14155550101"),
                    (1103, "snom"),
                ):
                    if len(line) > 1:
                        line += [settings.SIP_DOMAIN, settings.SIP_HOST, settings.SIP_PORT]
                        line += [settings.SIP_TRANSPORT]
                    delivered = hashlib.sha256(repr(line).encode()).hexdigest()[:32]
                    owner.execute(DELIVERED, [phone, delivered])
                upgrade = Upgrade(owner)
                upgrade.look()
                call_command("migrate", database="owner", verbosity=0)
                upgrade.upgraded = True
                yield upgrade
        finally:
            migrating.close()
            migrating.settings_dict["NAME"] = name
            superuser.execute("DROP DATABASE upgrade WITH (FORCE)")


def migrate_to(last: list[str]) -> None:
    """Migrate the owner's database to a release; third-party apps stay as they are installed."""
    executor = MigrationExecutor(connections["owner"])
    leaves = dict(executor.loader.graph.leaf_nodes())
    leaves |= dict(migration.split(".") for migration in last)
    then = executor.migrate(list(leaves.items()))
    then.clear_delayed_apps_cache()
    emit_post_migrate_signal(verbosity=0, interactive=False, db="owner", apps=then.apps)
    call_command("createcachetable", database="owner", verbosity=0)


def test_previous_release_has_a_row_of_every_kind(upgrade):
    """A new table of a release needs a row in its file."""
    assert {table for table, rows in upgrade.before.items() if not rows} == EMPTY


def test_upgrade_keeps_every_row_as_it_was(upgrade):
    for table in upgrade.columns.keys() - CHANGED.keys():
        before, after = upgrade.before[table], upgrade.rows(table)
        if table in GROWING:
            assert set(before) <= set(after), table
        else:
            assert before == after, table


def test_upgrade_gives_no_number_twice(upgrade):
    now = dict(upgrade.owner.execute(NUMBERS).fetchall())
    moved = {f"{old}_pgh_id_seq": f"{new}_pgh_id_seq" for old, new in MOVED.items()}
    used = {moved.get(name, name): last for name, last in upgrade.numbers.items()}
    assert {name for name, last in used.items() if now.get(name, 0) < last} == set()


def test_product_goes_on_with_what_was_upgraded(upgrade):
    with upgrade.owner.cursor() as cursor:
        releases.require_fit(cursor)
    with connect(settings.DATABASES["default"] | {"NAME": "upgrade", "OPTIONS": {}}) as app:
        token = hashlib.sha256(b"a" * 32).hexdigest()
        found = app.execute("SELECT * FROM phones_fetching(%s, NULL, '192.0.2.1')", [token])
        assert found.fetchone()[:4] == (1101, 1000, "yealink", "805ec0000001")
        with app.transaction():
            app.execute("SELECT set_config('phoneadmin.account', '1000', true)")
            labels = app.execute("SELECT label FROM phones_phone WHERE kind = 'user' ORDER BY id")
            assert labels.fetchall() == [("Desk 1",), ("Desk 2",), ("",), ("Old",)]
    lines = upgrade.owner.execute("SELECT ext, username FROM registrar.extension ORDER BY username")
    assert ("0101", "u1002first") in lines.fetchall()


# --- what became of lines, extensions and numbers -------------------------------------------------


def test_only_phones_that_lacked_something_before_need_a_restart(upgrade):  # R34
    marked = upgrade.owner.execute(
        "SELECT phone_id FROM phones_provisioning WHERE delivered NOT IN ('', wanted)"
    )
    assert marked.fetchall() == [(1101,)]


def test_phones_without_a_person_have_an_account_of_their_own(upgrade):  # R50, R58
    own = upgrade.owner.execute(
        "SELECT phone_id, kind, left(username, 1) FROM users_sipaccount"
        " WHERE phone_id IS NOT NULL AND account_id = 1000 ORDER BY 1"
    )
    assert own.fetchall() == [(1103, "standby", "s"), (1104, "place", "p")]


def test_caller_ids_in_use_are_numbers_that_nobody_has_confirmed(upgrade):  # R67
    numbers = upgrade.owner.execute(
        "SELECT account_id, e164, confirmed_at FROM users_callernumber ORDER BY 2"
    )
    assert numbers.fetchall() == [(1000, "+14155550100", None), (1000, "+14155550101", None)]


def test_extension_that_begins_like_an_emergency_number_stays_until_it_is_changed(upgrade):  # R13
    owner = upgrade.owner
    with owner.transaction(force_rollback=True):
        owner.execute("UPDATE users_user SET first_name = 'Nora' WHERE ext = '9110'")
        with pytest.raises(psycopg.errors.CheckViolation), owner.transaction():
            owner.execute("UPDATE users_user SET ext = '9111' WHERE ext = '9110'")
        owner.execute("UPDATE users_user SET ext = '105' WHERE ext = '9110'")
        left = owner.execute("SELECT ext FROM users_number WHERE account_id = 1000 ORDER BY 1")
        assert [ext for (ext,) in left] == ["0101", "100", "104", "105"]


def test_accounts_dial_the_length_that_most_of_their_extensions_have(upgrade):  # R47
    lengths = upgrade.owner.execute("SELECT id, ext_length FROM users_account ORDER BY 1")
    assert lengths.fetchall() == [(1000, 3), (2000, 3)]
