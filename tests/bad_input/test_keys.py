"""Keys that aren't ours, or aren't keys at all, are not found."""

from __future__ import annotations

import pytest

from tests.bad_input.pages import FORMS, HTMX, PAGES, address, form, post
from tests.digests import digests_of_all_tables

KEYED = [name for name, takes_key in PAGES.items() if takes_key]


@pytest.mark.parametrize("name", KEYED)
def test_another_accounts_key_is_answered_like_one_that_nobody_has(browser, world, name):
    before = digests_of_all_tables()
    theirs, unknown = address(name, world, whose="their "), address(name, world, key=10**17)
    sent = form(name, world) if name in FORMS else {}
    for headers in (HTMX, {}):
        for query in ("", "?to=nobody", f"?to={world['user']}"):
            answers = [browser.get(url + query, headers=headers) for url in (theirs, unknown)]
            assert [answer.status_code for answer in answers] == [404, 404]
            assert answers[0].content == answers[1].content
        answers = [post(browser, url, sent, headers) for url in (theirs, unknown)]
        assert [answer.status_code for answer in answers] == [404 if name in FORMS else 405] * 2
        assert answers[0].content == answers[1].content
    assert digests_of_all_tables() == before


def test_person_of_another_account_is_answered_like_one_that_nobody_is(browser, world):
    before, url = digests_of_all_tables(), address("phone_assigned", world)
    for headers in (HTMX, {}):
        for to in (world["their user"], 10**17):
            assert browser.get(url, {"to": to}, headers=headers).status_code == 404
            assert (
                browser.post(url, {"to": to, "seen": "0" * 32}, headers=headers).status_code == 404
            )
    assert digests_of_all_tables() == before


def test_key_that_is_no_number_of_ours_is_not_found(browser, world):
    wrong = [
        "0",
        "-1",
        "07",
        "seven",
        "7.0",
        "%D9%A3",
        "9" * 20,
        "%00",
        "7%00",
        "%ED%A0%80",
        "%FF",
        "x" * 5000,
        "..",
        "7'",
    ]
    urls = [
        address(name, world, key=7).replace("/7/", f"/{key}/") for name in KEYED for key in wrong
    ]
    assert [url for url in urls if browser.get(url).status_code != 404] == []
