"""Every error message links to the topic of Help that says what to do (R10, R40)."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.test import Client
from django.utils.module_loading import import_string

from e911 import refusals as e911_refusals
from e911.addresses import checks
from phoneadmin.help.topics import anchors_by, find_topic
from phones import refusals as phone_refusals
from tests import factories
from tests.confirming import HTMX, confirm_act, read_question
from users import refusals, second_factor, sign_in

LINK = re.compile(r'<a class="why" href="/help/#([a-z0-9-]+)"([^>]*)>(.*?)</a>', re.DOTALL)


@pytest.fixture
def client(alice) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def links(response) -> list[str]:
    """Return the topics to which a page's visible error messages link, in order."""
    page = response.content.decode().partition('<div id="words"')[0]
    return [anchor for anchor, _attributes, _text in LINK.findall(page)]


RULES = [
    path
    for folder in (
        "users",
        "users/models",
        "users/acts",
        "users/tenancy",
        "phones",
        "phones/models",
        "phones/acts",
        "e911",
        "e911/addresses",
    )
    for path in sorted(Path(settings.BASE_DIR, folder).glob("*.py"))
]
# Codes that only support staff and commands see.
ELSEWHERE = {
    "users/admin.py",
    "users/invitations.py",
    "phones/admin.py",
    "phones/importing.py",
    "phones/import_rows.py",
}


def codes_raised() -> dict[str, str]:
    """Return the codes of all refusals and findings in our source, and where each is raised."""
    codes = {}
    for path in RULES:
        name = str(path.relative_to(settings.BASE_DIR))
        if name in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("ValidationError", "AssignmentRefused", "ActRefused") and not isinstance(
                node.args[0], ast.Dict
            ):
                given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                assert given, f"{name}:{node.lineno} raises {called} without a code"
            elif called in ("Finding", "Remark", "make_finding"):
                given = node.args[:1]
            else:
                continue
            codes |= {
                each.value: f"{name}:{node.lineno}"
                for each in given
                if isinstance(each, ast.Constant)
            }
    return codes


def codes_of_sentences() -> set[str]:
    """Return the codes of constraints and findings that are kept in tables."""
    constraints = {*refusals.REFUSALS, *refusals.KEEPS_PHONE, *phone_refusals.LINE_REFUSALS}
    addresses = {*e911_refusals.REFUSALS, *e911_refusals.HINTS}
    reasons = {code for codes in checks.REASONS.values() for code in codes}
    return (
        constraints
        | addresses
        | reasons
        | {*checks.REMARKS, checks.UNAVAILABLE, checks.NOT_FOUND, *checks.UNREAD}
    )


def codes_of_templates() -> set[str]:
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    return {
        code for path in templates for code in re.findall(r'{% why "([^"]*)"', path.read_text())
    }


def codes_of_allauth() -> set[str]:
    """Return the codes of allauth's forms that have our texts, and those of recovery codes."""
    ours = {
        code
        for adapter in (sign_in.Adapter, second_factor.Adapter)
        for code in adapter.error_messages
        if adapter.error_messages[code] != adapter.__base__.error_messages.get(code)
    }
    return ours | {"cannot_generate_recovery_codes"}


def test_every_code_has_a_topic():
    raised = codes_raised()
    assert len(raised) > 20
    without = {
        code
        for code in {*raised, *codes_of_sentences(), *codes_of_templates(), *codes_of_allauth()}
        if find_topic(code) is None
    }
    assert without == set()


def test_no_code_is_listed_that_nothing_raises():
    known = set(anchors_by("codes"))
    assert (
        known
        - {
            *codes_raised(),
            *codes_of_sentences(),
            *codes_of_templates(),
            *codes_of_allauth(),
            "gone",
        }
        == set()
    )


def test_every_field_that_customers_fill_in_has_a_topic():
    classes = [
        import_string(name)
        for name in (*settings.ACCOUNT_FORMS.values(), *settings.MFA_FORMS.values())
    ]
    for app in ("users", "phones", "e911"):
        classes += [
            each for each in vars(import_module(f"{app}.forms")).values()
            if isinstance(each, type) and issubclass(each, forms.Form)
        ]  # fmt: skip
    of_urls = {
        "moves",
        "phones",
        "rows",
        "missing",
        "missing_common",
        "undo",
    }  # sent by the page itself, never typed
    of_support = {"reason_there"}
    fields = {name for form in classes for name in form.base_fields} - of_urls - of_support
    assert {name for name in fields if find_topic(None, name) is None} - {"remember"} == set()


def test_every_block_of_errors_in_templates_leads_to_help():
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        text, name = path.read_text(), str(path.relative_to(settings.BASE_DIR / "templates"))
        if name.startswith("admin/") or name == "style.html":  # which shows parts without meaning
            continue
        blocks = re.findall(
            r'<(div|p|span) class="(?:errors?|{% if waiting[^"]*"errors"[^>]*)"(.*?)</\1>',
            text,
            re.DOTALL,
        )
        said = [block for _tag, block in blocks if block.partition(">")[2].strip()]
        assert all("{% why" in block for block in said), name


def test_error_pages_lead_to_help():
    for status in ("400", "403", "403_csrf", "404", "429", "500", "503"):
        assert '{% why "' in Path(settings.BASE_DIR, "templates", f"{status}.html").read_text()


def test_links_from_forms_open_beside_what_was_typed_and_say_so(client):
    response = confirm_act(client, "/phones/add/", mac="1", model="", kind="user")
    assert links(response) == ["mac", "add-a-phone"]
    (_, attributes, text), *_ = LINK.findall(response.content.decode())
    assert 'target="_blank" rel="noopener"' in attributes
    assert "Help: Where is the MAC address?" in text
    assert "(opens in a new tab)" in text


