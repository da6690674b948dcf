"""Lists across all accounts: what they find, their pages, and their query plans (R35)."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from e911.models import EmergencyAddress
from phones.models import Kind, Phone, Restart
from tests import factories
from users import sip
from users.support import lists
from users.tenancy import scope

PHONES, PEOPLE, ACCOUNTS = "/admin/phones/phone/", "/admin/users/user/", "/admin/users/account/"
RESTARTS, FETCHES = "/admin/phones/restart/", "/admin/phones/fetch/"
ADDRESSES, LOOKS = "/admin/e911/emergencyaddress/", "/admin/users/credentialsrecord/"
NUMBERS = "/admin/users/callernumber/"
LISTS = [PHONES, PEOPLE, ACCOUNTS, RESTARTS, FETCHES, ADDRESSES, LOOKS, NUMBERS]


@pytest.fixture
def agent(client, acme, other):
    """A support agent; Acme has Uma with a phone and an address, Other has Eve with a phone."""
    with scope.entered(scope="support"):
        client.force_login(factories.support_agent())
    return client


@pytest.fixture
def desk(acme) -> Phone:
    uma = factories.person(acme, "Uma", "Ümlaut", ext="4711", email="uma.umlaut@acme.example")
    desk = factories.phone(acme, uma, label="Front desk", mac="805ec0ab12cd")
    factories.address(desk)
    return desk


@pytest.fixture
def theirs(other) -> Phone:
    return factories.phone(
        other, factories.person(other, "Eve", "Elsewhere", ext="12"), mac="24aa00001234"
    )


def rows(client, url: str, **query: object) -> list:
    response = client.get(url, query)
    assert response.status_code == 200, response
    return list(response.context["cl"].result_list)


# --- found ---


@pytest.mark.parametrize(
    "typed",
    [
        "805ec0ab12cd",
        "80:5E:C0:AB:12:CD",
        "80-5e-c0-ab-12-cd",
        "805e.c0ab.12cd",
        "805EC0AB12CD",
        "ab:12",
        "c0ab12",
        "12cd",
    ],
)
def test_mac_is_found_in_any_notation_a_part_of_it_too(agent, desk, theirs, typed):  # R6
    assert rows(agent, PHONES, q=typed) == [desk]


@pytest.mark.parametrize("typed", ["front", "Uma Ümlaut", "umlaut uma", "4711", "T54W front", "47"])
def test_phone_is_found_by_label_model_person_and_extension(agent, desk, theirs, typed):
    assert rows(agent, PHONES, q=typed) == [desk]


@pytest.mark.parametrize(
    "typed", ["Uma", "umlaut", "4711", "uma.umlaut@acme.example", " UMA.Umlaut@ACME.example "]
)
def test_person_is_found_by_name_extension_and_email(agent, desk, theirs, typed):
    assert rows(agent, PEOPLE, q=typed) == [desk.assigned_to]


def test_whole_email_finds_one_of_many_that_begin_alike(agent, acme, other):
    admins = [
        factories.person(account, email=f"admin@{account.name}.example".lower())
        for account in (acme, other)
    ]
    assert rows(agent, PEOPLE, q="admin@other.example") == [admins[1]]
    assert set(rows(agent, PEOPLE, q="admin@")) == set(admins)


@pytest.mark.parametrize("typed", ["acme", "ACM", "cme"])
def test_account_is_found_by_its_name(agent, acme, typed):
    assert rows(agent, ACCOUNTS, q=typed) == [acme]


@pytest.mark.parametrize("typed", ["%", "_", "'", "zzzz", "' OR true --", "\\"])
def test_what_nobody_is_called_finds_nothing(agent, desk, typed):
    assert [rows(agent, url, q=typed) for url in LISTS] == [[]] * len(LISTS)


def test_both_kinds_are_there_and_told_apart(agent, acme, desk):
    lobby = factories.phone(acme, kind=Kind.COMMON, label="Lobby")
    assert rows(agent, PHONES) == [lobby, desk]
    assert (rows(agent, PHONES, kind="common"), rows(agent, PHONES, kind="user")) == (
        [lobby],
        [desk],
    )
    assert rows(agent, PHONES, q="lobby") == [lobby]


def test_phone_that_was_removed_is_found(agent, acme):  # R38: its record is kept
    gone = factories.phone(acme, mac="805ec0ffffff", retired_at="2026-01-01T00:00Z")
    assert rows(agent, PHONES, q="805ec0ffffff") == [gone]
    assert rows(agent, PHONES, state="removed") == [gone]


def test_list_is_narrowed_to_one_account(agent, desk, theirs, acme, other):
    assert rows(agent, PHONES, account=acme.pk) == [desk]
    assert rows(agent, PHONES, account=other.pk, q="yealink") == [theirs]
    assert rows(agent, PEOPLE, account=acme.pk) == [desk.assigned_to]
    assert rows(agent, PHONES, account=10**17) == []


def test_people_are_narrowed_by_what_they_are(agent, acme, desk):
    boss, gone = (
        factories.person(acme, is_administrator=True),
        factories.person(acme, is_active=False),
    )
    assert rows(agent, PEOPLE, role="administrator") == [boss]
    assert [user.email for user in rows(agent, PEOPLE, role="support")] == ["support@example.com"]
    assert rows(agent, PEOPLE, state="off") == [gone]


def test_what_is_on_record_is_found_by_its_phone_or_person(agent, acme, desk, theirs):
    with scope.entered(scope="support"):
        for phone in (desk, theirs):
            Restart.objects.create(account=phone.account, phone=phone, answer="asked")
        sip.record_access(desk.assigned_to, sip.What.PASSWORD, by=desk.assigned_to)
    for url, query in (
        (RESTARTS, {"q": "80-5e-c0-ab-12-cd"}), (RESTARTS, {"phone": desk.pk}),
        (ADDRESSES, {"q": "uma"}),
        (ADDRESSES, {"phone": desk.pk}), (LOOKS, {"q": "umlaut"}),
        (LOOKS, {"user": desk.assigned_to_id}),
    ):  # fmt: skip
        (found,) = rows(agent, url, **query)
        assert (getattr(found, "phone", None) or desk) == desk


@pytest.mark.parametrize("typed", ["+14155550100", "(415) 555-0100", "415.555.0100"])
def test_telephone_number_is_found_in_any_notation(agent, acme, other, typed):
    number = factories.caller_number(acme, "+14155550100")
    factories.caller_number(other, "+14155550101")
    assert rows(agent, NUMBERS, q=typed) == [number]
    assert rows(agent, NUMBERS, q="415555") == []


def test_telephone_numbers_that_nobody_confirmed_are_listed_apart(agent, acme, other):  # R67
    factories.caller_number(acme, "+14155550100")
    unconfirmed = factories.caller_number(other, "+14155550100", confirmed=False)
    assert rows(agent, NUMBERS, state="unconfirmed") == [unconfirmed]
    assert len(rows(agent, NUMBERS)) == 2


def test_addresses_that_wait_or_were_refused_are_listed_apart(agent, desk, acme):
    waiting = factories.address(factories.phone(acme), status="pending", current=False)
    assert rows(agent, ADDRESSES, state="open") == [waiting]
    assert len(rows(agent, ADDRESSES)) == 2


@pytest.mark.parametrize(
    "query",
    [
        "mac=805ec0ab12cd", "mac__regex=.*", "password__startswith=a", "account__name=Acme",
        "kind=app", "account=x",
        "account=0", "after=x", "before=[9]", "last=2", "q=%00",
        "o=1.2&mac=1", "q=" + "x" * 201,
    ],
)  # fmt: skip
def test_url_says_nothing_but_what_the_list_knows(agent, desk, query):
    """Django admin would look up any column by any operator.

    People could guess password hashes that way, and read whole tables.
    """
    assert agent.get(f"{PHONES}?{query}").status_code == 400
    assert agent.get(f"{PEOPLE}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query", ["o=1", "p=5", "all=", "_popup=1", "_facets=True", "e=1", "q=%FF"]
)
def test_what_django_admin_knows_besides_breaks_nothing(agent, desk, query):
    for url in LISTS:
        assert agent.get(f"{url}?{query}").status_code == 200


@pytest.mark.parametrize("key", ["0", "x", "9" * 17, "9" * 40, "%00", "-1"])
def test_row_that_is_not_there_is_not_found(agent, key):
    for url in LISTS:
        assert agent.get(f"{url}{key}/change/").status_code == 404
    assert agent.get(f"/admin/activity/{key}/").status_code == 404


# --- page by page ---


def test_pages_show_every_row_once_newest_first(agent, acme):
    made = [factories.phone(acme) for _ in range(120)]
    seen, url = [], PHONES
    while url:
        listed = agent.get(url).context["cl"]
        seen.append([phone.pk for phone in listed.result_list])
        url = listed.next and PHONES + listed.next
    assert [len(page) for page in seen] == [50, 50, 20]
    assert [pk for page in seen for pk in page] == [phone.pk for phone in reversed(made)]
    back = agent.get(PHONES + agent.get(PHONES, {"last": "1"}).context["cl"].previous).context["cl"]
    assert len(back.result_list) == 50
    assert (back.url(), "kind" in agent.get(PHONES, {"kind": "user"}).context["cl"].next) == (
        "?",
        True,
    )


def test_search_that_fits_too_much_says_so(agent, acme, monkeypatch):
    monkeypatch.setattr(lists, "MOST", 3)
    monkeypatch.setattr("users.support.register.MOST", 3)
    for _ in range(5):
        factories.phone(acme)
    response = agent.get(PHONES, {"q": "yealink"})
    assert len(response.context["cl"].result_list) == 3
    assert "More than 3 found" in response.content.decode()
    assert "More than" not in agent.get(PHONES).content.decode()


# --- by which means ---

BIG = (
    "phones_phone|users_user|users_account|e911_emergencyaddress|phones_restart|phones_fetch"
    "|users_credentialsrecord|users_callernumber"
)
NARROWED = [
    *LISTS, PHONES + "?kind=common", PHONES + "?kind=user", PHONES + "?state=removed",
    PHONES + "?account=1",
    PHONES + "?q=805ec0ab12cd", PHONES + "?q=a", PEOPLE + "?role=administrator",
    PEOPLE + "?role=support",
    PEOPLE + "?state=off", PEOPLE + "?account=1", PEOPLE + "?q=uma",
    PEOPLE + "?q=uma.umlaut@acme.example",
    ACCOUNTS + "?q=acme", ADDRESSES + "?state=open", ADDRESSES + "?phone=1",
    ADDRESSES + "?q=805ec0ab12cd",
    RESTARTS + "?phone=1", RESTARTS + "?q=805ec0ab12cd", FETCHES + "?phone=1", LOOKS + "?user=1",
    LOOKS + "?q=uma",
    PHONES + "?ext=emergency", PEOPLE + "?ext=emergency", 
    NUMBERS + "?state=unconfirmed", NUMBERS + "?account=1", NUMBERS + "?q=4155550100",
    PHONES + "?after=%5B0%2C5%5D", PHONES + "?before=%5B0%2C5%5D", PHONES + "?last=1",
]  # fmt: skip


@pytest.mark.parametrize("url", NARROWED)
def test_list_is_read_along_an_index_and_counts_nothing(agent, desk, url):
    """A page must cost the same with a million phones as with ten.

    No statement may read, count or sort all of them.
    """
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert agent.get(url).status_code == 200
    selects = [query["sql"] for query in asked if re.search(rf'FROM "({BIG})"', query["sql"])]
    assert selects
    with transaction.atomic(), scope.entered(scope="support"), connection.cursor() as cursor:
        # The tests' tables are so small that a full scan is fastest: forbid that.
        for way in ("seqscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for sql in selects:
            assert not re.search(r"COUNT\(|OFFSET", sql), sql
            cursor.execute("EXPLAIN " + sql)
            plan = "\n".join(line for (line,) in cursor)
            assert not re.search(rf"Seq Scan on ({BIG})", plan), plan
            assert "q=" in url or "Sort" not in plan, plan


@pytest.mark.parametrize(
    ("table", "column"),
    [("phones_phone", "search"), ("users_user", "search"), ("users_account", "search_words(name)")],
)
def test_search_across_accounts_has_an_index(owner, table, column):
    """The function's query, run as its owner, uses the index despite its leading account column."""
    owner.execute("SET LOCAL enable_seqscan = off")
    plan = "\n".join(
        line
        for (line,) in owner.execute(
            f"EXPLAIN SELECT id FROM {table} WHERE {column} LIKE '%805ec0%'"
        )
    )
    assert f"{table}_search" in plan


