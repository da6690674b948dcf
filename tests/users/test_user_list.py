"""The list of users: filters, order, count and download, all from the URL (R21, R37, R57)."""

from __future__ import annotations

import csv
import io
import re

import pytest
from django.db.models import Value
from django.db.models.functions import Concat

from phones.importing import Source, import_company
from phones.models import Phone
from tests import factories
from tests.answers import body_of, visible_text
from users.models import Plan, User
from users.people import describe_missing
from users.tenancy import scope

NAME = re.compile(r'<td class="who">\s*<bdi>(.*?)</bdi>')


def names(client, query: str = "") -> list[str]:
    return NAME.findall(client.get(f"/users/{query}").content.decode())


@pytest.fixture
def staff(acme, alice) -> dict[str, User]:
    """Alice administers; Uma and Vic have phones; Wyn has none; others can't have one."""
    people = {
        "Uma": factories.person(acme, "Uma", "One", ext="11", plan=Plan.PRO),
        "Vic": factories.person(acme, "Vic", "Two", ext="9", plan=Plan.PLUS),
        "Wyn": factories.person(acme, "Wyn", "Three", ext="12", plan=Plan.PLUS),
        "Ben": factories.person(acme, "Ben", "Basic", ext=None, email=None, plan=Plan.BASIC),
        "Lee": factories.person(acme, "Lee", "", ext="13", plan=Plan.PRO),
        "Off": factories.person(acme, "Off", "Out", ext="14", plan=Plan.PRO, is_active=False),
    }
    factories.phone(acme, people["Uma"], label="Zebra")
    factories.phone(acme, people["Vic"], label="")
    return people


# --- filters ---


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Vic Two", "Uma One", "Wyn Three", "Lee", "Off Out", "Alice Archer", "Ben Basic"]),
        ("?show=with-phone", ["Vic Two", "Uma One"]),
        ("?show=without-phone", ["Wyn Three", "Alice Archer"]),
        ("?show=incomplete", ["Lee"]),
        ("?show=administrators", ["Alice Archer"]),
        ("?show=deactivated", ["Off Out"]),
        ("?plan=basic", ["Ben Basic"]),
        ("?plan=plus&show=with-phone", ["Vic Two"]),
        ("?plan=pro&q=o", ["Uma One", "Off Out"]),
    ],
)
def test_filter_shows_whom_it_says_and_how_many(signed_in, staff, query, expected):
    assert names(signed_in, query) == expected
    count = f"{len(expected)} user{'s' if len(expected) > 1 else ''}"
    assert count in visible_text(signed_in.get(f"/users/{query}"))


@pytest.mark.parametrize("query", ["?show=some", "?plan=gold", "?sort=phones"])
def test_filter_that_makes_no_sense_is_a_bad_request(signed_in, query):
    assert signed_in.get(f"/users/{query}").status_code == 400


def test_filters_stay_while_sorting_paging_and_downloading(signed_in, acme):
    for number in range(60):
        factories.person(acme, f"P{number}", ext=str(1000 + number), plan=Plan.PLUS)
    page = signed_in.get("/users/?show=without-phone&plan=plus").content.decode()
    for link in re.findall(r'href="(/users/[^"]*\?[^"]*)"', page):
        if "after=" in link or "sort=" in link or ".csv" in link:
            assert "show=without-phone" in link and "plan=plus" in link


def test_more_than_a_thousand_are_not_counted(signed_in, acme):
    User.objects.bulk_create(
        User(account=acme, first_name=f"P{n}", last_name="Q", password="!") for n in range(1001)
    )
    assert "More than 1,000 users" in visible_text(signed_in.get("/users/"))
    assert "1 user " in visible_text(signed_in.get("/users/?show=administrators"))


def test_list_takes_the_same_number_of_queries_for_1_and_3_people(
    signed_in, acme, django_assert_max_num_queries
):
    for number in range(2):
        for query in ("?show=with-phone&sort=phone", "?q=uma&show=with-phone&plan=pro"):
            with django_assert_max_num_queries(12):
                signed_in.get(f"/users/{query}")
        for each in range(3):
            factories.phone(acme, factories.person(acme, "Uma", ext=f"5{number}{each}"))


