"""The activity of an account in plain sentences: who did what and when, found again, and undone (R37)."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction

from phones.models import Phone
from tests import factories
from users import history, scope, sip
from users.models import User

pytestmark = pytest.mark.usefixtures("clean")


@pytest.fixture
def clean(committed):
    """Entries are told apart by their transactions, so these tests commit."""


@pytest.fixture
def company():
    account = factories.account("Acme")
    alice = factories.person(account, "Alice", "Archer", ext="100", is_administrator=True)
    uma, vic = factories.person(account, "Uma", "Ulm", ext="11"), factories.person(account, "Vic", "Vance", ext="12")
    desk = factories.phone(account, uma, label="Front desk", mac="805ec0000001")
    shop = factories.phone(account, vic, label="Warehouse", mac="805ec0000002")
    return {"account": account, "alice": alice, "uma": uma, "vic": vic, "desk": desk, "shop": shop}


@pytest.fixture
def browser(client, company):
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(company["alice"])
    return client


def entries(client, query: str = "") -> list[tuple[str, list[str]]]:
    """What the page lists: who, and the sentences."""
    response = client.get(f"/activity/{query}")
    assert response.status_code == 200
    return [(entry.who, entry.sentences) for entry in response.context["page"].entries]


def confirm(client, url: str, **fields: str) -> None:
    seen = client.get(url, fields, headers={"HX-Request": "true"}).context["plan"].seen
    assert client.post(url, fields | {"seen": seen}).status_code in (200, 302)


def holders(*phones: Phone) -> list[int | None]:
    with transaction.atomic(), scope.entered(scope="support"):
        found = dict(Phone.objects.values_list("pk", "assigned_to_id"))
    return [found[phone.pk] for phone in phones]


def test_assignment_is_one_entry_that_names_everybody_and_everything(browser, company):
    confirm(browser, f"/phones/{company['desk'].pk}/assigned/", to=str(company["vic"].pk))
    assert entries(browser)[0] == (
        "Alice Archer",
        [
            "Took Warehouse (80:5E:C0:00:00:02) from Vic Vance.",
            "Took Front desk (80:5E:C0:00:00:01) from Uma Ulm and gave it to Vic Vance.",
            "SIP credentials changed: Uma Ulm, Vic Vance.",
        ],
    )


def test_undo_restores_what_was_by_as_many_moves_as_it_takes(browser, company):
    confirm(browser, f"/phones/{company['desk'].pk}/assigned/", to=str(company["vic"].pk))
    page = browser.get("/activity/").content.decode()
    url, _, query = re.search(r'href="(/phones/moves/[^"]+)"', page)[1].partition("?")
    confirm(browser, url, moves=query.removeprefix("moves="))
    assert holders(company["desk"], company["shop"]) == [company["uma"].pk, company["vic"].pk]


def test_undo_is_offered_only_while_nothing_has_changed_since(browser, company):
    desk = company["desk"].pk
    confirm(browser, f"/phones/{desk}/assigned/", to="nobody")
    confirm(browser, f"/phones/{desk}/assigned/", to=str(company["uma"].pk))
    response = browser.get("/activity/")
    # Of these two, and of the beginning, only the latest can be taken back.
    assert [bool(entry.undo) for entry in response.context["page"].entries][:2] == [True, False]


def test_change_of_a_person_says_from_what_to_what(browser, company):
    fields = {"first_name": "Uma", "last_name": "Ulmer", "email": "u@example.com", "ext": "111"}
    response = browser.post(f"/users/{company['uma'].pk}/", fields)
    assert response.status_code == 302, response.content
    who, sentences = entries(browser)[0]
    assert who == "Alice Archer"
    assert "last name: Ulm → Ulmer" in sentences[0]
    assert "extension: 11 → 111" in sentences[0]


def test_change_by_support_is_marked_and_says_why(browser, company):
    with transaction.atomic(), connection.cursor() as cursor:
        agent = factories.support_agent()
        cursor.execute("SELECT FROM users_recognised(%s)", [agent.pk])
        history.note(reason="The customer called")
        Phone.objects.filter(pk=company["desk"].pk).update(label="Reception")
    page = browser.get("/activity/").content.decode()
    assert "Sam Support" in page
    assert ">support</span>" in page
    assert "The customer called" in page


def test_change_by_hand_in_the_database_is_there_without_a_name(browser, company, owner):
    owner.execute("UPDATE phones_phone SET label = 'By hand' WHERE id = %s", [company["desk"].pk])
    owner.commit()
    assert entries(browser)[0][0] == "the phone company, in the database"


@pytest.mark.parametrize(
    ("query", "phrase", "absent"),
    [
        ("?q=front", "Front desk", "Labelled"), ("?q=80-5e-c0-00-00-01", "Front desk", ""), ("?q=ulm", "Uma Ulm", ""),
        ("?phone={desk}", "Front desk", ""), ("?person={uma}", "Uma Ulm", ""),
    ],
)  # fmt: skip
def test_search_finds_what_happened_with_a_phone_or_a_person(browser, company, query, phrase, absent):
    found = entries(browser, query.format(desk=company["desk"].pk, uma=company["uma"].pk))
    assert found
    assert all(phrase in " ".join(sentences) for _who, sentences in found)


def test_days_limit_what_is_found(browser, company):
    assert entries(browser, "?until=2020-01-01") == []
    assert entries(browser, "?since=2020-01-01") != []


def test_pages_go_on_where_the_one_before_ended(browser, company):
    for n in range(40):
        with transaction.atomic(), scope.entered(account_id=company["account"].pk):
            Phone.objects.filter(pk=company["desk"].pk).update(label=f"Desk {n}")
    first = browser.get("/activity/").context["page"]
    assert len(first.entries) == 30
    rest = browser.get("/activity/", {"before": first.next.isoformat()}).context["page"]
    labels = re.findall(r"→ Desk (\d+)", str([entry.sentences for entry in [*first.entries, *rest.entries]]))
    assert labels == [str(n) for n in reversed(range(40))]
    assert rest.next is None


def test_page_takes_the_same_number_of_queries_at_any_length(browser, company, django_assert_num_queries):
    confirm(browser, f"/phones/{company['desk'].pk}/assigned/", to="nobody")
    with django_assert_num_queries(QUERIES):
        browser.get("/activity/")
    for n in range(3):
        confirm(browser, f"/phones/{company['desk'].pk}/assigned/", to=str(company[("vic", "uma")[n % 2]].pk))
    with django_assert_num_queries(QUERIES):
        browser.get("/activity/")


QUERIES = 17


def test_other_accounts_activity_is_not_there(browser, company):
    other = factories.account("Other")
    eve = factories.person(other, "Eve", "Else")
    phone = factories.phone(other, eve, label="Theirs")
    for query in ("", "?q=theirs", f"?phone={phone.pk}", f"?person={eve.pk}"):
        assert "Theirs" not in str(entries(browser, query))
        assert "Eve" not in str(entries(browser, query))


def test_person_who_is_gone_is_still_named(browser, company):
    wyn = factories.person(company["account"], "Wyn", "Wolf")
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        User.objects.get(pk=wyn.pk).delete()
    assert "Deleted Wyn Wolf." in str(entries(browser))


def test_new_credentials_are_told_once(browser, company):
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        sip.change([company["uma"], company["vic"]])
    assert entries(browser)[0][1] == ["New SIP credentials: Uma Ulm, Vic Vance."]