def test_errors_of_forms_lead_to_what_fits_them(client, acme, alice):
    phone = factories.phone(acme, label="Front")
    uma = factories.person(acme, "Uma", "Ng", ext="200")
    used = factories.phone(acme, uma, label="Used")
    whole = {"first_name": "Uma", "last_name": "Ng", "email": uma.email, "ext": "200"}
    whole["plan"] = "pro"
    asked = [
        (f"/phones/{phone.pk}/label/", {"label": "used"}, "labels"),
        ("/phones/add/", {"mac": used.mac, "model": phone.model_id, "kind": "user"}, "mac-in-use"),
        (f"/users/{uma.pk}/edit/", whole | {"first_name": ""}, "downgrade"),
        (f"/users/{uma.pk}/edit/", whole | {"ext": "911"}, "edit-people"),
        (f"/users/{uma.pk}/edit/", whole | {"email": "x"}, "email-addresses"),
    ]
    for url, data, anchor in asked:
        response = confirm_act(client, url, HTMX, **data)
        assert (response.status_code, links(response)) == (422, [anchor]), url
    seen = {"seen": "0" * 32}
    for url, data, anchor in (
        (f"/phones/{phone.pk}/label/", {"label": "Back"}, "changed-meanwhile"),
        (f"/phones/{phone.pk}/remove/", {}, "changed-meanwhile"),
    ):
        response = confirm_act(client, url, HTMX, **data, **seen)
        assert (response.status_code, links(response)) == (409, [anchor]), url


def test_refusals_lead_to_what_fits_them(client, acme, alice):
    phone, basic = (
        factories.phone(acme, label="Front"),
        factories.person(acme, "Bas", "Ic", plan="basic", ext=None),
    )
    uma = factories.person(acme, "Uma", "Ng", ext="200")
    used = factories.phone(acme, uma, label="Used")
    gone = factories.phone(acme, label="Gone", retired_at="2026-01-01T00:00Z")
    bare = factories.person(acme, "Bo", "Bare", ext=None, plan="basic", email=None)
    Authenticator.objects.create(user=alice, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assigned = f"/phones/{phone.pk}/assigned/"
    refused = [
        (f"/phones/{gone.pk}/replace/", "changed-meanwhile"),
        (f"/phones/restart/?phones={used.pk}", "not-restarted"),
        (f"{assigned}?to={basic.pk}", "cannot-assign"),
        (f"/users/{alice.pk}/remove-administrator/", "leaving"),
        (f"/users/{alice.pk}/deactivate/", "leaving"),
        (f"/users/{alice.pk}/delete/", "leaving"),
        (f"/users/{uma.pk}/deactivate/", "leaving"),
        (f"/users/{uma.pk}/invitation/", "invitations"),
        (f"/users/{bare.pk}/make-administrator/", "email-addresses"),
        (f"/users/{alice.pk}/second-factor/", "second-factor"),
    ]
    for url, anchor in refused:
        response = client.get(url, headers=HTMX)
        assert (response.status_code, links(response)) == (422, [anchor]), url
    response = client.post(assigned, {"to": uma.pk, "seen": "x"}, headers=HTMX)
    assert (response.status_code, links(response)) == (409, ["changed-meanwhile"])


def test_form_sent_before_with_other_answers_leads_to_what_that_means(client, acme, alice):
    phone = factories.phone(acme, label="Front")
    device = {"mac": "805ec0aa0001", "model": phone.model_id, "kind": "user"}
    for url, data, other in (
        (f"/phones/{phone.pk}/label/", {"label": "Back"}, {"label": "Door"}),
        ("/phones/add/", device, {"mac": "805ec0aa0002"}),
        ("/users/add/", {"first_name": "Uma", "plan": "basic"}, {"first_name": "Una"}),
    ):
        asked = read_question(client, url, headers=HTMX)
        assert client.post(url, asked | data, headers=HTMX).status_code in (200, 204, 302), url
        response = client.post(url, asked | data | other, headers=HTMX)
        assert response.status_code in (409, 422), url
        assert "changed-meanwhile" in links(response), url


def test_errors_of_addresses_lead_to_each_topic_once_and_to_support(client, acme, alice):
    phone = factories.phone(acme, alice)
    data = {"country": "US", "street": "PO Box 12", "city": "", "state": "", "postal_code": "1"}
    response = client.post(f"/phones/{phone.pk}/address/", data, headers={"HX-Request": "true"})
    assert response.status_code == 422
    assert sorted(links(response)) == ["address-parts", "mail-addresses", "support", "zip-codes"]


def test_errors_of_signing_in_lead_to_what_can_be_read_signed_out(db):
    client = Client()
    response = client.post("/sign-in/", {"login": "nobody@example.com", "password": "wrong"})
    assert "sign-in" in links(response)
    assert client.get("/help/").status_code == 200
    twice_wrong = client.post("/sign-in/", {"login": "", "password": ""})
    assert links(twice_wrong).count("sign-in") == 1  # the topic of both fields


def test_what_is_said_without_an_answer_has_its_links_at_hand(client):
    page = client.get("/help/").content.decode()
    words = page.partition('<div id="words"')[2]
    said = set(re.findall(r"data-([a-z-]+)=\"", words.partition(">")[0])) - {
        "cut-off",
        "still",
    }  # these are not errors
    helped = {key for keys in re.findall(r'data-help="([^"]+)">', words) for key in keys.split()}
    assert helped == said


def test_links_are_there_in_every_page_of_an_error(client):
    assert links(client.get("/nothing/")) == ["not-found"]
    assert links(client.get("/users/?sort=nothing")) == ["not-found"]
    assert links(Client(enforce_csrf_checks=True).post("/sign-in/", {})) == ["not-allowed"]