# --- order ---


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("plan", ["Ben", "Wyn", "Vic", "Alice", "Lee", "Uma", "Off"]),
        ("-plan", ["Off", "Uma", "Lee", "Alice", "Vic", "Wyn", "Ben"]),
        # Labels first, then phones without one, then people without a phone.
        ("phone", ["Uma", "Vic", "Alice", "Ben", "Lee", "Off", "Wyn"]),
        ("-phone", ["Uma", "Vic", "Alice", "Ben", "Lee", "Off", "Wyn"]),
    ],
)
def test_list_sorts_by_plan_and_phone(signed_in, staff, sort, expected, monkeypatch):
    User.objects.filter(first_name="Lee").update(last_name="Ng")
    assert [name.split()[0] for name in names(signed_in, f"?sort={sort}")] == expected
    monkeypatch.setattr("users.tenancy.listing.PAGE_SIZE", 2)  # the same, page by page
    found, url = [], f"/users/?sort={sort}"
    while url:
        page = signed_in.get(url).content.decode()
        found += [name.split()[0] for name in NAME.findall(page)]
        later = re.search(r'href="(/users/[^"]*after=[^"]*)"', page)
        url = later.group(1).replace("&amp;", "&") if later else ""
    assert found == expected


# --- who isn't fully set up ---


def test_row_of_who_is_not_fully_set_up_says_what_the_dropdown_says_and_leads_to_edit_user(
    signed_in, acme, staff
):  # R19
    phone = Phone.objects.first()
    dropdown = signed_in.get(f"/phones/{phone.pk}/people/").content.decode()
    page = signed_in.get("/users/?show=incomplete").content.decode()
    said = "Not fully set up. Missing: last name."
    assert said in dropdown
    link = re.search(rf'href="([^"]*)"[^>]*>{re.escape(said)}</a>', page)
    assert link and link.group(1) == f"/users/{staff['Lee'].pk}/edit/"


def test_filter_and_reason_agree_on_who_is_not_fully_set_up(signed_in, acme, alice):
    for number in range(32):
        plan, active, last, email, ext = (bool(number >> bit & 1) for bit in range(5))
        factories.person(
            acme, f"P{number}", "Q" if last else "", plan=Plan.PLUS if plan else Plan.BASIC,
            is_active=active, email=f"p{number}@example.com" if email else None,
            ext=f"77{number}" if ext else None,
        )  # fmt: skip
    people = User.objects.filter(account=acme)
    assert sorted(names(signed_in, "?show=incomplete")) == sorted(
        str(person) for person in people if describe_missing(person)
    )


# --- the download ---


def rows(client, query: str = "") -> list[list[str]]:
    text = body_of(client.get(f"/users/users.csv{query}")).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_download_has_what_the_list_shows_in_its_order(signed_in, staff):
    header, *people = rows(signed_in, "?show=with-phone&sort=-ext")
    assert header == [
        "First name", "Last name", "Email", "Extension", "Plan", "Caller ID", "Role",
    ]  # fmt: skip
    assert [row[:5] for row in people] == [
        ["Uma", "One", staff["Uma"].email, "11", "Pro"],
        ["Vic", "Two", staff["Vic"].email, "9", "Plus"],
    ]


def test_download_imports_again_without_loss(signed_in, acme, staff):  # R57
    factories.caller_number(acme, "+14155550100")
    User.objects.filter(pk=staff["Ben"].pk).update(ext="15")  # an import knows people by it
    User.objects.filter(pk=staff["Wyn"].pk).update(
        caller_id="+14155550100", ext="0042", first_name="=Wyn"
    )
    data = body_of(signed_in.get("/users/users.csv"))
    again = import_company(name=acme.name, users=Source("users.csv", data))
    assert {verdict.outcome for verdict in again.users} == {"unchanged"}
    columns = ("first_name", "last_name", "ext", "plan", "caller_id", "is_administrator")
    before = set(User.objects.filter(account=acme).values_list(*columns))
    User.objects.filter(account=acme).update(email=Concat(Value("old-"), "email"))
    import_company(name="Copy", users=Source("users.csv", data))
    scope.enter(scope="support")
    assert set(User.objects.filter(account__name="Copy").values_list(*columns)) == before
