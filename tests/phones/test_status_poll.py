"""An open list asks what has changed and gets the rows and counters that did (R8)."""

from __future__ import annotations

from tests import factories
from tests.markup import compact

URL = "/phones/"


def poll(client, rows, missing: int, missing_common: int = 0):
    seen = ",".join(f"{row.id}.{row.version}" for row in rows)
    query = {"rows": seen, "missing": missing, "missing_common": missing_common}
    return client.get("/phones/status/", query, headers={"HX-Request": "true"})


def test_poll_without_news_is_empty(signed_in, acme):
    factories.phone(acme, factories.person(acme))
    rows = signed_in.get(URL).context["rows"]
    assert (poll(signed_in, rows, 1).status_code, poll(signed_in, rows, 1).content) == (204, b"")


def test_poll_brings_the_rows_that_changed_and_the_counters(signed_in, acme):  # R8
    changes, stays = (
        factories.phone(acme, factories.person(acme), label=label) for label in ("changes", "stays")
    )
    rows = signed_in.get(URL).context["rows"]
    factories.address(changes)
    news = compact(poll(signed_in, rows, 2).content.decode())
    assert f'<tr id="phone-{changes.pk}"' in news and "100 Gold Street" in news
    assert f'<tr id="phone-{stays.pk}"' not in news
    assert 'hx-swap-oob="innerHTML:[data-missing=user]"' in news and ">1<" in news


def test_poll_of_other_accounts_phones_brings_nothing(signed_in, acme, other):
    theirs = factories.phone(other, label="theirs")
    answer = signed_in.get(
        "/phones/status/", {"rows": f"{theirs.pk}.0", "missing": 0, "missing_common": 0}
    )
    assert (answer.status_code, answer.content) == (204, b"")


def test_poll_is_one_query_for_the_rows_at_any_number(signed_in, acme, django_assert_num_queries):
    factories.phone(acme, label="one")
    rows = signed_in.get(URL).context["rows"]
    with django_assert_num_queries(7):
        poll(signed_in, rows, 0)
    for n in range(3):
        factories.phone(acme, label=f"more {n}")
    rows = signed_in.get(URL).context["rows"]
    with django_assert_num_queries(7):
        poll(signed_in, rows, 0)
