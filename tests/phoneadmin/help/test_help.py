"""Help (R10, R40): what it says, how it is searched, what leads there, and how support is reached."""

from __future__ import annotations

import ast
import re
from datetime import datetime
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import translation
from django.utils.module_loading import import_string

from e911.addresses import checks
from phoneadmin.help import views as help
from phoneadmin.help.contact import Hours, Support, support
from phoneadmin.help.topics import SECTIONS, TOPICS
from phones import lifecycle
from tests import factories
from users import refusals, second_factor, sign_in

LINK = re.compile(r'<a class="why" href="/help/#([a-z0-9-]+)"([^>]*)>(.*?)</a>', re.DOTALL)


@pytest.fixture
def client(alice) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def links(response) -> list[str]:
    """The topics that a page's visible error messages lead to, in their order."""
    page = response.content.decode().partition('<div id="words"')[0]
    return [anchor for anchor, _attributes, _text in LINK.findall(page)]


def found(q: str) -> list[str]:
    return [topic.anchor for topic in help.search(help.folded(q)[0].split())]


# --- what it says -----------------------------------------------------------------------------------------------------


def test_help_answers_what_r10_and_r40_ask_for():
    for anchor in (
        "mac",
        "not-listed",
        "cannot-assign",
        "apps-and-911",
        "e911",
        "support",
        "limits",
    ):
        assert TOPICS[anchor].paragraphs


def test_anchors_are_unique_on_the_page(client):
    page = client.get("/help/").content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert set(TOPICS) | {section.anchor for section in SECTIONS} <= set(ids)


def test_texts_say_neither_please_nor_successfully_nor_shout():
    words = " ".join(
        str(t) for topic in TOPICS.values() for t in (topic.title, *topic.paragraphs, *topic.points)
    )
    assert not re.search(
        r"\bplease\b|successful|!|\bOK\b|\bhe\b|\bhis\b|\bhim\b", words, re.IGNORECASE
    )


@pytest.mark.parametrize("signed_in", [True, False])
def test_anybody_may_read_help_and_only_who_is_signed_in_sees_the_account(client, signed_in):
    response = (client if signed_in else Client()).get("/help/")
    page = response.content.decode()
    assert response.status_code == 200
    assert ("Acme" in page, 'href="/phones/"' in page, 'href="/sign-in/"' in page) == (
        signed_in,
        signed_in,
        not signed_in,
    )


def test_who_has_to_set_up_a_second_factor_may_read_help_meanwhile(client, acme):
    acme.second_factor_required = True
    acme.save()
    assert client.get("/activity/").status_code == 302
    response = client.get("/help/")
    assert response.status_code == 200
    assert 'href="/phones/"' not in response.content.decode()


# --- search -----------------------------------------------------------------------------------------------------------


def test_a_search_finds_topics_in_which_all_words_occur_first_those_with_them_in_the_title():
    assert found("MAC ADDRESS")[:2] == ["mac", "mac-in-use"]
    assert "columns" in found("mac address")
    assert found("sticker") == ["mac"]
    assert found("sticker downgrade") == []


def test_a_search_ignores_accents_and_case_and_finds_other_words_for_a_thing():
    assert found("réstârt") == found("RESTART") != []
    assert "restart" in found("reboot")
    assert "support" in found("espanol")


def test_the_words_searched_for_are_marked_where_they_stand():
    assert (
        help.marked("A Größe & Café", ["grosse", "cafe"])
        == "A <mark>Größe</mark> &amp; <mark>Café</mark>"
    )
    assert help.marked("<b>", ["b"]) == "&lt;<mark>b</mark>&gt;"
    assert help.marked("aaa", ["aa"]) == "<mark>aaa</mark>"
    assert help.marked("", ["a"]) == ""


def test_the_page_works_without_scripts_and_answers_htmx_with_the_topics_alone(client):
    page = client.get("/help/", {"q": "sticker"}).content.decode()
    assert "<mark>sticker</mark>" in page
    assert 'id="mac"' in page and 'id="labels"' not in page and "1 topic fits “sticker”." in page
    headers = {"HX-Request": "true", "HX-Target": "topics"}
    part = client.get("/help/", {"q": "sticker"}, headers=headers).content.decode()
    assert "<mark>sticker</mark>" in part
    assert "<form" not in part


def test_a_search_that_finds_nothing_says_what_else_to_do(client):
    page = client.get("/help/", {"q": "<zebra>"}).content.decode()
    assert "Nothing in Help fits “&lt;zebra&gt;”." in page
    assert 'href="/help/#support"' in page and 'href="/help/"' in page


def test_a_search_that_is_too_long_is_refused(client):
    assert client.get("/help/", {"q": "x" * 201}).status_code == 400


# --- every error message leads to its topic -----------------------------------------------------------------------------

RULES = [
    path
    for folder in ("users", "users/tenancy", "phones", "e911", "e911/addresses")
    for path in sorted(Path(settings.BASE_DIR, folder).glob("*.py"))
]
# What only support staff and commands are told.
ELSEWHERE = {"users/admin.py", "users/invitations.py", "phones/admin.py", "phones/importing.py"}