def test_page_takes_the_same_number_of_queries_at_any_length(
    agent, acme, django_assert_num_queries
):
    def fill(count: int) -> None:
        for _ in range(count):
            phone = factories.phone(acme, factories.person(acme))
            factories.address(phone)
            with scope.entered(scope="support"):
                Restart.objects.create(
                    account=acme, phone=phone, answer="asked", by=phone.assigned_to
                )
                sip.record_access(phone.assigned_to, sip.What.LOOKED, by=phone.assigned_to)

    fill(1)
    for url, expected in (
        (PHONES, 7),
        (PEOPLE, 6),
        (ACCOUNTS, 5),
        (RESTARTS, 8),
        (ADDRESSES, 7),
        (LOOKS, 6),
    ):
        with django_assert_num_queries(expected):
            agent.get(url)
    fill(3)
    for url, expected in (
        (PHONES, 7),
        (PEOPLE, 6),
        (ACCOUNTS, 5),
        (RESTARTS, 8),
        (ADDRESSES, 7),
        (LOOKS, 6),
    ):
        with django_assert_num_queries(expected):
            agent.get(url)


def test_address_history_is_whole(agent, desk):  # R31
    factories.address(desk, status="withdrawn", current=False)
    assert {address.status for address in rows(agent, ADDRESSES, phone=desk.pk)} == {
        "accepted",
        "withdrawn",
    }
    with scope.entered(scope="support"):
        assert EmergencyAddress.objects.filter(phone=desk).count() == 2
