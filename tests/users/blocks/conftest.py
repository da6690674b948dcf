"""A company with three administrators, before and after one of them is blocked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.users.blocks.blocking import blocked, made


@pytest.fixture
def company(db) -> dict[str, Any]:
    return made()


@pytest.fixture
def committed_company(committed) -> dict[str, Any]:
    """The same company, committed, because the history tells changes apart by transaction."""
    return made()


@pytest.fixture
def link(company) -> str:
    return blocked(company)
