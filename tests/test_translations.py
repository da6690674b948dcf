"""Every text for people is translated, completely, and what is localised with it is right on real pages."""

from __future__ import annotations

import os
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.test import override_settings
from django.utils.choices import flatten_choices as flatten

from e911.forms import AddressForm
from phones.models import PhoneModel
from tests import pseudo, site
from tests.test_access import ROWS
from users import scope
from users.models import SipCredentials

APPS = ("phoneadmin", "users", "phones", "e911")
TEMPLATES = sorted((settings.BASE_DIR / "templates").rglob("*.*"))
CATALOGUE = settings.BASE_DIR / "locale" / "es" / "LC_MESSAGES" / "django.po"
PO = polib.pofile(str(CATALOGUE))


# --- the catalogue ----------------------------------------------------------------------------------------------------


def texts(entry: polib.POEntry) -> list[tuple[str, str]]:
    """Each text of an entry with its translation."""
    if not entry.msgid_plural:
        return [(entry.msgid, entry.msgstr)]
    forms = entry.msgstr_plural
    return [(entry.msgid if n == 0 else entry.msgid_plural, forms[n]) for n in sorted(forms)]


ENTRIES = [pytest.param(text, translated, id=text[:40]) for entry in PO for text, translated in texts(entry)]
KEPT = re.compile(r"%\(\w+\)[#0-9.\-]*[sdf]|%[sd]|\{\w*\}|</?\w[^>]*>|--[a-z-]+|[A-Z]+_[A-Z_]+")


@pytest.fixture
def copy(tmp_path, monkeypatch) -> Path:
    """A copy of code and templates, in which to collect texts anew."""
    for name in (*APPS, "templates"):
        shutil.copytree(settings.BASE_DIR / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
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
    assert {key(entry) for entry in found} ^ {key(entry) for entry in PO} == set(), "run: make messages"


def key(entry: polib.POEntry) -> tuple[str, str, str]:
    return entry.msgctxt or "", entry.msgid, entry.msgid_plural


def test_every_text_has_its_translation_and_none_is_in_doubt():
    assert [entry.msgid for entry in PO if not all(translated for _text, translated in texts(entry))] == []
    assert [entry.msgid for entry in PO if entry.fuzzy] == [] == [entry.msgid for entry in PO.obsolete_entries()]


def test_compiled_catalogue_is_that_of_the_texts():
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    assert {key(entry): texts(entry) for entry in compiled} == {key(entry): texts(entry) for entry in PO}


@pytest.mark.parametrize(("text", "translated"), ENTRIES)
def test_translation_keeps_what_is_filled_in_and_the_shape_of_the_text(text, translated):
    assert sorted(KEPT.findall(translated)) == sorted(KEPT.findall(text))
    assert [part for part in (translated[:1], translated[-1:]) if part.isspace()] == [
        part for part in (text[:1], text[-1:]) if part.isspace()
    ]
    assert " " not in text or (translated[-1:] in ".:?…") == (text[-1:] in ".:?…")
    assert text.count("\n") == translated.count("\n")


@pytest.mark.parametrize(("text", "translated"), ENTRIES)
def test_translation_is_in_our_tone(text, translated):
    for rude in ("!", "¡", "por favor", "exitosa", "éxito", " OK", "'", "«"):
        assert rude not in translated
    for familiar in (r"\btu\b", r"\btus\b", r"\bti\b", r"\bpuedes\b", r"\btienes\b", r"\belige\b", r"\bintenta\b"):
        assert not re.search(familiar, translated, re.I)
    assert translated.count("?") == translated.count("¿")


# --- templates and scripts --------------------------------------------------------------------------------------------

TAGS = re.compile(
    r"\{#.*?#\}|\{% comment .*?endcomment %\}|\{% blocktranslate .*?endblocktranslate %\}|\{%.*?%\}|\{\{.*?\}\}", re.S
)
# In the page's head, for the browser alone.
HEAD = {"viewport", "color-scheme", "htmx-config"}
NAMES = {"phoneadmin", "· phoneadmin", "phoneadmin · phoneadmin", "colM"}


class Bare(HTMLParser):
    """Collects what people would read of a template from which all tags have been taken out."""

    def __init__(self, template: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(TAGS.sub("", template))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name, value in attrs:
            told = name in pseudo.READ or (name == "content" and given.get("name") not in HEAD)
            told = told or (name == "value" and given.get("type") in ("submit", "button", "reset"))
            told = told or (name.startswith("data-") and " " in (value or "").strip())
            if told:
                self.handle_data(value or "")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.split())
        if re.search(r"[^\W\d_]", text) and text not in NAMES:
            self.found.append(text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR / "templates")))
