"""Activity in plain sentences: who did what and when, found again, and undone (R37)."""

from __future__ import annotations

import json
import re

import pytest
from django.db import connection, transaction

from phones import lifecycle
from phones.models import Phone, Restart
from tests import factories
from tests.confirming import confirm_act
from users import people, sip
from users.models import User
from users.tenancy import history, scope
from users.tenancy.actors import Actor, ActorKind

from .conftest import QUERIES, acting_as, entries

pytestmark = pytest.mark.usefixtures("clean")


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
    # Of these two and of the start, only the latest can be undone.
    assert [bool(entry.undo) for entry in response.context["page"].entries][:2] == [True, False]


def test_change_of_a_person_says_from_what_to_what(browser, company):
    fields = {"first_name": "Uma", "last_name": "Ulmer", "email": "u@example.com", "ext": "111"}
    fields["plan"] = "pro"
    response = confirm_act(browser, f"/users/{company['uma'].pk}/edit/", **fields)
    assert response.status_code == 302, response.content
    who, sentences = entries(browser)[0]
    assert who == "Alice Archer"
    assert "last name: Ulm → Ulmer" in sentences[0]
    assert "extension: 11 → 111" in sentences[0]


def test_change_by_support_is_marked_and_says_why(browser, company):
    with transaction.atomic(), connection.cursor() as cursor:
        agent = factories.support_agent()
        cursor.execute("SELECT FROM users_recognised(%s)", [agent.pk])
        history.give_reason("The customer called")
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
        ("?q=front", "Front desk", "Labelled"),
        ("?q=80-5e-c0-00-00-01", "Front desk", ""),
        ("?q=ulm", "Uma Ulm", ""),
        ("?phone={desk}", "Front desk", ""),
        ("?person={uma}", "Uma Ulm", ""),
    ],
)
def test_search_finds_what_happened_with_a_phone_or_a_person(
    browser, company, query, phrase, absent
):
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
    labels = re.findall(
        r"→ Desk (\d+)", str([entry.sentences for entry in [*first.entries, *rest.entries]])
    )
    assert labels == [str(n) for n in reversed(range(40))]
    assert rest.next is None


def test_page_takes_the_same_number_of_queries_at_any_length(
    browser, company, django_assert_num_queries
):
    confirm(browser, f"/phones/{company['desk'].pk}/assigned/", to="nobody")
    with django_assert_num_queries(QUERIES):
        browser.get("/activity/")
    for n in range(3):
        confirm(
            browser,
            f"/phones/{company['desk'].pk}/assigned/",
            to=str(company[("vic", "uma")[n % 2]].pk),
        )
    with django_assert_num_queries(QUERIES):
        browser.get("/activity/")


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
        sip.issue_credentials([company["uma"], company["vic"]])
    assert entries(browser)[0][1] == ["New SIP credentials: Uma Ulm, Vic Vance."]


# --- who it was -----------------------------------------------------------------------------------


EVERY_ACTOR = {
    "a person": (Actor(ActorKind.PERSON, "Bo Bell", 7), "Bo Bell", False, ""),
    "support": (
        Actor(ActorKind.SUPPORT, "Sam Support", 8, "They called"), "Sam Support", True,
        "They called",
    ),
    "a command": (
        Actor(ActorKind.COMMAND, "import_company"), "the phone company (import_company)", False, "",
    ),
    "the worker": (Actor(ActorKind.JOB, "procrastinate"), "the E911 provider", False, ""),
    "a mailbox": (
        Actor(ActorKind.MAILBOX, "old@example.com"),
        "someone who reads mail sent to old@example.com", False,
        "",
    ),
    "the database": (Actor(ActorKind.DATABASE), "the phone company, in the database", False, ""),
}  # fmt: skip
# How version 0.1 wrote the same actors.
FIRST_SHAPE = {
    "a person": {"user": 7, "name": "Bo Bell", "support": False},
    "support": {"user": 8, "name": "Sam Support", "support": True, "reason": "They called"},
    "a command": {"command": "import_company"},
    "the worker": {"command": "procrastinate"},
    "a mailbox": {"mailbox": "old@example.com"},
    "the database": None,
}


def relabel(company, context: object) -> None:
    """Change something, and write this as who did it."""
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        with connection.cursor() as cursor:
            said = "" if context is None else json.dumps(context)
            cursor.execute("SELECT set_config('pghistory.context_metadata', %s, true)", [said])
        lifecycle.relabel_phone(company["desk"], "Reception")


