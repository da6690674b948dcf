"""Every text that people see is translated, in the catalogue, in templates and on every page."""

from __future__ import annotations

import ast
import os
import re
import shutil
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils.choices import flatten_choices as flatten
from django.utils.functional import Promise

from e911.forms import AddressForm
from phones.models import PhoneModel
from tests import companies, factories, pseudo, site
from tests.untranslated import AtImport, Bare, leaks, match_data
from tests.web import prove_ago
from users import links, news, people, tasks
from users.models import SipAccount
from users.request_keys import FIELD, make_key
from users.support import site as support
from users.tenancy import scope

APPS = ("phoneadmin", "users", "phones", "e911")

# The page that shows the parts of the design exists only in development.
TEMPLATES = sorted(
    path for path in (settings.BASE_DIR / "templates").rglob("*.*") if path.name != "style.html"
)

CATALOGUE = settings.BASE_DIR / "locale" / "es" / "LC_MESSAGES" / "django.po"

PO = polib.pofile(str(CATALOGUE))


# --- the catalogue --------------------------------------------------------------------------------


def texts(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Return each text of an entry with its translation."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    forms = entry.msgstr_plural
    return [(entry.msgid if n == 0 else entry.msgid_plural, forms[n]) for n in sorted(forms)]


TEXTS = [pair for entry in PO for pair in texts(entry)]

KEPT = re.compile(r"%\(\w+\)[#0-9.\-]*[sdf]|%[sd]|\{\w*\}|</?\w[^>]*>|--[a-z-]+|[A-Z]+_[A-Z_]+")


def test_django_admin_has_a_word_in_every_language_for_all_that_it_shows():
    spoken = []
    for model, shown in support.site._registry.items():
        names = {*shown.list_display, *(shown.get_fields(None) or ())}
        fields = [field for field in model._meta.fields if field.name in names]
        spoken += [
            (model._meta.label, part)
            for part in (model._meta.verbose_name, model._meta.verbose_name_plural)
        ]
        spoken += [(f"{model._meta.label}.{field.name}", field.verbose_name) for field in fields]
    assert [where for where, words in spoken if not isinstance(words, Promise)] == []


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """Copy code and templates, so that their texts can be collected again."""
    for name in (*APPS, "templates"):
        shutil.copytree(
            settings.BASE_DIR / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    (tmp_path / "locale").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_catalogue_has_every_text_of_code_and_templates_and_no_other(copy):
    if not shutil.which("xgettext"):
        reason = "GNU gettext is not installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with override_settings(LOCALE_PATHS=[copy / "locale"]):
        call_command("makemessages", locale=["es"], no_wrap=True, no_location=True, verbosity=0)
    found = polib.pofile(str(copy / "locale/es/LC_MESSAGES/django.po"))
    assert {key(entry) for entry in found} ^ {key(entry) for entry in PO} == set(), (
        "run: make messages"
    )


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural


def test_every_text_has_its_translation_and_none_is_in_doubt():
    assert [
        entry.msgid for entry in PO if not all(translated for _text, translated in texts(entry))
    ] == []
    assert (
        [entry.msgid for entry in PO if entry.fuzzy]
        == []
        == [entry.msgid for entry in PO.obsolete_entries()]
    )


def test_compiled_catalogue_is_that_of_the_texts():
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {key(entry): texts(entry) for entry in compiled} == {
        key(entry): texts(entry) for entry in PO
    }


def test_translations_keep_what_is_filled_in_and_the_shape_of_the_text():
    for text, translated in TEXTS:
        assert sorted(KEPT.findall(translated)) == sorted(KEPT.findall(text))
        assert space(translated) == space(text), text
        if " " in text:
            assert (translated[-1:] in ".:?…") == (text[-1:] in ".:?…"), text


def space(text: str) -> tuple[bool, bool, int]:
    """Return whether a text begins and ends with space, and how many lines it has."""
    return text[:1].isspace(), text[-1:].isspace(), text.count("\n")


def test_translations_are_in_our_tone():
    """They address people as “usted”, don't shout and don't beg."""
    words = "tu|tus|ti|contigo|puedes|tienes|por favor|éxito|exitosamente|(?<!tecla )OK"
    for text, translated in TEXTS:
        assert not re.search(rf"[!¡'«]|\b(?:{words})\b", translated, re.I), translated
        assert len(re.findall(r"\w[.”>]*\?", translated)) == translated.count("¿"), text


@pytest.mark.parametrize(
    "path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates"))
)
def test_template_holds_no_text_outside_of_translation(path):
    source = path.read_text()
    assert Bare(source).found == []
    assert re.findall(r'\|(?:default|default_if_none|add|yesno):"[^"]*[^\W\d_][^"]*"', source) == []


