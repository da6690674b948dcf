"""Sessions and mailed links end for good (R25, R44).

They end with a deactivation, a changed role or address, and a reset of second factors.
"""

from __future__ import annotations

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from tests import factories
from tests.authenticator import give_app
from tests.confirming import confirm_act
from tests.users import editing
from users import people, second_factor, sessions
from users.links import Tokens
from users.models import User
from users.tenancy import scope


@pytest.fixture
def alice(acme) -> User:
    return factories.person(acme, "Alice", "Archer", is_administrator=True, password="secret")


@pytest.fixture
def bob(acme, alice) -> User:
    return factories.person(acme, "Bob", "Bell", is_administrator=True, password="secret")


def signed_in(user: User) -> Client:
    """Sign in a while ago, so that the next request writes the session; return the browser."""
    client = Client()
    assert client.post("/sign-in/", {"login": user.email, "password": "secret"}).url == "/"
    session = client.session
    session["seen_at"] -= 2 * sessions.PRECISION
    session.save()
    return client


def is_in(client: Client) -> bool:
    return client.get("/activity/").status_code == 200


def fresh(user: User) -> User:
    with scope.entered(scope="support"):
        return User.objects.get(pk=user.pk)


def set_active(user: User, active: bool) -> None:
    with scope.entered(account_id=user.account_id):
        people.set_active(fresh(user), active)


def edit(client: Client, user: User, **changes: Any) -> None:
    """Change a user on the pages."""
    assert editing.edit(client, fresh(user), **changes).status_code == 302


def act(client: Client, user: User, verb: str) -> None:
    """Do an act on the pages that asks for nothing but a confirmation."""
    assert confirm_act(client, f"/users/{user.pk}/{verb}/").status_code == 302


# --- a deactivation ---


def test_old_session_stays_dead_after_reactivation(bob):  # R25
    asked, unasked = signed_in(bob), signed_in(bob)
    set_active(bob, False)
    assert not is_in(asked)
    set_active(bob, True)
    assert (is_in(asked), is_in(unasked)) == (False, False)
    assert is_in(signed_in(bob))


def test_session_of_someone_deactivated_before_this_release_stays_dead(bob):
    """Back then, nothing ended it: only `is_active` was set."""
    session = signed_in(bob)
    with scope.entered(scope="support"):
        User.objects.filter(pk=bob.pk).update(is_active=False)
    set_active(bob, True)
    assert not is_in(session)


def test_session_that_began_while_someone_was_being_deactivated_stays_dead(bob):
    """Its sign-in read the user before and committed after, so no list contained it yet."""
    session = signed_in(bob)
    with scope.entered(scope="support"):
        UserSession.objects.filter(user=bob).delete()
    set_active(bob, False)
    set_active(bob, True)
    assert not is_in(session)


def test_sign_in_half_done_before_a_deactivation_makes_no_session(bob):
    _secret, codes = give_app(bob)
    half = Client()
    asked = half.post("/sign-in/", {"login": bob.email, "password": "secret"})
    assert asked.url == "/sign-in/second-factor/ask/"
    set_active(bob, False)
    assert half.post("/sign-in/second-factor/ask/", {"code": codes[0]}).url == "/sign-in/inactive/"
    set_active(bob, True)
    assert not is_in(half)


def test_link_from_before_a_deactivation_is_dead_after_it(bob):
    token = Tokens().make_token(fresh(bob))
    assert Tokens().check_token(fresh(bob), token)
    for active in (False, True):
        set_active(bob, active)
        assert not Tokens().check_token(fresh(bob), token)
    assert Tokens().check_token(fresh(bob), Tokens().make_token(fresh(bob)))


# --- another role or address, reset factors ---


@pytest.mark.parametrize("verb", ["make-administrator", "remove-administrator"])
def test_role_that_comes_or_goes_ends_the_sessions(alice, bob, verb):
    """A session that sees nothing must not see everything a year later."""
    if verb == "make-administrator":
        act(signed_in(alice), bob, "remove-administrator")
    session = signed_in(bob)
    act(signed_in(alice), bob, verb)
    assert session.get("/activity/").status_code == 302


def test_another_address_ends_sessions_and_links(alice, bob):  # R44
    session, client, token = signed_in(bob), signed_in(alice), Tokens().make_token(fresh(bob))
    edit(client, bob, email="new@acme.example")
    assert (is_in(session), is_in(client)) == (False, True)
    assert not Tokens().check_token(fresh(bob), token)


def test_own_session_goes_on_under_another_key(bob):
    elsewhere, client = signed_in(bob), signed_in(bob)
    key = client.cookies["sessionid"].value
    edit(client, bob, email="new@acme.example")
    assert client.cookies["sessionid"].value != key
    assert (is_in(client), is_in(elsewhere)) == (True, False)
    page = client.get("/sign-in/sessions/").content.decode()
    sessions = page.partition('id="signed-in"')[2].partition("</ul>")[0]
    assert sessions.count("this session") == 1 and sessions.count("<li>") == 1


def test_own_session_goes_on_without_the_role_that_was_given_up(bob):
    client = signed_in(bob)
    act(client, bob, "remove-administrator")
    assert client.get("/activity/").status_code == 403


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_administrator_who_removes_themself_is_signed_out(bob, verb):
    client = signed_in(bob)
    act(client, bob, verb)
    assert client.get("/activity/").url.startswith("/sign-in/")


def test_reset_factors_end_the_sessions(bob):
    session = signed_in(bob)
    with scope.entered(account_id=bob.account_id):
        second_factor.reset_factors(fresh(bob))
    assert not is_in(session)


def test_sessions_from_before_this_release_go_on(bob):
    """An upgrade signs nobody out: sessions are checked only after a first end."""
    assert fresh(bob).signed_out_at is None
    session = signed_in(bob)
    assert session.session["_auth_user_hash"] == super(User, bob)._get_session_auth_hash()
    assert is_in(session)
