"""The Help page and its search, with and without htmx (R10, R40)."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from phoneadmin.help.topics import SECTIONS, topics_in


@pytest.fixture
def client(alice) -> Client:
    client = Client()
    client.force_login(alice)
    return client


def nav(page: str) -> str:
    """Return the page without the topic's text, which links to pages too."""
    before, _topics, _after = page.partition('<div id="topics">')
    return before


def test_page_of_help_is_where_links_from_outside_lead(db):
    assert reverse("help") == "/help/"


def test_anchors_are_unique_on_the_page(client):
    page = client.get("/help/").content.decode()
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert sorted(ids) == sorted(set(ids))
    assert {*topics_in("en"), *SECTIONS} <= set(ids)


def test_index_leads_to_every_topic_whatever_was_searched_for(client):
    for asked in ({}, {"q": "sticker"}):
        page = client.get("/help/", asked).content.decode()
        index = page.partition('class="help-index"')[2].partition("</details>")[0]
        assert re.findall(r'href="/help/#([^"]+)"', index) == list(topics_in("en"))


@pytest.mark.parametrize("signed_in", [True, False])
def test_anybody_may_read_help_and_only_who_is_signed_in_sees_the_account(client, signed_in):
    response = (client if signed_in else Client()).get("/help/")
    page = response.content.decode()
    assert response.status_code == 200
    assert ("Acme" in page, 'href="/users/"' in nav(page), 'href="/sign-in/"' in page) == (
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
    assert 'href="/phones/"' not in nav(response.content.decode())


def test_search_works_without_scripts_and_answers_htmx_with_the_topics_alone(client):
    page = client.get("/help/", {"q": "sticker"}).content.decode()
    assert "<mark>sticker</mark>" in page
    assert 'id="mac"' in page and 'id="labels"' not in page
    assert "2 topics found for “sticker”." in " ".join(page.split())
    headers = {"HX-Request": "true", "HX-Target": "topics"}
    part = client.get("/help/", {"q": "sticker"}, headers=headers).content.decode()
    assert "<mark>sticker</mark>" in part
    assert "<form" not in part


def test_search_in_spanish_answers_from_the_spanish_topics(client):
    client.cookies["language"] = "es"
    page = client.get("/help/", {"q": "¿Dónde está la dirección MAC?"}).content.decode()
    first = page.partition('<article class="help-topic" id="')[2]
    assert first.startswith('mac"')
    assert "<mark>dirección</mark> <mark>MAC</mark>" in first


def test_search_that_finds_nothing_says_what_else_to_do(client):
    page = client.get("/help/", {"q": "<zebra>"}).content.decode()
    assert "Nothing found in Help for “&lt;zebra&gt;”." in page
    assert 'href="/help/#support"' in page and 'href="/help/"' in page


@pytest.mark.parametrize("q", [" ", "???", "how do I"])
def test_search_for_words_that_tell_nothing_shows_all_of_help(client, q):
    page = client.get("/help/", {"q": q}).content.decode()
    assert all(f'id="{section}"' in page for section in SECTIONS)


@pytest.mark.parametrize("q", ["%", "\\", "'; --", "a\u0301", "\u202e", "😀", "x" * 200])
def test_search_takes_any_text(client, q):
    assert client.get("/help/", {"q": q}).status_code == 200


def test_search_that_is_too_long_is_refused(client):
    assert client.get("/help/", {"q": "x" * 201}).status_code == 400
