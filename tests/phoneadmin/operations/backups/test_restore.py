"""`manage.py restore` refuses what doesn't fit, and phoneadmin goes on while it restores."""

from __future__ import annotations

import json
import os
import threading
from http.client import HTTPConnection
from zipfile import ZipFile

import pytest

from phoneadmin.operations import backup
from tests.waiting import wait_until

from ..serve_command import query
from .command import contents, manage, postgres, refusal


def test_restore_with_other_keys_is_refused_before_anything_is_made_unless_that_is_known(
    company, file, tmp_path
):
    data = tmp_path / "data"
    told = refusal(data, "restore", str(file))
    assert backup.fingerprint_key(company.keys.secret_key) in told and "--other-keys" in told
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
