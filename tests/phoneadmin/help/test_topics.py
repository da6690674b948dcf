"""The topics of Help: one Markdown file per topic and language (R10, R40)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import frontmatter
import pytest
from django.conf import settings
from django.utils import translation

from phoneadmin.help.markdown import render
from phoneadmin.help.topics import FOLDER, SECTIONS, SOURCE, find_topic, list_sections, topics_in

LANGUAGES = [code for code, _name in settings.LANGUAGES]
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_topic_is_there_in_every_language(language):
    files = {path.stem for path in (FOLDER / language).glob("*.md")}
    assert files == {path.stem for path in (FOLDER / SOURCE).glob("*.md")}
    for anchor, topic in topics_in(language).items():
        assert topic.title and topic.markdown and topic.asks, anchor


@pytest.mark.parametrize("language", [code for code in LANGUAGES if code != SOURCE])
def test_translation_says_as_much_as_its_source(language):
    for anchor, topic in topics_in(language).items():
        source = topics_in(SOURCE)[anchor]
        assert topic.title != source.title
        assert topic.markdown != source.markdown
        assert LINK.findall(topic.markdown) == LINK.findall(source.markdown), anchor
        for tag in ("<p>", "<li>", "<ol>", "<ul>"):
            assert render(topic.markdown).count(tag) == render(source.markdown).count(tag), anchor


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_hold_only_what_is_read(language):
    known = {"title", "asks", "also"}
    if language == SOURCE:  # which says what holds in every language
        known |= {"section", "order", "codes", "fields"}
    for path in (FOLDER / language).glob("*.md"):
        post = frontmatter.load(str(path))
        assert set(post.keys()) <= known, path
        texts = [post["title"], *post["asks"], *post.get("codes", ()), *post.get("fields", ())]
        assert all(isinstance(text, str) for text in texts), path


def test_topics_stand_in_their_sections_in_an_order_that_is_never_a_tie():
    assert [section.anchor for section in list_sections()] == list(SECTIONS)
    places = [
        (frontmatter.load(str(path))["section"], frontmatter.load(str(path))["order"])
        for path in (FOLDER / SOURCE).glob("*.md")
    ]
    assert (
        len(places) == len(set(places)) == sum(len(section.topics) for section in list_sections())
    )


@pytest.mark.parametrize("key", ["codes", "fields"])
def test_each_code_and_field_is_answered_by_one_topic(key):
    posts = [frontmatter.load(str(path)) for path in (FOLDER / SOURCE).glob("*.md")]
    named = [name for post in posts for name in post.get(key, ())]
    assert sorted(named) == sorted(set(named)) != []


def test_links_lead_to_topics_and_pages_that_exist(client, db):
    links = {
        link
        for language in LANGUAGES
        for topic in topics_in(language).values()
        for link in re.findall(r'href="([^"]+)"', render(topic.markdown))
    }
    assert len(links) > 10
    for url in map(urlsplit, links):
        if url.path == "/help/":
            assert url.fragment in topics_in(SOURCE)
        else:
            assert client.get(url.path).status_code in (200, 302), url.path


def test_help_answers_what_r10_and_r40_ask_for():
    asked = {"mac", "not-listed", "cannot-assign", "apps-and-911", "e911", "support", "limits"}
    assert asked <= set(topics_in(SOURCE))


def test_texts_say_neither_please_nor_successfully_nor_shout():
    words = " ".join(f"{topic.title} {topic.markdown}" for topic in topics_in("en").values())
    unwanted = r"\bplease\b|successful|!|\bOK\b|\bhe\b|\bhis\b|\bhim\b"
    assert not re.search(unwanted, words, re.IGNORECASE)


@pytest.mark.parametrize(
    ("language", "title"),
    [("en", "Where is the MAC address?"), ("es", "¿Dónde está la dirección MAC?"),
     ("fr", "Where is the MAC address?"), (None, "Where is the MAC address?")],
)  # fmt: skip
def test_topic_comes_in_the_language_of_whoever_reads_it(language, title):
    with translation.override(language):
        assert find_topic("bad_mac").title == title
