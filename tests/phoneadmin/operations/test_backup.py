"""`manage.py backup` and `restore` as an operator meets them: while people write, into an empty
folder, with bad files.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from zipfile import ZipFile

import psycopg
import pytest

from phoneadmin.operations import backup, kamailio, keys
from phoneadmin.operations.embedded import DATABASE, EmbeddedPostgres, embedded_login
from phoneadmin.operations.logins import connect
from tests import template
from tests.waiting import wait_until

from .test_serve import ROOT, environment, query


def manage(data: Path, *command: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run an operator's command on a data folder."""
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=ROOT, env=environment(data, 1), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0 or not check, done.stderr
    return done


def refusal(data: Path, *command: str) -> str:
    """Return in what words a command is refused."""
    done = manage(data, *command, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    return done.stderr


@contextmanager
def postgres(data: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as server:
        yield server


@pytest.fixture(scope="module")
def company(tmp_path_factory) -> Iterator[EmbeddedPostgres]:
    """The demo company in a running database, with a session and a known browser."""
    with postgres(template.copy_to(tmp_path_factory.mktemp("company") / "data")) as server:
        manage(server.data, "demo", "--company")
        owner, registrar = (
            embedded_login(server.data, server.keys, role) for role in ("owner", "registrar")
        )
        kamailio.grant_rights(owner, registrar)
        kamailio.pin_role_settings(registrar)
        query(server.data, "INSERT INTO django_session VALUES ('k', 'v', now() + interval '1 day')")
        query(
            server.data,
            "INSERT INTO users_knownbrowser (account_id, user_id, key_hash, stamp, proved_password,"
            " proved_code,"
            " user_agent, address, created_at, last_used_at)"
            " SELECT account_id, id, 'key', '', true, false, '', '192.0.2.1', now(), now() FROM"
            " users_user LIMIT 1",
        )
        query(server.data, "CREATE TABLE one (n int); CREATE TABLE other (n int)")
        yield server


@pytest.fixture(scope="module")
def file(company) -> Path:
    """A backup of the company."""
    file = company.data.parent / "company.backup"
    manage(company.data, "backup", str(file))
    return file


@pytest.fixture
def here(company, settings):
    """The settings of this process, which are now those of the company's: refusals need no process
    of their own.
    """
    settings.DATA, settings.KEYS, settings.SECRET_KEY = (
        company.data,
        company.keys,
        company.keys.secret_key,
    )
    settings.SIP_KEYS = [company.keys.sip_key]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(
            settings.DATABASES, "owner", embedded_login(company.data, company.keys, "owner")
        )
        yield settings


@pytest.fixture
def fresh(company, tmp_path) -> Path:
    """A new installation that has the company's keys and nothing else."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(company.data / "keys.json", data / "keys.json")
    return data


def contents(data: Path) -> dict[str, str]:
    """Return a digest of the rows of every table, and where each sequence stands."""
    tables = query(
        data,
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables"
        " WHERE schemaname IN ('public', 'registrar') AND tablename NOT IN"
        " ('one', 'other', 'django_session', 'users_knownbrowser')",
    )
    found = {
        table: query(
            data, f"SELECT count(*), md5(string_agg(t::text, ' ' ORDER BY t::text)) FROM {table} t"
        )[0]
        for (table,) in tables
    }
    return found | dict(
        query(data, "SELECT schemaname || sequencename, last_value FROM pg_sequences")
    )


def schema(server: EmbeddedPostgres) -> str:
    """Return everything but the rows: tables, constraints, triggers, functions, policies, owners,
    grants.
    """
    dump = server.start_client(
        "pg_dump", DATABASE, "--schema-only", "--restrict-key=x", stdout=subprocess.PIPE, text=True
    )
    # PostgreSQL writes the same cast in two ways, before and after it has read its own.
    return re.sub(r"::character varying|::text|\[\]|[()]", "", dump.communicate()[0])


def test_backup_under_writes_comes_back_in_an_empty_folder_with_every_table_role_and_policy(
    company, fresh, tmp_path
):
    file = tmp_path / "under-writes.backup"
    done = threading.Event()

    def write() -> None:
        with connect(embedded_login(company.data, company.keys, "owner")) as mine:
            for n in range(10**9):
                with mine.transaction():
                    mine.execute("INSERT INTO one VALUES (%s)", [n])
                    mine.execute("INSERT INTO other VALUES (%s)", [n])
                if done.is_set():
                    break

    writer = threading.Thread(target=write)
    writer.start()
    try:
        wait_until(lambda: query(company.data, "SELECT count(*) > 50 FROM one")[0][0])
        told = manage(company.data, "backup", str(file)).stdout
    finally:
        done.set()
        writer.join()
    assert str(company.data / "keys.json") in told and "holds no keys" in told
    assert file.stat().st_mode & 0o777 == 0o600
    assert set(os.listdir(tmp_path)) == {fresh.name, file.name}

    assert "Everybody signs in anew" in manage(fresh, "restore", str(file)).stdout
    with postgres(fresh) as restored:
        assert contents(fresh) == contents(company.data)
        assert schema(restored) == schema(company)
        assert query(
            fresh,
            "SELECT (SELECT array_agg(n ORDER BY n) FROM one) = (SELECT array_agg(n ORDER BY n)"
            " FROM other)",
        ) == [(True,)]
        assert (
            50
            < query(fresh, "SELECT count(*) FROM one")[0][0]
            < query(company.data, "SELECT count(*) FROM one")[0][0]
        )
        assert query(fresh, "SELECT count(*) FROM django_session") == [(0,)], (
            "a session that was ended stays ended"
        )
        assert query(fresh, "SELECT count(*) FROM users_knownbrowser") == [(0,)], (
            "a forgotten browser stays forgotten"
        )
        with connect(embedded_login(fresh, restored.keys, "app")) as app, app.transaction():
            assert app.execute("SELECT count(*) FROM users_user").fetchone() == (0,), (
                "row-level security holds"
            )
            app.execute("SELECT set_config('phoneadmin.scope', 'support', true)")
            assert app.execute("SELECT count(*) > 0 FROM users_user").fetchone() == (True,)
        with connect(embedded_login(fresh, restored.keys, "registrar")) as registrar:
            assert registrar.execute("SELECT count(*) > 0 FROM subscriber").fetchone() == (True,), (
                "its schema is pinned"
            )
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                registrar.execute("SELECT FROM public.users_user")


def test_backup_never_overwrites_a_file_and_leaves_no_draft(company, here, tmp_path):
    file = tmp_path / "precious"
    file.write_text("precious")
    with pytest.raises(backup.Refused, match="exists already"):
        backup.make_backup(file)
    assert file.read_text() == "precious"
    with pytest.raises(backup.Refused, match="cannot be written"):
        backup.make_backup(tmp_path / "nowhere" / "file")
    assert os.listdir(tmp_path) == ["precious"]


def test_backup_holds_fingerprints_and_no_key(company, file):
    with ZipFile(file) as archive:
        everything = archive.read("about.json") + archive.read("database")
        about = json.loads(archive.read("about.json"))
    assert about["secret_key"] == backup.fingerprint(company.keys.secret_key)
    assert about["sip_keys"]
    for key in vars(company.keys).values():
        assert key.encode() not in everything


def test_restore_with_other_keys_is_refused_before_anything_is_made_unless_that_is_known(
    company, file, tmp_path
):
    data = tmp_path / "data"
    told = refusal(data, "restore", str(file))
    assert backup.fingerprint(company.keys.secret_key) in told and "--other-keys" in told
    assert os.listdir(data) == ["keys.json"]
    told = manage(data, "restore", str(file), "--other-keys").stdout
    assert "reissue_credentials --missing" in told
    with postgres(data):
        assert contents(data) == contents(company.data)


def test_restore_of_another_sip_domain_is_refused(file, here):
    backup.require_fit(backup.inspect_backup(file), other_keys=False)
    here.SIP_DOMAIN = "sip.example.com"
    with pytest.raises(backup.Refused, match=r"sip\.phoneadmin\.test"):
        backup.require_fit(backup.inspect_backup(file), other_keys=False)


def test_restore_of_a_newer_version_is_refused(file, here, tmp_path):
    newer = tmp_path / "newer"
    with ZipFile(file) as archive, ZipFile(newer, "w") as changed:
        about = json.loads(archive.read("about.json"))
        about["migrations"].append(["phones", "9999_of_the_future"])
        changed.writestr("about.json", json.dumps(about))
        changed.writestr("database", archive.read("database"))
    with pytest.raises(backup.Refused, match="newer phoneadmin"):
        backup.require_fit(backup.inspect_backup(newer), other_keys=False)


def test_damaged_file_is_refused_before_anything_changes(fresh, file, tmp_path):
    whole = file.read_bytes()
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 1
    bad = tmp_path / "bad"
    for damaged in (whole[:-1], whole[: len(whole) // 2], b"", b"PK", b"a letter", bytes(flipped)):
        bad.write_bytes(damaged)
        with pytest.raises(backup.Refused, match="no whole backup"):
            backup.inspect_backup(bad)
    assert "no whole backup" in refusal(fresh, "restore", str(bad))
    assert os.listdir(fresh) == ["keys.json"]
    with pytest.raises(backup.Refused, match="cannot be read"):
        backup.inspect_backup(tmp_path / "nothing")


def databases(server: EmbeddedPostgres) -> set[str]:
    with server.connect_as_superuser() as superuser:
        names = superuser.execute("SELECT datname FROM pg_database WHERE NOT datistemplate")
        return {name for (name,) in names}


# Restores, and dies before a statement: the n-th one, or the first that begins with some words.
DYING = """
import os, signal, sys
from pathlib import Path
import django, psycopg
django.setup()
from phoneadmin.operations import backup
file, point = sys.argv[1:]
execute, statements = psycopg.Connection.execute, 0
def executed(self, query, *arguments, **options):
    global statements
    statements += 1
    text = query if isinstance(query, str) else query.as_string(self)
    if point == str(statements) or text.startswith(point):
        os.kill(os.getpid(), signal.SIGKILL)
    return execute(self, query, *arguments, **options)
psycopg.Connection.execute = executed
backup.restore_backup(Path(file), replace=True)
"""
HALFWAY = f'ALTER DATABASE "{backup.ASIDE}" RENAME'
SWAPPED = f'DROP DATABASE "{backup.BEFORE}"'


def restore_that_dies(data: Path, file: Path, point: str) -> bool:
    """Tell whether a restore died at a point; it came to its end if there was no such point."""
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(file), point],
        cwd=ROOT,
        env=environment(data, 1),
        timeout=120,
    )
    assert done.returncode in (0, -signal.SIGKILL)
    return done.returncode != 0


@pytest.fixture
def restored(company, file) -> dict[str, str]:
    """What is in the database once the backup is."""
    manage(company.data, "restore", str(file), "--replace")
    return contents(company.data)


def test_next_backup_clears_away_what_a_killed_restore_left(
    company,
    here,
    file,
    restored,
    tmp_path,
):
    for point in (HALFWAY, SWAPPED):
        query(company.data, "CREATE TABLE since (n int)")
        assert restore_that_dies(company.data, file, point)
        assert len(databases(company)) == 3, "a whole copy was left"
        backup.make_backup(tmp_path / f"after {len(point)}")
        assert databases(company) == {"postgres", DATABASE}
        old = query(company.data, "SELECT to_regclass('since') IS NOT NULL") == [(True,)]
        assert old is (point == HALFWAY)
        query(company.data, "DROP TABLE IF EXISTS since")
        assert contents(company.data) == restored


@pytest.mark.soak
def test_restore_may_be_killed_at_any_statement(company, here, file, restored, tmp_path):
    point = 1
    while restore_that_dies(company.data, file, str(point)):
        backup.make_backup(tmp_path / str(point))
        assert databases(company) == {"postgres", DATABASE}
        assert contents(company.data) == restored
        point += 1
    print(f"killed before each of {point - 1} statements")
    assert point > 10


def test_copies_of_a_living_restore_are_left_alone(company, here):
    with company.connect_as_superuser() as living:
        assert living.execute(backup.LOCK).fetchone() == (True,)
        company.create_database(living, backup.ASIDE)
        backup.clear_leftovers(company)
        assert backup.ASIDE in databases(company)
    backup.clear_leftovers(company)
    assert databases(company) == {"postgres", DATABASE}


def test_restore_over_data_is_refused_unless_told_and_a_dead_restore_changes_nothing(
    company, here, file
):
    before = contents(company.data)
    query(company.data, "CREATE TABLE since (n int)")
    with pytest.raises(backup.Refused, match="--replace"):
        backup.restore_backup(file, replace=False)
    command = [sys.executable, "manage.py", "restore", str(file), "--replace"]
    dying = subprocess.Popen(
        command, cwd=ROOT, env=environment(company.data, 1), stdout=subprocess.DEVNULL
    )
    try:
        with company.connect_as_superuser() as superuser:
            loading = (
                "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND"
                " application_name = 'pg_restore'"
            )
            wait_until(lambda: superuser.execute(loading, [backup.ASIDE]).fetchone()[0])
    finally:
        dying.send_signal(signal.SIGKILL)
        dying.wait()
    assert query(company.data, "SELECT count(*) FROM since") == [(0,)]
    manage(company.data, "restore", str(file), "--replace")
    assert query(company.data, "SELECT to_regclass('since')") == [(None,)]
    assert contents(company.data) == before
    assert databases(company) == {"postgres", DATABASE}


@pytest.mark.ci
def test_running_phoneadmin_goes_on_with_what_was_restored(product, tmp_path):
    data, file = product.data, tmp_path / "file"
    manage(data, "backup", str(file))
    name = query(data, "SELECT name FROM users_account")
    query(data, "UPDATE users_account SET name = 'Changed'")
    statuses, done = set(), threading.Event()

    def browse() -> None:
        while not done.wait(0.02):
            connection = HTTPConnection("127.0.0.1", product.port, timeout=30)
            connection.request("GET", "/sign-in/", headers={"Host": f"localhost:{product.port}"})
            statuses.add(connection.getresponse().status)
            connection.close()

    browser = threading.Thread(target=browse)
    browser.start()
    try:
        manage(data, "restore", str(file), "--replace")
    finally:
        done.set()
        browser.join()
    assert statuses <= {200, 503}
    assert query(data, "SELECT name FROM users_account") == name
    wait_until(
        lambda: query(
            data, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%procrastinate%'"
        )[0][0]
    )
