"""Second factors: app codes, passkeys, recovery codes; who must have one (OWASP ASVS 5, V6)."""

from __future__ import annotations

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client, override_settings

from tests import factories
from tests.authenticator import code, do_jobs, give_app
from tests.web import prove_ago
from users.models import Account, User
from users.tenancy import scope

EMAIL = "alice@example.com"
SECURITY, ASK, APP = (
    "/sign-in/second-factor/",
    "/sign-in/second-factor/ask/",
    "/sign-in/second-factor/app/",
)
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


@pytest.fixture(autouse=True)
def tolerant():
    """Codes of the step before and after count as well, as a test cannot choose when it runs."""
    with override_settings(MFA_TOTP_TOLERANCE=1):
        yield


@pytest.fixture
def alice(acme) -> User:
    return factories.person(
        acme, "Alice", "Archer", email=EMAIL, is_administrator=True, password="secret"
    )


def sign_in(client: Client, email: str = EMAIL, password: str = "secret", next: str = "/activity/"):
    return client.post("/sign-in/", {"login": email, "password": password, "next": next})


def is_in(client: Client) -> bool:
    return client.get("/activity/").status_code == 200


def set_up_app(client: Client) -> str:
    """Set up an app on its page, as a person does; return its secret."""
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(APP).content.decode()).group(1)
    response = client.post(APP, {"code": code(secret, -1)})
    assert response.url == "/sign-in/second-factor/codes/"
    return secret


def require(account: Account, required: bool = True) -> None:
    with transaction.atomic(), scope.entered(scope="support"):
        Account.objects.filter(pk=account.pk).update(second_factor_required=required)


def fresh(user: User) -> User:
    with transaction.atomic(), scope.entered(scope="support"):
        return User.objects.get(pk=user.pk)


# --- an app ---


def test_app_is_set_up_and_then_asked_for(client, alice):
    sign_in(client)
    secret = set_up_app(client)
    assert fresh(alice).has_second_factor
    client.post("/sign-in/out/")

    assert sign_in(client).url == ASK
    assert not is_in(client)
    assert client.post(ASK, {"code": "000000"}).status_code == 200
    assert not is_in(client)
    response = client.post(ASK, {"code": code(secret)})
    assert (response.status_code, response.url) == (302, "/activity/")
    assert is_in(client)


def test_apps_key_comes_as_a_picture_that_the_strict_policy_allows(client, alice):
    sign_in(client)
    response = client.get(APP)
    page = response.content.decode()
    assert 'src="data:image/svg+xml;base64,' in page
    assert "img-src 'self' data:" in response["Content-Security-Policy"]
    assert not re.search(r"<style|style=|<script(?![^>]*(src=|type=\"application/json\"))", page)


def test_code_works_once(alice):
    secret, _ = give_app(alice)
    used = code(secret)
    first, second = Client(), Client()
    sign_in(first), sign_in(second)
    assert first.post(ASK, {"code": used}).status_code == 302
    assert second.post(ASK, {"code": used}).status_code == 200
    assert not is_in(second)


def test_recovery_code_works_once(alice):
    _, codes = give_app(alice)
    assert len(set(codes)) == 10
    first, second = Client(), Client()
    sign_in(first), sign_in(second)
    assert first.post(ASK, {"code": f"{codes[3][:5]} {codes[3][5:]}"}).status_code == 302
    assert is_in(first)
    assert second.post(ASK, {"code": codes[3]}).status_code == 200
    assert second.post(ASK, {"code": codes[4]}).status_code == 302


def test_recovery_codes_are_shown_once(client, alice):
    sign_in(client)
    set_up_app(client)
    shown = re.findall(
        r"<code>(\d{5} \d{5})</code>", client.get("/sign-in/second-factor/codes/").content.decode()
    )
    assert len(shown) == 10
    assert not re.search(
        r"\d{5} \d{5}", client.get("/sign-in/second-factor/codes/").content.decode()
    )


def test_nothing_that_codes_are_made_from_can_be_read_in_the_database(alice):
    secret, codes = give_app(alice)
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute("SELECT data::text FROM mfa_authenticator")
        kept = " ".join(data for (data,) in cursor.fetchall())
    assert secret not in kept
    assert not any(code in kept for code in codes)
    with override_settings(SECRET_KEY="another"):
        assert sign_in(Client()).status_code == 302
        with scope.entered(scope="support"):
            app = Authenticator.objects.get(type="totp")
            assert not app.wrap().validate_code(code(secret))


def test_password_reset_does_not_replace_the_second_factor(client, alice, mailoutbox):
    give_app(alice)
    client.post("/sign-in/password/reset/", {"email": EMAIL})
    do_jobs()
    path = re.search(r"http://localhost:\d+(/\S+)", mailoutbox[0].body).group(1)
    form = client.get(path, follow=True).redirect_chain[-1][0]
    client.post(form, {"password1": "a long enough one", "password2": "a long enough one"})
    assert not is_in(client)
    assert sign_in(client, password="a long enough one").url == ASK


# --- who must have one ---


@pytest.mark.parametrize("htmx", [False, True])
def test_administrator_who_needs_a_factor_and_has_none_can_do_nothing_else(
    client, alice, acme, htmx
):
    sign_in(client)
    require(acme)
    headers = {"HX-Request": "true"} if htmx else {}
    before = fresh(alice).first_name
    for page in (*PAGES, f"/users/{alice.pk}/"):
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
    assert "have no second factor yet" in page and "Alice Archer" in page
    assert client.post("/company/", {"second_factor_required": "on"}).url == "/company/"
    with scope.entered(scope="support"):
        kept = Account.objects.get(pk=acme.pk).history.latest("pgh_id")
    assert (kept.second_factor_required, kept.pgh_context["user"]) == (True, alice.pk)
    assert client.get("/company/").url == SECURITY