def test_every_kind_of_actor_is_tried_here():
    kinds = {actor.kind for actor, *_ in EVERY_ACTOR.values()}
    assert kinds == set(ActorKind)
    assert set(FIRST_SHAPE) == set(EVERY_ACTOR)


@pytest.mark.parametrize("which", EVERY_ACTOR)
def test_change_says_who_made_it_whatever_kind_of_actor(browser, company, which):
    actor, who, support, reason = EVERY_ACTOR[which]
    relabel(company, actor.as_context())
    entry = browser.get("/activity/").context["page"].entries[0]
    assert (entry.who, entry.support, entry.reason) == (who, support, reason)
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        kept = Phone.pgh_event_model.objects.latest("pgh_id").pgh_context
    assert Actor.read(kept) == actor


@pytest.mark.parametrize("which", FIRST_SHAPE)
def test_actor_as_the_first_version_wrote_it_is_still_read(browser, company, which):
    actor, who, support, reason = EVERY_ACTOR[which]
    assert Actor.read(FIRST_SHAPE[which]) == actor
    relabel(company, FIRST_SHAPE[which])
    entry = browser.get("/activity/").context["page"].entries[0]
    assert (entry.who, entry.support, entry.reason) == (who, support, reason)


def test_administrator_without_a_name_is_known_by_email(browser, company):
    bob = factories.person(
        company["account"], "", "", email="bob@example.com", plan="basic", is_administrator=True
    )
    with transaction.atomic(), acting_as(bob):
        lifecycle.relabel_phone(company["desk"], "Reception")
    assert entries(browser)[0][0] == "bob@example.com"


def test_support_without_a_name_is_support(browser, company):
    agent = factories.person(
        None, "", "", email="s@example.com", ext=None, plan="basic", is_staff=True
    )
    with transaction.atomic(), acting_as(agent):
        lifecycle.relabel_phone(company["desk"], "Reception")
    page = browser.get("/activity/")
    entry = page.context["page"].entries[0]
    assert (entry.who, entry.support) == ("support staff", True)
    assert "s@example.com" not in page.content.decode()


def test_restart_by_support_is_marked(browser, company):
    agent = factories.support_agent()
    with transaction.atomic(), acting_as(agent):
        history.give_reason("The customer called")
        Restart.objects.create(
            account=company["account"], phone=company["desk"], by=agent, answer="asked"
        )
    entry = browser.get("/activity/").context["page"].entries[0]
    assert (entry.who, entry.support, entry.reason) == ("Sam Support", True, "The customer called")


def test_name_stays_that_of_the_time_for_who_did_it(browser, company):
    life_of = company["desk"]
    with transaction.atomic(), acting_as(company["alice"]):
        lifecycle.relabel_phone(life_of, "Reception")
        people.edit(User.objects.get(pk=company["alice"].pk), last_name="Baker")
    assert entries(browser)[0][0] == "Alice Archer"


# --- what people typed is text --------------------------------------------------------------------


def test_labels_names_reasons_and_addresses_are_escaped(browser, company):
    bad = "<script>alert('1')</script>"
    mallory = factories.person(company["account"], bad, "<b>", is_administrator=True)
    with transaction.atomic(), acting_as(mallory):
        history.give_reason(f"because {bad}")
        lifecycle.relabel_phone(company["desk"], bad)
        people.edit(company["uma"], last_name=f"<i>{bad}")
        factories.address(company["desk"], standardised=f"1 <u> St {bad}", words=bad)
    page = (
        browser.get("/activity/", {"q": bad}).content.decode()
        + browser.get("/activity/").content.decode()
    )
    for tag in ("<script>alert", "<b>", "<i>", "<u>"):
        assert tag not in page
    assert page.count("&lt;script&gt;") >= 8


@pytest.mark.parametrize("reason", [7, ["a"], {"a": "<b>"}, None, True])
@pytest.mark.parametrize("shape", [{"kind": "command", "name": "x"}, {"command": "x"}])
def test_reason_that_is_no_text_breaks_nothing(browser, company, shape, reason):
    relabel(company, shape | {"reason": reason})
    assert "<b>" not in browser.get("/activity/").content.decode()
