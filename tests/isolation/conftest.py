"""Two companies, the secrets of one of them, and a session that sees only the other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings

from tests import companies, site
from tests.e911.providers.conftest import telnyx  # noqa: F401
from users.tenancy import scope


@pytest.fixture
def world(two_companies, registrar_answers) -> site.World:
    return two_companies


@pytest.fixture
def secrets(world) -> set[str]:
    """Everything that our administrator must not learn."""
    return companies.marks(world.theirs, world.ours)


@pytest.fixture
def us(world) -> site.World:
    """Return the two companies, in a transaction that sees ours."""
    scope.enter(account_id=world.ours.account.pk)
    return world


@pytest.fixture
def temporary(owner) -> Iterator[None]:
    """Let the application's role make temporary objects, as PostgreSQL does by default."""
    names = f"{settings.DATABASES['default']['NAME']} {{}} {settings.DATABASES['default']['USER']}"
    owner.execute(f"GRANT TEMPORARY ON DATABASE {names.format('TO')}")
    owner.commit()
    try:
        yield
    finally:
        owner.execute(f"REVOKE TEMPORARY ON DATABASE {names.format('FROM')}")
        owner.commit()
