"""The demo company in a running database, its backup, and an empty installation to restore into."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from phoneadmin.operations import kamailio
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from tests import template

from ..serve_command import query
from .command import contents, manage, postgres


@pytest.fixture(scope="package")
def company(tmp_path_factory) -> Iterator[EmbeddedPostgres]:
    """Run a database with the demo company, a session and a known browser in it."""
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


@pytest.fixture(scope="package")
def file(company) -> Path:
    """Make a backup of the company; the value is its file."""
    file = company.data.parent / "company.backup"
    manage(company.data, "backup", str(file))
    return file


@pytest.fixture
def here(company, settings):
    """Give this process the company's settings, so that refusals need no process of their own."""
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
    """Make a new installation that has the company's keys and nothing else."""
    data = tmp_path / "data"
    data.mkdir()
    shutil.copy(company.data / "keys.json", data / "keys.json")
    return data


@pytest.fixture
def restored(company, file) -> dict[str, str]:
    """Restore the backup over the company; the value is what the database holds then."""
    manage(company.data, "restore", str(file), "--replace")
    return contents(company.data)