def test_template_holds_no_text_outside_of_translation(path):
    source = path.read_text()
    assert Bare(source).found == []
    assert re.findall(r'\|(?:default|default_if_none|add|yesno):"[^"]*[^\W\d_][^"]*"', source) == []


def test_scripts_hold_no_text_for_people():
    """They take it from the page, where templates have put it into attributes."""
    for path in (settings.BASE_DIR / "static").glob("*.js"):
        code = re.sub(r"(?m)^\s*(//|\*|/\*).*$|\s//\s.*$", "", path.read_text())
        said = [found[2] for found in re.finditer(r"(?<![\w\\])([\"'`])((?:(?!\1)[^\\\n]|\\.)*)\1", code)]
        assert said and [text for text in said if re.search(r"[A-Z][a-z]+ [a-z]+ [a-z]|[a-z]\.$", text)] == [], path


# --- every page, in a language in which nothing is left out ------------------------------------------------------------

# Answers that are not for reading: redirects aside, the download that can be imported again, and Django's catalogue for
# its own scripts.
NOT_READ = {"/phones/user-phones.csv", "/admin/jsi18n/"}
AS = {"/sign-in/": ("nobody", "administrator"), "/admin/": ("support",), "/": ("administrator",)}
# Of these our templates change a part.
DJANGOS_OWN = {"admin/index.html", "admin/change_list.html"}
# What pages show and nobody translates: names of products, codes, and what people typed.
PROPER = (
    "phoneadmin Basic Plus Pro SIP UTC HTTP Yealink Snom Cisco Poly Polycom Grandstream US NY"
    " Alice Uma Wyn Bas Ina Ned Sam Support New Person Holdings Road Gold St Floor York desk spare lobby former key browser"
)


@pytest.fixture
def world(db) -> site.World:
    return site.world()


def data(world: site.World) -> re.Pattern[str]:
    """What is known of the companies, as people typed it or as it was made for them."""
    with transaction.atomic(), scope.entered(scope="support"):
        known = set(PhoneModel.objects.values_list("name", flat=True))
        # Kinds of unit, too, are what an address says, in the words of the post office.
        known |= {
            name for field in ("state", "unit_type") for _code, name in flatten(AddressForm(None).fields[field].choices)
        }
        known |= set(SipCredentials.objects.values_list("username", flat=True))
    known = {word for text in (*known, PROPER) for word in text.split()}
    words = "|".join(sorted(map(re.escape, known), key=len, reverse=True))
    names = rf"(?:{world.ours.word}|{world.theirs.word})(?:son)?"
    codes = r"(?:[0-9A-F]{2}:){5}[0-9A-F]{2}|2001:db8::\d*|\S+@\S+|(?:https?://|localhost)\S*|\b(?=\w*\d)\w{8,}"
    return re.compile(rf"{codes}|(?<!\w)(?:{names}|{words})(?!\w)|^\w+:$")  # a parameter


def leaks(answer, known: re.Pattern[str]) -> list[str]:
    """What a page says untranslated. In Django admin that is asked of the content of our own templates alone."""
    template = answer.templates[0].name if answer.templates else ""
    if "admin/base.html" not in [used.name for used in answer.templates]:
        said = pseudo.Page(answer.content.decode()).leaks
    elif template in DJANGOS_OWN or not (settings.BASE_DIR / "templates" / template).exists():
        return []
    else:
        said = pseudo.Page(answer.content.decode(), within="content").leaks
    found = (known.sub("", text) for text in said)
    return [text for text in found if re.search(r"[^\W\d_]{2}", text)]


@pytest.mark.parametrize("part", AS)
def test_no_page_says_anything_that_is_not_translated(world, part):
    forms, queries, known = site.forms(world), site.queries(world), data(world)
    found = {}
    for url in ROWS:
        if url in NOT_READ or next(prefix for prefix in AS if url.startswith(prefix)) != part:
            continue
        for role in AS[part]:
            for method, sent in (("GET", queries.get(url)), ("POST", {}), ("POST", forms.get(url))):
                with transaction.atomic(), pseudo.spoken():
                    client = world.client(role)
                    ask = client.get if method == "GET" else client.post
                    answer = ask(site.address(url, world), sent, follow=method == "POST")
                    if answer.headers.get("Content-Type", "").startswith("text/html"):
                        for leak in leaks(answer, known):
                            found.setdefault(leak, f"{method} {url} as {role}")
                    transaction.set_rollback(True)
    said = "\n".join(f"{where}: {leak}" for leak, where in found.items())
    assert not found, said