def test_scripts_hold_no_text_for_people():
    """Scripts read their texts from attributes that templates write."""
    for path in (settings.BASE_DIR / "static").rglob("*.js"):
        code = re.sub(r"(?m)^\s*(//|\*|/\*).*$|\s//\s.*$", "", path.read_text())
        said = [
            found[2]
            for found in re.finditer(r"(?<![\w\\])([\"'`])((?:(?!\1)[^\\\n]|\\.)*)\1", code)
        ]
        assert (
            said
            and [text for text in said if re.search(r"[A-Z][a-z]+ [a-z]+ [a-z]|[a-z]\.$", text)]
            == []
        ), path


def test_no_text_is_translated_before_it_is_known_for_whom():
    """A module lives as long as its process, which serves readers of both languages."""
    modules = [path for app in APPS for path in (settings.BASE_DIR / app).rglob("*.py")]
    early = {path.name: AtImport(ast.parse(path.read_text())).lines for path in modules}
    assert {name: lines for name, lines in early.items() if lines} == {}


# --- every page, in a language in which nothing is left out ---------------------------------------

# Answers that nobody reads: the download, which can be imported again, and Django's catalog for its
# own scripts.
NOT_READ = {"/phones/user-phones.csv", "/admin/jsi18n/"}

AS = {"/sign-in/": ("nobody", "administrator"), "/admin/": ("support",), "/": ("administrator",)}

# What people typed into these companies, besides their names.
TYPED = (
    "Alice Uma Wyn Bas Ina Ned Blo Sam Support New Person Holdings Road Gold St PO Box Floor York"
    " desk spare lobby former key browser"
)


@pytest.fixture
def world(two_companies) -> site.World:
    return two_companies


def data(world: site.World) -> re.Pattern[str]:
    """Match the data of the companies, whether people typed it or it was generated."""
    with transaction.atomic(), scope.entered(scope="support"):
        known = set(PhoneModel.objects.values_list("name", flat=True))
        # Kinds of unit are part of an address, too, in the words of the post office.
        known |= {
            name
            for field in ("state", "unit_type")
            for _code, name in flatten(AddressForm(None).fields[field].choices)
        }
        known |= set(SipAccount.objects.filter(kind="person").values_list("username", flat=True))
    names = {
        f"{company.word}{end}" for company in (world.ours, world.theirs) for end in ("", "son")
    }
    return match_data({*known, *names, TYPED})


# Not reached by the valid forms: refusals, other states of a page, and answers to htmx.
MORE = (
    "/phones/?q=nothing", "/phones/?show=missing", "/phones/?sort=-person",
    "/phones/<key>/assigned/?to={basic}", "/phones/<key>/assigned/?to={free}",
    "/phones/<key>/assigned/?to=nobody", "/phones/moves/?moves={spare}-{free},{phone}-",
    "/phones/restart/?phones={phone},{spare}", "/users/?q=nothing", "/users/{invited}/invitation/",
    "/users/{inactive}/activate/", "/users/{inactive}/deactivate/", "/users/{owner}/edit/",
    "/users/{owner}/delete/", "/users/{owner}/second-factor/", "/users/{free}/invitation/",
    "/users/{basic}/make-administrator/", "/users/{uma}/deactivate/", "/users/{uma}/plan/",
    "/phones/{former}/correct/", "/phones/{former}/remove/", "/phones/{former}/label/",
    "/activity/?q=nothing", "/activity/?phone={phone}", "/activity/?person={free}&q=desk",
    "/nothing/", "/phones/?sort=nothing",
)  # fmt: skip

BAD_FORMS = {
    "/phones/add/": {"mac": "0", "model": "x", "label": "\u202e", "kind": "x"},
    "/phones/<key>/address/": {
        "country": "CA",
        "street": "PO Box 9",
        "unit": "Ste",
        "city": "?",
        "postal_code": "1",
    },
    "/users/add/": {"email": "x", "ext": "911x", "caller_id": "1", "plan": "x"},
    "/users/<key>/edit/": {"first_name": "x" * 99},
    "/company/": {},
    "/sign-in/password/change/": {"oldpassword": "x", "password1": "short", "password2": "other"},
}


