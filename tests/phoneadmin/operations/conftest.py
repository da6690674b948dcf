"""A running embedded PostgreSQL, and connections to it."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from phoneadmin.operations import keys, logins
from phoneadmin.operations.embedded import EmbeddedPostgres, embedded_login
from tests import template


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """Run a server for tests that leave it unchanged."""
    data = template.copy_to(tmp_path_factory.mktemp("postgres") / "data")
    with EmbeddedPostgres(data, keys.load_keys(data), fast=True) as running:
        yield running


def connect(data: Path, role: str = "owner", **changes: str) -> psycopg.Connection:
    return logins.connect(embedded_login(data, keys.load_keys(data), role) | changes)
