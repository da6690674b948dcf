"""Activity by kind and by who did it, its download, and its times in words (R37)."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from phoneadmin.activity import entries as activity
from phoneadmin.templatetags.times import in_words
from phones.models import Phone, Restart
from tests import factories
from tests.answers import body_of
from users.models import Account, User
from users.tenancy import history, scope

from .conftest import acting_as, entries

pytestmark = pytest.mark.usefixtures("clean")


@pytest.fixture
def events(company) -> dict[str, str]:
    """Let Alice, support, the phone company and a job do something of each kind; by its kind."""
    account, desk, uma = company["account"], company["desk"], company["uma"]

    def do(change) -> None:
        with transaction.atomic(), scope.entered(account_id=account.pk):
            change()

    def by_alice(change) -> None:
        def both() -> None:
            with acting_as(company["alice"]):
                change()

        do(both)

    by_alice(lambda: Phone.objects.filter(pk=desk.pk).update(assigned_to=None))
    by_alice(lambda: factories.address(desk, standardised="1 Gold St"))
    by_alice(lambda: User.objects.filter(pk=uma.pk).update(last_name="Ulmer"))
    by_alice(lambda: User.objects.filter(pk=uma.pk).update(sign_in_blocked_at=timezone.now()))
    do(lambda: Restart.objects.create(account=account, phone=desk, answer="asked"))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT FROM users_recognised(%s)", [factories.support_agent().pk])
        history.give_reason("They called")
        Phone.objects.filter(pk=desk.pk).update(label="Reception")
    do(lambda: Account.objects.filter(pk=account.pk).update(time_zone="America/Chicago"))
    return {
        "assignments": "from Uma Ulm",
        "addresses": "1 Gold St",
        "people": "last name: Ulm → Ulmer",
        "sign-in": "Blocked the sign-in of Uma Ulmer",
        "restarts": "to restart",
        "phones": "label: Front desk → Reception",
        "settings": "time zone: none → Central (Chicago)",
    }


def said(client, query: str) -> str:
    return " ".join(sentence for _who, each in entries(client, query) for sentence in each)


@pytest.mark.parametrize("kind", [
    "assignments", "addresses", "people", "phones", "sign-in", "restarts", "settings",
])  # fmt: skip
def test_kind_shows_what_is_of_it_and_nothing_else(browser, events, kind):
    shown = said(browser, f"?kind={kind}")
    others = {name: phrase for name, phrase in events.items() if name != kind}
    if kind == "people":  # a person's sign-in is about a person, too
        others.pop("sign-in")
    assert events[kind] in shown
    assert [phrase for phrase in others.values() if phrase in shown] == []


@pytest.mark.parametrize(
    ("who", "does", "does_not"),
    [
        ("{alice}", ["assignments", "addresses", "people"], ["phones", "settings", "restarts"]),
        ("support", ["phones"], ["assignments", "addresses", "people", "settings", "restarts"]),
        ("company", ["settings", "restarts"], ["assignments", "addresses", "people", "phones"]),
        ("{uma}", [], ["assignments", "addresses", "people", "phones", "settings", "restarts"]),
    ],
)
def test_who_shows_what_they_did_and_nothing_else(browser, company, events, who, does, does_not):
    shown = said(browser, f"?who={who.format(alice=company['alice'].pk, uma=company['uma'].pk)}")
    assert [kind for kind in does if events[kind] not in shown] == []
    assert [kind for kind in does_not if events[kind] in shown] == []


def test_kind_and_who_narrow_each_other_and_what_is_searched(browser, company, events):
    assert events["phones"] in said(browser, "?kind=phones&who=support&q=desk")
    assert said(browser, f"?kind=phones&who={company['alice'].pk}") == ""
    assert said(browser, "?kind=settings&q=desk") == ""


def test_undo_stays_whole_whatever_the_filter_shows(browser, company, events):
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        Phone.objects.filter(pk=company["shop"].pk).update(assigned_to=None)
    for query in ("?kind=assignments", "?kind=assignments&who=company"):
        entry = browser.get(f"/activity/{query}").context["page"].entries[0]
        assert entry.undo == f"{company['shop'].pk}-{company['vic'].pk}"


def test_filters_find_everything_once_however_far_a_page_looks_back(
    browser, company, events, monkeypatch
):
    """A page looks through so many records of a table; the next page goes on from there."""
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        Phone.objects.filter(pk=company["shop"].pk).update(assigned_to=None)
    for number in range(12):
        with transaction.atomic(), scope.entered(account_id=company["account"].pk):
            Phone.objects.filter(pk=company["desk"].pk).update(label=f"Desk {number}")
    monkeypatch.setattr("phoneadmin.activity.entries.WINDOW", 3)
    found, url = [], "/activity/?kind=assignments"
    while url:
        response = browser.get(url)
        found += [each for entry in response.context["page"].entries for each in entry.sentences]
        older = re.search(r'href="(\?[^"]*before=[^"]*)"', response.content.decode())
        assert not older or "kind=assignments" in older[1]
        url = "/activity/" + older[1].replace("&amp;", "&") if older else ""
    assert [sentence.split(" (")[0] for sentence in found] == [
        "Took Warehouse", "Took Front desk", "Added Warehouse", "Added Front desk",
    ]  # fmt: skip


def test_administrators_support_and_the_phone_company_are_offered(browser, company):
    page = browser.get(f"/activity/?who={company['uma'].pk}").content.decode()
    offered = re.search(r'<select name="who".*?</select>', page, re.S)
    names = re.findall(r"<option[^>]*>([^<]*)<", offered[0] if offered else "")
    assert names == ["By anyone", "Alice Archer", "Uma Ulm", "Support", "The phone company"]
    assert f'<option value="{company["uma"].pk}" selected>' in page


def test_download_has_what_is_shown_a_line_for_each_sentence(browser, events):
    text = body_of(browser.get("/activity/activity.csv?kind=phones&who=support"))
    header, *rows = csv.reader(io.StringIO(text.decode("utf-8-sig")))
    assert header == ["Time", "Who", "Support", "Reason", "What"]
    assert [row[1:] for row in rows] == [
        [
            "Sam Support", "yes", "They called",
            "Changed Reception (80:5E:C0:00:00:01): label: Front desk → Reception.",
        ]
    ]  # fmt: skip
    at = datetime.fromisoformat(rows[0][0])
    assert at.tzinfo is not None and timezone.now() - at < timedelta(hours=1)


def test_download_says_where_it_leaves_something_out(browser, events, company, monkeypatch):
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        for phone in (company["desk"], company["shop"]):
            Phone.objects.filter(pk=phone.pk).update(label=f"New {phone.pk}")
    monkeypatch.setattr(activity, "DOWNLOADED", 2)
    monkeypatch.setattr(activity, "MOST_SENTENCES", 1)

    def told(query: str = "") -> list[str]:
        text = body_of(browser.get(f"/activity/activity.csv{query}")).decode("utf-8-sig")
        return [row[-1] for row in csv.reader(io.StringIO(text))]

    older = "Older entries aren’t in this file: narrow the dates, or search."
    assert told()[-1] == older and "… and more." in told()
    assert not {older, "… and more."} & set(told("?kind=phones&who=support"))
    monkeypatch.setattr(activity, "MATCHES", 0)
    assert "so some entries may be missing" in " ".join(told("?q=front"))


NOW = datetime(2026, 3, 4, 15, 40, tzinfo=timezone.get_default_timezone())


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=2), "2 hours ago"),
        (timedelta(hours=13), "today at 2:40 a.m."),
        (timedelta(days=1), "yesterday at 3:40 p.m."),
        (timedelta(days=2), "Monday at 3:40 p.m."),
        (timedelta(days=30), "February 2 at 3:40 p.m."),
    ],
)
def test_time_is_in_words(monkeypatch, ago, words):
    with timezone.override(timezone.get_default_timezone()):
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
        assert in_words(NOW - ago) == words


def test_exact_time_stands_beside_the_words(browser, company):
    page = browser.get("/activity/").content.decode()
    at = re.search(r'<time datetime="([^"]+)"\s+title="([^"]+)">(.*?)</time>', page, re.S)
    assert at and datetime.fromisoformat(at[1]).tzinfo is not None
    assert re.search(r"just now · \d+(:\d\d)? [ap]\.m\.|ago · |noon|midnight", at[3])
