"""Topics as HTML: safe, with links resolved and searched words marked."""

from __future__ import annotations

import pytest
from django.urls import NoReverseMatch

from phoneadmin.help.markdown import mark, render


def test_html_in_markdown_is_shown_as_text():
    html = render("<script>alert(1)</script>\n\nA <b onclick=x>word</b> & more\n\n![x](page:users)")
    assert "<script" not in html and "<b" not in html and "<img" not in html
    assert "&lt;script&gt;" in html and "&amp; more" in html


def test_link_leads_to_a_topic_or_a_page():
    assert '<a href="/help/#mac">it</a>' in render("[it](#mac)")
    assert '<a href="/phones/">it</a>' in render("[it](page:user_phones)")


@pytest.mark.parametrize("target", ["https://example.com/", "/phones/", "mac", "//example.com"])
def test_link_to_anywhere_else_is_refused(target):
    with pytest.raises(ValueError, match="leads to #topic or page:name"):
        render(f"[it]({target})")


def test_link_to_an_unknown_page_is_refused():
    with pytest.raises(NoReverseMatch):
        render("[it](page:nowhere)")


def test_link_that_runs_code_is_no_link():
    assert "<a" not in render("[it](javascript:alert(1))")


def test_words_that_were_searched_for_are_marked_where_they_stand():
    html = mark("A Größe & Café, cafés", frozenset({"grosse", "cafe"}))
    assert html == "A <mark>Größe</mark> &amp; <mark>Café</mark>, cafés"
    assert mark("<b>", frozenset({"b"})) == "&lt;<mark>b</mark>&gt;"
    assert mark("", frozenset({"a"})) == ""
    assert mark("<a>", frozenset()) == "&lt;a&gt;"
    html = render("The [phone](#mac) & phones", frozenset({"phone"}))
    assert html.strip() == '<p>The <a href="/help/#mac"><mark>phone</mark></a> &amp; phones</p>'