def codes_raised() -> dict[str, str]:
    """The code of every ValidationError and Refused of our rules and of every finding, and where it is."""
    codes = {}
    for path in RULES:
        name = str(path.relative_to(settings.BASE_DIR))
        if name in ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called in ("ValidationError", "AssignmentRefused") and not isinstance(node.args[0], ast.Dict):
                given = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
                assert given, f"{name}:{node.lineno} raises {called} without a code"
            elif called in ("Finding", "Remark"):
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
    """The codes that are not written where something is raised: of constraints and of findings by table."""
    constraints = {*refusals.REFUSALS, *refusals.KEEPS_PHONE, *lifecycle.SENTENCES}
    reasons = {code for codes in checks.REASONS.values() for code in codes}
    return (
        constraints
        | reasons
        | {*checks.REMARKS, checks.UNAVAILABLE, checks.NOT_FOUND, *checks.UNREAD}
    )


def codes_of_templates() -> set[str]:
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    return {
        code for path in templates for code in re.findall(r'{% why "([^"]*)"', path.read_text())
    }


def codes_of_allauth() -> set[str]:
    """The codes of what its forms refuse where we wrote the words for it, and of recovery codes."""
    ours = {
        code
        for adapter in (sign_in.Adapter, second_factor.Adapter)
        for code in adapter.error_messages
        if adapter.error_messages[code] != adapter.__base__.error_messages.get(code)
    }
    return ours | {"cannot_generate_recovery_codes"}


def test_every_code_has_a_topic_and_every_topic_of_codes_exists():
    raised = codes_raised()
    assert len(raised) > 20
    without = {
        code
        for code in {*raised, *codes_of_sentences(), *codes_of_templates(), *codes_of_allauth()}
        if help.topic(code) is None
    }
    assert without == set()
    assert {*help.CODES, *help.FIELDS} <= set(TOPICS)


def test_no_code_is_listed_that_nothing_raises():
    known = {code for codes in help.CODES.values() for code in codes}
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
    classes += [
        import_string("allauth.account.forms.LoginForm"),
        import_string("allauth.account.forms.ResetPasswordKeyForm"),
    ]
    for app in ("users", "phones", "e911"):
        classes += [
            each for each in vars(import_module(f"{app}.forms")).values()
            if isinstance(each, type) and issubclass(each, forms.Form)
        ]  # fmt: skip
    of_urls = {"moves", "phones", "rows", "missing"}  # asked for by the page itself, never typed
    fields = {name for form in classes for name in form.base_fields} - of_urls
    assert {name for name in fields if help.topic(None, name) is None} - {"remember"} == set()


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
        assert all("{% why" in block for _tag, block in blocks), name


def test_error_pages_lead_to_help():
    for status in ("400", "403", "403_csrf", "404", "429", "500", "503"):
        assert '{% why "' in Path(settings.BASE_DIR, "templates", f"{status}.html").read_text()


def test_links_from_forms_open_beside_what_was_typed_and_say_so(client):
    response = client.post("/phones/add/", {"mac": "1", "model": "", "kind": "user"})
    assert links(response) == ["mac", "add-a-phone"]
    (_, attributes, text), *_ = LINK.findall(response.content.decode())
    assert 'target="_blank" rel="noopener"' in attributes
    assert "Help: Where is the MAC address?" in text
    assert "(opens in a new tab)" in text


def test_errors_of_forms_lead_to_what_fits_them(client, acme, alice):
    phone, basic = (
        factories.phone(acme, label="Front"),
        factories.person(acme, "Bas", "Ic", plan="basic", ext=None),
    )
    uma = factories.person(acme, "Uma", "Ng", ext="200")
    used, htmx = factories.phone(acme, uma, label="Used"), {"HX-Request": "true"}
    model = phone.model_id
    asked = [
        (f"/phones/{phone.pk}/label/", {"label": "used"}, ["labels"]),
        ("/phones/add/", {"mac": used.mac, "model": model, "kind": "user"}, ["mac-in-use"]),
        (f"/phones/{phone.pk}/assigned/", {"to": basic.pk, "seen": "x"}, ["cannot-assign"]),
        (f"/phones/{phone.pk}/assigned/", {"to": uma.pk, "seen": "x"}, ["changed-meanwhile"]),
        (f"/users/{uma.pk}/", {"first_name": "", "last_name": "Ng", "email": uma.email, "ext": "200"}, ["downgrade"]),
        (f"/users/{uma.pk}/", {"first_name": "U", "last_name": "N", "email": uma.email, "ext": "911"}, ["edit-people"]),
        (f"/users/{uma.pk}/", {"first_name": "U", "last_name": "N", "email": "x", "ext": "200"}, ["email-addresses"]),
        (f"/users/{alice.pk}/", {"first_name": "A", "last_name": "B", "email": "a@b.example"}, ["leaving"]),
        (f"/users/{alice.pk}/activation/", {}, ["leaving"]),
        (f"/users/{uma.pk}/invitation/", {}, ["invitations"]),
        (f"/users/{alice.pk}/second-factor/", {}, ["second-factor"]),
    ]  # fmt: skip
    assert [links(client.post(url, data, headers=htmx)) for url, data, _anchors in asked] == [
        a for *_, a in asked
    ]


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
    assert links(client.post("/sign-in/", {"login": "", "password": ""}))[:2] == [
        "sign-in",
        "sign-in",
    ]


