"""An account keeps an administrator, whatever happens at the same time (R25)."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from tests import factories
from tests.answers import visible_text
from users import people
from users.models import User
from users.tenancy import scope

LAST = "This is the last administrator of your account. Make somebody else one first."

UNMAKE = {
    "unmade": lambda user: people.edit(user, is_administrator=False),
    "deactivated": lambda user: people.set_active(user, False),
    "deleted": people.delete,
}


@pytest.mark.parametrize("way", UNMAKE)
def test_last_administrator_stays_one(alice, acme, way):  # R25
    factories.person(acme, is_administrator=True, is_active=False)
    with pytest.raises(ValidationError, match=re.escape(LAST)):
        UNMAKE[way](alice)
    kept = User.objects.get(pk=alice.pk)
    assert (kept.is_administrator, kept.is_active) == (True, True)


@pytest.mark.parametrize("way", UNMAKE)
def test_administrator_beside_another_may_go(alice, acme, way):  # R25
    UNMAKE[way](factories.person(acme, is_administrator=True))
    assert list(User.objects.filter(is_administrator=True, is_active=True)) == [alice]


@pytest.mark.parametrize(
    ("path", "form"),
    [("", {"first_name": "Alice", "email": "a@example.com"}), ("activation/", {}), ("delete/", {})],
)
def test_page_of_the_last_administrator_says_why_not(signed_in, alice, path, form):
    response = signed_in.post(f"/users/{alice.pk}/{path}", form)
    assert response.status_code == 422
    assert LAST in visible_text(response)


@pytest.mark.parametrize("way", UNMAKE)
def test_two_administrators_cannot_unmake_each_other_at_once(committed, way):  # R25
    account = factories.account()
    both = [factories.person(account, is_administrator=True) for _ in range(2)]
    together = threading.Barrier(2, timeout=60)

    def unmake(user: User) -> str:
        try:
            with transaction.atomic():
                scope.enter(account_id=account.pk)
                together.wait()
                UNMAKE[way](user)
            return "done"
        except ValidationError as refusal:
            return refusal.messages[0]
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        assert sorted(pool.map(unmake, both)) == [LAST, "done"]
    with transaction.atomic():
        scope.enter(account_id=account.pk)
        assert User.objects.filter(is_administrator=True, is_active=True).count() == 1


@pytest.mark.parametrize("way", UNMAKE)
def test_person_who_became_the_last_administrator_meanwhile_stays_one(alice, acme, way):  # R25
    bob = factories.person(acme, "Bob")
    User.objects.filter(pk=bob.pk).update(is_administrator=True)
    User.objects.filter(pk=alice.pk).update(is_administrator=False)
    with pytest.raises(ValidationError, match=re.escape(LAST)):
        UNMAKE[way](bob)  # as Bob was read before
