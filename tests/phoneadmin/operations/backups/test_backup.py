"""`manage.py backup` while people write, restored completely into an empty folder."""

from __future__ import annotations

import json
import os
import threading
from zipfile import ZipFile

import psycopg
import pytest

from phoneadmin.operations import backup
from phoneadmin.operations.embedded import embedded_login
from phoneadmin.operations.logins import connect
from tests.waiting import wait_until

from ..serve_command import query
from .command import contents, manage, postgres, schema


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
    assert about["secret_key"] == backup.fingerprint_key(company.keys.secret_key)
    assert about["sip_keys"]
    for key in vars(company.keys).values():
        assert key.encode() not in everything
