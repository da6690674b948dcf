"""Who must have a second factor, and what they can't do without one."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import call_command

from tests import factories
from tests.authenticator import code
from tests.users.second_factors import ASK, SECURITY, fresh, require, set_up_app, sign_in
from tests.users.signing_in import is_in
from users.models import Account
from users.tenancy import scope
from users.tenancy.actors import Actor

pytestmark = pytest.mark.usefixtures("tolerant_of_time")

PAGES = (
    "/",
    "/phones/",
    "/users/",
    "/users/add/",
    "/activity/",
    "/company/",
    "/phones/status/",
    "/admin/",
)


@pytest.mark.parametrize("htmx", [False, True])
def test_administrator_who_needs_a_factor_and_has_none_can_do_nothing_else(
    client, alice, acme, htmx
):
    sign_in(client)
    require(acme)
    headers = {"HX-Request": "true"} if htmx else {}
    before = fresh(alice).first_name
    for page in (*PAGES, f"/users/{alice.pk}/edit/"):
        for ask in (client.get, client.post):
            response = ask(
                page, {"first_name": "Changed", "second_factor_required": ""}, headers=headers
            )
            assert (response["HX-Redirect"] if htmx else response.url) == SECURITY
            assert response.content == b""
    assert fresh(alice).first_name == before
    page = client.get(SECURITY).content.decode()
    assert "Set up a second factor" in page
    assert 'href="/users/"' not in page


def test_administrator_goes_on_once_he_has_a_factor(client, alice, acme):
    require(acme)
    assert sign_in(client).url == "/activity/"
    assert client.get("/activity/").url == SECURITY
    set_up_app(client)
    assert is_in(client)
    client.get("/users/")


def test_requirement_is_of_the_own_account_only(client, alice, other):
    require(other)
    sign_in(client)
    assert is_in(client)


@pytest.mark.parametrize(
    "page", ["/admin/", "/admin/users/user/", "/admin/password_change/", "/phones/", "/"]
)
def test_support_staff_always_need_a_factor(client, db, page):
    factories.support_agent(has_second_factor=False)
    sign_in(client, "support@example.com", next="/admin/")
    assert client.get(page).url == SECURITY


def test_invited_support_agent_comes_into_django_admin_with_a_factor(client, db, mailoutbox):
    call_command("invite", "sam@provider.example", support=True)
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[0].body).group(1)
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "a long enough one", "password2": "a long enough one"})
    response = sign_in(client, "sam@provider.example", "a long enough one", next="/admin/")
    assert client.get(response.url).url == SECURITY
    secret = set_up_app(client)
    assert client.get("/sign-in/second-factor/codes/").status_code == 200
    assert client.get("/admin/").status_code == 200
    client.post("/sign-in/out/")
    sign_in(client, "sam@provider.example", "a long enough one", next="/admin/")
    assert client.get("/admin/").status_code == 302
    assert client.post(ASK, {"code": code(secret)}).url == "/admin/"
    assert client.get("/admin/").status_code == 200


def test_only_factor_stays_where_one_is_required(client, alice, acme):
    sign_in(client)
    set_up_app(client)
    require(acme)
    response = client.post("/sign-in/second-factor/app/remove/")
    assert "this is your only one" in response.content.decode()
    with scope.entered(scope="support"):
        passkey = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "Laptop"})
        Authenticator.objects.filter(user=alice, type="totp").delete()
    response = client.post(f"/sign-in/second-factor/passkeys/{passkey.pk}/remove/")
    assert "this is your only one" in response.content.decode()
    assert fresh(alice).has_second_factor
    require(acme, False)
    assert client.post(f"/sign-in/second-factor/passkeys/{passkey.pk}/remove/").status_code == 302
    assert not fresh(alice).has_second_factor


def test_last_factor_takes_the_recovery_codes_with_it(client, alice):
    sign_in(client)
    set_up_app(client)
    assert client.post("/sign-in/second-factor/app/remove/").status_code == 302
    with scope.entered(scope="support"):
        assert not Authenticator.objects.exists()
    client.post("/sign-in/out/")
    assert sign_in(client).url == "/activity/"


def test_somebody_elses_passkey_cannot_be_removed(client, alice, acme):
    owen = factories.person(acme, is_administrator=True)
    with scope.entered(scope="support"):
        passkey = Authenticator.objects.create(user=owen, type="webauthn", data={"name": "Laptop"})
    sign_in(client)
    assert client.post(f"/sign-in/second-factor/passkeys/{passkey.pk}/remove/").status_code == 404


def test_company_setting_is_on_record(client, alice, acme):  # R37
    sign_in(client)
    page = client.get("/company/").content.decode()
    assert (
        "Who has no second factor" in page
        and "sign in as these administrators" in page
        and "Alice Archer" in page
    )
    assert client.post("/company/", {"second_factor_required": "on"}).url == "/company/"
    with scope.entered(scope="support"):
        kept = Account.objects.get(pk=acme.pk).history.latest("pgh_id")
    assert (kept.second_factor_required, Actor.read(kept.pgh_context).id) == (True, alice.pk)
    assert client.get("/company/").url == SECURITY