def test_what_is_said_without_an_answer_has_its_links_at_hand(client):
    page = client.get("/help/").content.decode()
    words = page.partition('<div id="words"')[2]
    said = set(re.findall(r"data-([a-z-]+)=\"", words.partition(">")[0])) - {
        "cut-off",
        "still",
    }  # which are no errors
    helped = {key for keys in re.findall(r'data-help="([^"]+)">', words) for key in keys.split()}
    assert helped == said


def test_links_are_there_in_every_page_of_an_error(client):
    assert links(client.get("/nothing/")) == ["not-found"]
    assert links(client.get("/users/?sort=nothing")) == ["not-found"]
    assert links(Client(enforce_csrf_checks=True).post("/sign-in/", {})) == ["not-allowed"]


# --- chat with support ------------------------------------------------------------------------------------------------

SAID = {
    "PHONEADMIN_SUPPORT_CHAT": "https://chat.example.com/",
    "PHONEADMIN_SUPPORT_PHONE": "+1 (800) 998-7087",
    "PHONEADMIN_SUPPORT_HOURS": "mon-fri 08:00-18:00 America/Los_Angeles",
    "PHONEADMIN_SUPPORT_LANGUAGES": "en es",
}
PACIFIC = ZoneInfo("America/Los_Angeles")


def test_help_tells_how_support_is_reached(db):
    with override_settings(SUPPORT=support(SAID)):
        page = Client().get("/help/").content.decode()
    assert 'href="https://chat.example.com/"' in page
    assert '<a href="tel:+18009987087">+1 (800) 998-7087</a>' in page
    assert "Monday to Friday, 8 a.m. to 6 p.m. (Pacific time): <strong>" in page
    assert "In English and Spanish (español)" in page


def test_without_any_support_help_shows_no_dead_link(db):
    with override_settings(SUPPORT=Support()):
        page = Client().get("/help/").content.decode()
    assert "Ask your phone company how to reach its support" in page
    assert 'class="help-support"' not in page


@pytest.mark.parametrize(
    ("when", "open_then"),
    [
        (datetime(2026, 11, 23, 8, 0, tzinfo=PACIFIC), True),  # a Monday
        (datetime(2026, 11, 23, 7, 59, tzinfo=PACIFIC), False),
        (datetime(2026, 11, 23, 17, 59, tzinfo=PACIFIC), True),
        (datetime(2026, 11, 23, 18, 0, tzinfo=PACIFIC), False),
        (datetime(2026, 11, 22, 12, 0, tzinfo=PACIFIC), False),  # a Sunday
        (datetime(2026, 11, 24, 1, 30, tzinfo=ZoneInfo("UTC")), True),  # still Monday on the coast
    ],
)
def test_support_is_open_in_its_own_time_zone(when, open_then):
    assert Hours.of(SAID["PHONEADMIN_SUPPORT_HOURS"]).open_at(when) is open_then


def test_hours_are_told_in_the_readers_words():
    said = Hours.of("mon-fri 08:00-18:30, sat 09:00-12:00, sun 0:00-24:00 Europe/Madrid")
    assert str(said) == (
        "Monday to Friday, 8 a.m. to 6:30 p.m.; Saturday, 9 a.m. to noon; Sunday, all day (time in Madrid)"
    )
    with translation.override("es"):
        assert "lunes" in str(said) and "6:30 p.m." in str(said)
        assert support(SAID).spoken.startswith("Inglés (English)")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAT", "chat.example.com"),
        ("CHAT", "javascript:alert(1)"),
        ("PHONE", "call us"),
        ("HOURS", "always"),
        ("HOURS", "mon-fri 08:00-18:00"),
        ("HOURS", "mon-fri 18:00-08:00 America/Denver"),
        ("HOURS", "mon-fri 08:00-25:00 America/Denver"),
        ("HOURS", "fri-mon 08:00-18:00 America/Denver"),
        ("HOURS", "mon-fri 08:00-18:00 America/Nowhere"),
        ("HOURS", "mon-fri 08:00-18:00 ../etc/passwd"),
        ("HOURS", "mon-fri 08:00-18:00 America"),
        ("LANGUAGES", "en spanish"),
    ],
)
def test_a_setting_that_is_not_understood_is_refused_with_the_way_out(name, value):
    with pytest.raises(ImproperlyConfigured, match=f"PHONEADMIN_SUPPORT_{name} (must|is a list)"):
        support({f"PHONEADMIN_SUPPORT_{name}": value})


def test_help_is_where_it_was(db):
    assert reverse("help") == "/help/"
