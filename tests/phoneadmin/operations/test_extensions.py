"""Old extensions that begin like an emergency number are listed, until the rule holds for all.

New ones are refused (R13).
"""

from __future__ import annotations

import pytest
from django.db import connections, transaction

from phoneadmin.operations.extensions import CONSTRAINT, validate_extensions
from phones.models import Kind
from tests import factories
from tests.answers import visible_text
from users.models import User
from users.tenancy import scope

CHECK = "CHECK (ext !~ '^(911|933|112|9911)') NOT VALID"


@pytest.fixture
def old(committed, owner):
    """Two people and a common-area phone have such an extension, from before the rule."""
    owner.execute(f"ALTER TABLE users_number DROP CONSTRAINT {CONSTRAINT}")
    owner.commit()
    try:
        account = factories.account("Acme")
        for name, ext in (("Ann", "9110"), ("Ben", "112"), ("Cat", "113")):
            factories.person(account, name, "Old", ext=ext)
        factories.phone(account, kind=Kind.COMMON, label="Lobby", ext="9330")
        yield account
    finally:
        owner.rollback()
        # The rows go when the test has ended.
        owner.execute(f"ALTER TABLE users_number DROP CONSTRAINT IF EXISTS {CONSTRAINT}")
        owner.execute(f"ALTER TABLE users_number ADD CONSTRAINT {CONSTRAINT} {CHECK}")
        owner.commit()


def validate() -> bool:
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        return validate_extensions(cursor)


def add_check(owner) -> None:
    owner.execute(f"ALTER TABLE users_number ADD CONSTRAINT {CONSTRAINT} {CHECK}")
    owner.commit()


def is_valid(owner) -> bool:
    found = owner.execute("SELECT convalidated FROM pg_constraint WHERE conname = %s", [CONSTRAINT])
    return found.fetchone()[0]


def test_rule_holds_for_all_once_the_last_old_extension_is_changed(old, owner):
    add_check(owner)
    assert validate() is False
    assert not is_valid(owner)
    with transaction.atomic(), scope.entered(account_id=old.pk):
        User.objects.filter(ext="9110").update(ext="2110")  # other rows keep theirs meanwhile
        User.objects.filter(ext="112").update(ext="212")
        old.phones.update(ext="2330")
    owner.rollback()
    assert validate() is True
    assert is_valid(owner)
    assert validate() is True  # again does no harm


def test_old_extensions_are_listed_and_counted_on_the_first_page(old, client):
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(factories.support_agent())
    first = client.get("/admin/")
    assert "2 people have extensions that begin with an emergency number." in visible_text(first)
    assert "1 common-area phone’s extension begins with an emergency number." in visible_text(first)
    people = client.get("/admin/users/user/?ext=emergency").context["cl"].result_list
    phones = client.get("/admin/phones/phone/?ext=emergency").context["cl"].result_list
    assert sorted(person.ext for person in people) == ["112", "9110"]
    assert [phone.label for phone in phones] == ["Lobby"]


def test_first_page_says_nothing_if_all_is_well(client, db):
    with scope.entered(scope="support"):
        client.force_login(factories.support_agent())
    assert client.get("/admin/").context["notices"] == []