@pytest.mark.ci
@pytest.mark.parametrize("part", AS)
def test_no_page_says_anything_that_is_not_translated(world, part, registrar_answers):
    forms, known = site.forms(world), data(world)
    found = {}
    for url in site.urls():
        if url in NOT_READ or next(prefix for prefix in AS if url.startswith(prefix)) != part:
            continue
        form = forms.get(url, {})
        unasked = {name: form[name] for name in ("seen", "key") if name in form}
        for role in AS[part]:
            for method, sent in (
                ("GET", None),
                ("POST", {}),
                ("POST", unasked | BAD_FORMS.get(url, {})),
                ("POST", form),
            ):
                with transaction.atomic(), pseudo.spoken():
                    client = world.client(role)
                    ask = client.get if method == "GET" else client.post
                    answer = ask(site.action(url, world), sent, follow=method == "POST")
                    if answer.headers.get("Content-Type", "").startswith("text/html"):
                        for leak in leaks(answer, known):
                            found.setdefault(leak, f"{method} {url} as {role}")
                    transaction.set_rollback(True)
    said = "\n".join(f"{where}: {leak}" for leak, where in found.items())
    assert not found, said


def test_no_other_state_of_a_page_says_anything_that_is_not_translated(world):
    known, client, ours = data(world), world.client("administrator"), world.ours
    keys = {
        "basic": ours.numbered(4), "free": ours.wyn.pk, "spare": ours.spare.pk,
        "phone": ours.phone.pk, "inactive": ours.numbered(companies.INACTIVE),
        "invited": ours.numbered(companies.INVITED), "owner": ours.administrator.pk,
        "uma": ours.uma.pk, "former": ours.numbered(13),
    }  # fmt: skip
    for url in MORE:
        url = url.replace("<key>", "{phone}").format(**keys)
        for headers in ({}, {"HX-Request": "true"}):
            with pseudo.spoken():
                answer = client.get(url, headers=headers)
                assert leaks(answer, known) == [], url
                assert (answer.status_code == 404) == (url == "/nothing/"), url


@pytest.mark.parametrize("what", tasks.NEWS)
def test_no_mail_says_anything_that_is_not_translated(acme, alice, what):
    with pseudo.spoken():
        tasks.send_news(acme.pk, alice.pk, what)
        tasks.send_password_link(acme.pk, alice.pk)
        links.send_invitation(alice, by=alice)
        links.send_invitation(alice)
    for message in mail.outbox:
        for text in (message.subject, message.body):
            said = re.sub(r"http://\S+|\S+@\S+|Acme|UTC", "", " ".join(pseudo.Page(text).leaks))
            assert re.findall(r"[^\W\d_]{2,}", said) == []


@pytest.mark.parametrize("what", news.MAILS)
def test_no_mail_about_a_change_says_anything_that_is_not_translated(acme, alice, what):
    bob = factories.person(acme, "Bob", "Bell", is_administrator=True, password="secret")
    people.edit(bob, email="bob.new@example.com")
    version = bob.history.latest("pgh_id").pgh_id
    own = what.startswith("email_")
    for reader in (bob,) if own else (alice, bob) if what == "role" else (alice,):
        with pseudo.spoken():
            message = news.compose_mail(
                acme.pk, version=version, what=what, reader=reader.pk, spoken=""
            )
        for text in (message.subject, message.body):
            said = " ".join(pseudo.Page(text).leaks)
            said = re.sub(r"http://\S+|\S+@\S+|Acme|Bob Bell", "", said)
            assert re.findall(r"[^\W\d_]{2,}", said) == []


def test_questions_about_sign_in_say_nothing_that_is_not_translated(world):
    """A new session doesn't reach these questions, nor a link that can still block."""
    known, ours, client = data(world), world.ours, world.client("administrator")
    prove_ago(client, None)
    with pseudo.spoken():
        for url, form in (
            ("/users/add/", site.PERSON | {"plan": "pro", "is_administrator": "on"}),
            ("/company/", {"second_factor_required": "on"}),
        ):
            for more in ({}, {"proof-about": "email", "proof-code": "1"}):
                answer = client.post(url, form | more | {FIELD: make_key()})
                assert (answer.status_code, leaks(answer, known)) == (422, [])
    with scope.entered(account_id=ours.account.pk):
        people.edit(ours.wyn, email="wyn.new@example.com")
        link = links.make_block_link(ours.account.pk, ours.wyn.history.latest("pgh_id").pgh_id)
    with pseudo.spoken():
        answer = world.client("nobody").get(link[link.index("/sign-in/") :])
        assert (answer.status_code, leaks(answer, known)) == (200, [])


def test_a_text_outside_of_the_marks_is_found():
    page = pseudo.Page(
        '<p>⟦one <b>two</b>⟧ three</p><a title="four">⟦five⟧</a><button lang="es">seis</button>'
    )
    assert page.leaks == ["three", "four"]
