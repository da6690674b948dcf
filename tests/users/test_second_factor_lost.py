"""Lost second factors are removed by another administrator or the operator."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from tests import factories
from tests.answers import visible_text
from tests.authenticator import do_jobs, give_app
from tests.confirming import confirm_act
from tests.users.editing import UNSEEN
from tests.users.second_factors import ASK, fresh, sign_in
from tests.users.signing_in import is_in
from users.models import User
from users.tenancy import scope
from users.tenancy.actors import Actor

pytestmark = pytest.mark.usefixtures("tolerant_of_time")


@pytest.fixture
def owen(acme) -> User:
    """Another administrator, who lost their phone."""
    owen = factories.person(
        acme, "Owen", "Cohen", email="owen@example.com", is_administrator=True, password="secret"
    )
    give_app(owen)
    return owen


def test_another_administrator_resets_lost_factors(client, alice, owen, mailoutbox):
    session = Client()
    sign_in(session, owen.email)
    with scope.entered(scope="support"):
        codes = (
            Authenticator.objects.get(user=owen, type="recovery_codes").wrap().get_unused_codes()
        )
    session.post(ASK, {"code": codes[0]})
    assert is_in(session)

    sign_in(client)
    assert "Reset second factor" in client.get("/users/").content.decode()
    url = f"/users/{owen.pk}/second-factor/"
    assert "Remove all second factors of Owen Cohen" in visible_text(client.get(url))
    assert confirm_act(client, url).status_code == 302

    assert not is_in(session)
    assert sign_in(Client(), owen.email).url == "/activity/"
    do_jobs()
    assert (mailoutbox[0].to, "removed by an administrator" in mailoutbox[0].body) == (
        [owen.email],
        True,
    )
    with scope.entered(scope="support"):
        kept = [
            (v.has_second_factor, Actor.read(v.pgh_context).id)
            for v in owen.history.order_by("-pgh_id")[:2]
        ]
    assert kept == [(False, alice.pk), (True, None)]  # R37


def test_own_factors_are_not_reset_without_proving_who_one_is(client, alice):
    give_app(alice)
    client.force_login(alice)
    url = f"/users/{alice.pk}/second-factor/"
    assert f'href="{url}"' not in client.get("/users/").content.decode()
    for response in (client.get(url), client.post(url, UNSEEN)):
        assert response.status_code == 422
    assert fresh(alice).has_second_factor


def test_command_resets_lost_factors(db, mailoutbox):
    agent = factories.support_agent()
    give_app(agent)
    call_command("reset_second_factor", "SUPPORT@example.com")
    assert not fresh(agent).has_second_factor
    do_jobs()
    assert mailoutbox[0].to == [agent.email]
    with pytest.raises(CommandError):
        call_command("reset_second_factor", "nobody@example.com")


def test_flag_follows_what_is_written_by_hand(alice, owner):
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO mfa_authenticator (user_id, type, data, created_at)"
            " VALUES (%s, 'totp', '{}', now())",
            [alice.pk],
        )
        assert fresh(alice).has_second_factor
        cursor.execute("DELETE FROM mfa_authenticator")
        assert not fresh(alice).has_second_factor
        cursor.execute(
            "INSERT INTO mfa_authenticator (user_id, type, data, created_at)"
            " VALUES (%s, 'recovery_codes', '{}', now())",
            [alice.pk],
        )
        assert not fresh(alice).has_second_factor
