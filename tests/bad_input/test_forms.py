"""Forms with bad, missing or malformed fields are refused and change nothing."""

from __future__ import annotations

from itertools import cycle

import pytest

from tests.bad_input.pages import BAD, BAD_NUMBERS, FORMS, HTMX, address, form, post, read
from tests.digests import digests_of_all_tables

NUMBERS = {"model", "to", "ext"}
# How a bad value of these is answered; of all others, with 422.
FITTING = {
    "seen": {409, 422},  # what the page is about changed, or the act can't be done to it
    "key": {400},
    "to": {400, 404},
    "phones": {400},
    "moves": {400},
}


@pytest.mark.parametrize("name", [name for name, fields in FORMS.items() if fields])
def test_field_with_what_cannot_be_meant_is_refused(browser, world, name):
    before, url, good = digests_of_all_tables(), address(name, world), form(name, world)
    asked = read(browser, name, world)
    for field in good:
        fitting = FITTING.get(field, {422})
        values = BAD | (BAD_NUMBERS if field in NUMBERS else {})
        for (what, value), headers in zip(values.items(), cycle((HTMX, {})), strict=False):
            response = post(browser, url, good | asked | {field: value}, headers)
            # In a pasted address a line break is a space: the result is shown, not stored.
            shown = {200} if name == "phone_address" and what == "a line break" else set()
            assert response.status_code in fitting | shown, (field, what)
            assert response.content
    assert digests_of_all_tables() == before


@pytest.mark.parametrize(
    ("name", "needed", "status"),
    [
        ("add_phone", ["mac", "model", "kind"], 422), ("phone_correct", ["mac", "model"], 422),
        ("phone_replace", ["mac", "model"], 422), ("add_user", ["plan"], 422),
        ("user_plan", ["plan"], 422),
        ("phone_assigned", ["to", "seen"], 400), ("phone_remove", ["seen", "key"], 400),
        ("user_credentials_change", ["seen"], 409),
        ("phone_credentials_change", ["seen"], 409),
    ],
)  # fmt: skip
def test_form_without_a_field_that_it_needs_is_refused(browser, world, name, needed, status):
    before, url, good = digests_of_all_tables(), address(name, world), form(name, world)
    whole = good | read(browser, name, world)
    for headers in (HTMX, {}):
        for left_out in needed:
            sent = {field: value for field, value in whole.items() if field != left_out}
            assert post(browser, url, sent, headers).status_code == status, left_out
        assert post(browser, url, {}, headers).status_code in (status, 400)
    assert digests_of_all_tables() == before


BODIES = {
    "JSON": ("application/json", b'{"label": "New"}'),
    "no type": ("", b"label=New"),
    "multipart without boundary": ("multipart/form-data", b"label=New"),
    "multipart cut off": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="label"\r\n\r\nNe',
    ),
    "multipart that is none": ("multipart/form-data; boundary=b", b"\xff\x00\xed\xa0\x80"),
    "a file for a field": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="label"; filename="a"'
        b"\r\n\r\nNew\r\n--b--\r\n",
    ),
    "3 MB": ("application/x-www-form-urlencoded", b"label=" + b"x" * 3_000_000),
    "2,000 fields": ("application/x-www-form-urlencoded", b"label=x&" * 2_000),
}


@pytest.mark.parametrize("body", BODIES)
def test_body_that_is_not_a_form_is_refused(browser, world, body):
    before, (content_type, content) = digests_of_all_tables(), BODIES[body]
    for name in ("phone_assigned", "phone_correct", "user_plan"):
        response = browser.post(address(name, world), content, content_type=content_type)
        assert response.status_code in (400, 422)
    assert digests_of_all_tables() == before