# --- changing them ---


def test_change_of_factors_ends_other_sessions_and_renews_this_one(client, alice):
    elsewhere = Client()
    sign_in(elsewhere), sign_in(client)
    before = client.cookies["sessionid"].value
    set_up_app(client)
    assert client.cookies["sessionid"].value != before
    assert is_in(client)
    assert not is_in(elsewhere)


@pytest.mark.parametrize("page", ["app/", "app/remove/", "passkeys/add/", "codes/new/"])
def test_factors_are_changed_only_after_proving_who_one_is(client, alice, page):
    give_app(alice)
    if page == "app/":
        with scope.entered(scope="support"):
            Authenticator.objects.filter(type="totp").delete()
    client.force_login(alice)
    prove_ago(client, 6 * 60)
    assert "/again/" in client.get(SECURITY + page).url
    asked = client.post(SECURITY + page)
    assert (asked.status_code, "Is it still you?" in asked.content.decode()) == (422, True)


def test_who_has_a_factor_proves_himself_with_it(client, alice):
    """A password that somebody found out must not be enough to take the second factor away."""
    secret, _ = give_app(alice)
    client.force_login(alice)
    prove_ago(client, 6 * 60)
    again = client.get(f"{SECURITY}app/remove/").url
    assert again.startswith(f"{SECURITY}again/")
    assert client.post("/sign-in/again/", {"password": "secret"}).url == f"{SECURITY}again/"
    client.post(again, {"code": code(secret)})
    assert client.get(f"{SECURITY}app/remove/").status_code == 200


def test_password_proves_who_has_nothing_else(client, alice):
    client.force_login(alice)
    prove_ago(client, 6 * 60)
    again = client.get(APP).url
    assert again.startswith("/sign-in/again/")
    assert client.post(again, {"password": "wrong"}).status_code == 200
    assert client.post(again, {"password": "secret"}).url == APP


def test_change_of_factors_is_told_by_email(
    client, alice, mailoutbox, django_capture_on_commit_callbacks
):
    sign_in(client)
    with django_capture_on_commit_callbacks(execute=True):
        set_up_app(client)
    client.post("/sign-in/second-factor/app/remove/")
    do_jobs()
    assert [mail.to for mail in mailoutbox] == [[EMAIL]] * 2
    assert "An authenticator app was added" in mailoutbox[0].body
    assert "The authenticator app was removed" in mailoutbox[1].body


# --- when they are lost ---


@pytest.fixture
def owen(acme) -> User:
    """Another administrator, who lost his phone."""
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
    assert "Remove all second factors of Owen Cohen" in client.get(url).content.decode()
    assert client.post(url).status_code == 302

    assert not is_in(session)
    assert sign_in(Client(), owen.email).url == "/activity/"
    do_jobs()
    assert (mailoutbox[0].to, "removed by an administrator" in mailoutbox[0].body) == (
        [owen.email],
        True,
    )
    with scope.entered(scope="support"):
        kept = [
            (v.has_second_factor, (v.pgh_context or {}).get("user"))
            for v in owen.history.order_by("-pgh_id")[:2]
        ]
    assert kept == [(False, alice.pk), (True, None)]  # R37


def test_own_factors_are_not_reset_without_proving_who_one_is(client, alice):
    give_app(alice)
    client.force_login(alice)
    response = client.post(f"/users/{alice.pk}/second-factor/")
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


# --- passkeys: tests/browser/test_sign_in.py has a real browser use one ---

GARBAGE = [
    "", "x", "null", "[]", "7", "{}", '{"id": 1}', '{"response": null}',
    '{"response": {"userHandle": "!!"}}', "[" * 5000,
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "AA", "attestationObject": "AA", "authenticatorData": "AA",
        "signature": "AA", "userHandle": "AA",
    }}),
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "clientDataJSON": "e30", "attestationObject": "oA", "authenticatorData": "",
        "signature": "", "userHandle": "MQ",
    }}),
]  # fmt: skip


@pytest.mark.parametrize("sent", GARBAGE, ids=range(len(GARBAGE)))
def test_passkey_that_no_browser_sends_is_refused(client, alice, sent):
    client.get("/sign-in/second-factor/passkeys/sign-in/", headers={"Accept": "application/json"})
    assert (
        client.post("/sign-in/second-factor/passkeys/sign-in/", {"credential": sent}).url
        == "/sign-in/"
    )
    sign_in(client)
    client.get("/sign-in/second-factor/passkeys/add/")
    response = client.post(
        "/sign-in/second-factor/passkeys/add/", {"credential": sent, "name": "Mine"}
    )
    assert response.status_code == 200
    assert not fresh(alice).has_second_factor
    give_app(alice)
    client.post("/sign-in/out/")
    sign_in(client)
    assert client.post(ASK, {"credential": sent}).status_code == 200
    assert not is_in(client)


def test_new_passkey_must_ask_who_holds_it_and_is_for_this_site(client, alice):
    sign_in(client)
    page = client.get("/sign-in/second-factor/passkeys/add/").content.decode()
    options = json.loads(
        re.search(r'id="passkey-options" type="application/json">(.*?)</script>', page).group(1)
    )
    assert options["publicKey"]["rp"] == {"id": "localhost", "name": "phoneadmin"}
    selection = options["publicKey"]["authenticatorSelection"]
    assert (selection["userVerification"], selection["residentKey"]) == ("required", "required")
