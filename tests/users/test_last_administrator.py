"""An account keeps an administrator, whatever happens at the same time (R25)."""

from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone

from tests import factories
from tests.answers import visible_text
from tests.confirming import confirm_act
from tests.users.editing import UNSEEN, form
from users import people
from users.models import User
from users.tenancy import scope

LAST = (
    "No other administrator can sign in yet. Make someone else an administrator first; it counts"
    " once they’ve accepted the invitation."
)

UNMAKE = {
    "unmade": lambda user: people.edit(user, is_administrator=False),
    "deactivated": lambda user: people.set_active(user, False),
    "deleted": people.delete,
}


# Administrators who can't sign in, so they don't count.
CANNOT = {
    "never accepted": {},
    "deactivated": {"password": "secret", "is_active": False},
    "blocked": {"password": "secret", "sign_in_blocked_at": timezone.now()},
}


@pytest.mark.parametrize("other", CANNOT)
@pytest.mark.parametrize("way", UNMAKE)
def test_last_administrator_who_can_sign_in_stays_one(alice, acme, way, other):  # R25
    factories.person(acme, is_administrator=True, **CANNOT[other])
    with pytest.raises(ValidationError, match=re.escape(LAST)):
        UNMAKE[way](alice)
    kept = User.objects.get(pk=alice.pk)
    assert (kept.is_administrator, kept.is_active) == (True, True)


@pytest.mark.parametrize("way", UNMAKE)
def test_administrator_beside_another_may_go(alice, acme, way):  # R25
    UNMAKE[way](factories.person(acme, is_administrator=True))
    assert list(User.objects.filter(is_administrator=True, is_active=True)) == [alice]


@pytest.mark.parametrize("other", CANNOT)
@pytest.mark.parametrize("act", ["remove-administrator", "deactivate", "delete"])
def test_page_of_the_last_administrator_says_why_not(signed_in, alice, acme, act, other):
    factories.person(acme, is_administrator=True, **CANNOT[other])
    url = f"/users/{alice.pk}/{act}/"
    for response in (signed_in.get(url), signed_in.post(url, UNSEEN)):
        assert response.status_code == 422
        assert LAST in visible_text(response)
    kept = User.objects.get(pk=alice.pk)
    assert (kept.is_administrator, kept.is_active) == (True, True)


def test_role_given_up_in_passing_is_kept(signed_in, alice, acme):  # R25
    """Edit user has no box for the role, so a form that leaves one out takes nothing away."""
    factories.person(acme, is_administrator=True, password="secret")
    edit = f"/users/{alice.pk}/edit/"
    assert 'name="is_administrator"' not in signed_in.get(edit).content.decode()
    sent = form(alice, first_name="Alicia", is_administrator="")
    assert confirm_act(signed_in, edit, **sent).status_code == 302
    kept = User.objects.get(pk=alice.pk)
    assert (kept.first_name, kept.is_administrator) == ("Alicia", True)


@pytest.mark.parametrize("act", ["remove-administrator", "deactivate", "delete"])
def test_administrator_is_asked_before_they_lock_themselves_out(signed_in, alice, acme, act):
    factories.person(acme, is_administrator=True, password="secret")
    url = f"/users/{alice.pk}/{act}/"
    asked = signed_in.get(url)
    assert "This is you. You’ll lose access to these pages right away." in visible_text(asked)
    assert asked.context["confirmation"].dangers
    assert signed_in.post(url).status_code == 400  # no one does it unasked
    assert signed_in.get("/users/").status_code == 200
    assert confirm_act(signed_in, url).status_code == 302
    assert signed_in.get("/users/").status_code == (403 if act == "remove-administrator" else 302)


@pytest.mark.parametrize("act", ["remove-administrator", "deactivate", "delete"])
def test_this_is_you_is_said_to_no_one_else(signed_in, acme, act):
    other = factories.person(acme, "Bob", is_administrator=True, password="secret")
    assert "This is you" not in visible_text(signed_in.get(f"/users/{other.pk}/{act}/"))


@pytest.mark.parametrize("way", UNMAKE)
def test_two_administrators_cannot_unmake_each_other_at_once(committed, way):  # R25
    account = factories.account()
    both = [factories.person(account, is_administrator=True, password="secret") for _ in range(2)]
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
