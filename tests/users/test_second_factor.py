"""Second factors: app codes, recovery codes and passkeys (OWASP ASVS 5, V6)."""

from __future__ import annotations

import json
import re

import pytest
from allauth.mfa.models import Authenticator
from django.db import connection
from django.test import Client, override_settings

from tests.authenticator import code, do_jobs, give_app
from tests.users.second_factors import APP, ASK, SECURITY, fresh, set_up_app, sign_in
from tests.users.signing_in import EMAIL, is_in
from tests.web import prove_ago
from users.tenancy import scope

pytestmark = pytest.mark.usefixtures("tolerant_of_time")


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
    assert (asked.status_code, "Is this still you?" in asked.content.decode()) == (422, True)


def test_who_has_a_factor_proves_himself_with_it(client, alice):
    """A stolen password must not be enough to remove the second factor."""
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
