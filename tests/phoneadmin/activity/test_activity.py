"""The activity of an account in plain sentences: who did what and when, found again, and undone
(R37).
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from e911.models import EmergencyAddress
from phoneadmin.activity import entries as activity
from phoneadmin.activity.entries import Entry, Wanted
from phones import assignment, lifecycle
from phones.models import Phone, PhoneModel, Restart
from tests import factories
from tests.changes import begun, live
from users import people, sip
from users.models import Account, CredentialsRecord, Plan, SipCredentials, User
from users.tenancy import history, scope

pytestmark = pytest.mark.usefixtures("clean")


@pytest.fixture
def clean(committed):
    """Entries are told apart by their transactions, so these tests commit."""


@pytest.fixture
def company():
    account = factories.account("Acme")
    alice = factories.person(
        account, "Alice", "Archer", ext="100", is_administrator=True, has_second_factor=True
    )
    uma, vic = (
        factories.person(account, "Uma", "Ulm", ext="11"),
        factories.person(account, "Vic", "Vance", ext="12"),
    )
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
        history.add_context(reason="The customer called")
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


QUERIES = 16


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


# --- what each change is called -------------------------------------------------------------------

DESK, SHOP = "Front desk (80:5E:C0:00:00:01)", "Warehouse (80:5E:C0:00:00:02)"
GOLD = "100 Gold Street, New York, NY 10038"


def model(name: str) -> PhoneModel:
    return PhoneModel.objects.get(name=name)


def become(address: EmergencyAddress, **values) -> None:
    EmergencyAddress.objects.filter(pk=address.pk).update(**values)


def waiting(c) -> EmergencyAddress:
    """An address that waits for the provider; the test is about what becomes of it."""
    return factories.address(c["desk"], status="pending", current=False)


# What is there before, what is done with it in one transaction, and what Activity says of that.
TOLD = {
    "phone added": (
        None,
        lambda c, _: lifecycle.add_phone(
            account_id=c["account"].pk, mac="805ec00000aa", model=model("Snom D785"), label="Lobby"
        ),
        ["Added Lobby (80:5E:C0:00:00:AA)."],
    ),
    "phone added without a label": (
        None,
        lambda c, _: lifecycle.add_phone(
            account_id=c["account"].pk, mac="805ec00000aa", model=model("Snom D785")
        ),
        ["Added Snom D785 (80:5E:C0:00:00:AA)."],
    ),
    "phone added for somebody": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: Phone.objects.create(
            account=c["account"], mac="805ec00000aa", model=model("Snom D785"), assigned_to=wyn
        ),
        ["Added Snom D785 (80:5E:C0:00:00:AA) for Wyn Wolf."],
    ),
    "label": (
        None,
        lambda c, _: lifecycle.relabel_phone(c["desk"], "Reception"),
        ["Changed Reception (80:5E:C0:00:00:01): label: Front desk → Reception."],
    ),
    "label emptied": (
        None,
        lambda c, _: lifecycle.relabel_phone(c["desk"], ""),
        ["Changed Yealink SIP-T54W (80:5E:C0:00:00:01): label: Front desk → none."],
    ),
    "model and MAC address": (
        None,
        lambda c, _: lifecycle.correct_phone(
            c["desk"], mac="805ec00000ab", model=model("Snom D785")
        ),
        [
            "Changed Front desk (80:5E:C0:00:00:AB): model: Yealink SIP-T54W → Snom D785;"
            " MAC address: 80:5E:C0:00:00:01 → 80:5E:C0:00:00:AB."
        ],
    ),
    "kind of phone": (
        lambda c: factories.phone(c["account"], label="Spare", mac="805ec00000ac"),
        lambda c, spare: Phone.objects.filter(pk=spare.pk).update(kind="common"),
        ["Changed Spare (80:5E:C0:00:00:AC): kind of phone: User phone → Common-area phone."],
    ),
    "phone removed": (
        lambda c: factories.address(c["desk"]),
        lambda c, _: lifecycle.remove_phone(c["desk"], seen=plan_of(c).seen),
        [
            f"Took {DESK} from Uma Ulm.",
            f"Removed {DESK}.",
            f"The E911 address of {DESK} is no longer in force: {GOLD}.",
            "SIP credentials changed: Uma Ulm.",
        ],
    ),
    "phone replaced": (
        lambda c: factories.address(c["desk"]),
        lambda c, _: lifecycle.replace_phone(
            c["desk"], mac="805ec00000ad", model=model("Snom D785")
        ),
        [
            "Added Front desk (80:5E:C0:00:00:AD) for Uma Ulm.",
            f"Took {DESK} from Uma Ulm.",
            f"Removed {DESK}.",
            f"Set the E911 address of Front desk (80:5E:C0:00:00:AD): {GOLD}.",
            f"The E911 address of {DESK} is no longer in force: {GOLD}.",
            "SIP credentials changed: Uma Ulm.",
        ],
    ),
    "phone brought back": (
        lambda c: factories.phone(
            c["account"], label="Old", mac="805ec00000ae", retired_at=timezone.now()
        ),
        lambda c, old: Phone.objects.filter(pk=old.pk).update(retired_at=None),
        ["Brought Old (80:5E:C0:00:00:AE) back."],
    ),
    "phone deleted": (
        lambda c: factories.phone(c["account"], label="Old", mac="805ec00000ae"),
        lambda c, old: Phone.objects.filter(pk=old.pk).delete(),
        ["Deleted Old (80:5E:C0:00:00:AE)."],
    ),
    "phone given by hand": (
        lambda c: factories.phone(c["account"], label="Spare", mac="805ec00000ac"),
        lambda c, spare: (
            Phone.objects.filter(pk=c["desk"].pk).update(assigned_to=None),
            Phone.objects.filter(pk=spare.pk).update(assigned_to=c["uma"]),
        ),
        [f"Took {DESK} from Uma Ulm.", "Gave Spare (80:5E:C0:00:00:AC) to Uma Ulm."],
    ),
    "person added": (
        None,
        lambda c, _: people.add(
            account_id=c["account"].pk, plan="pro", first_name="Wyn", last_name="Wolf"
        ),
        ["Added Wyn Wolf."],
    ),
    "person without a name added": (
        None,
        lambda c, _: people.add(account_id=c["account"].pk, plan="basic", email="w@example.com"),
        ["Added w@example.com."],
    ),
    "person edited": (
        None,
        lambda c, _: people.edit(
            c["uma"], first_name="Una", ext="111", caller_id="+14155550100", is_administrator=True
        ),
        [
            "Changed Una Ulm: first name: Uma → Una; extension: 11 → 111;"
            " outbound caller ID: none → +14155550100; administrator: no → yes."
        ],
    ),
    "plan": (
        None,
        lambda c, _: people.change_plan(c["vic"], Plan.PLUS),
        ["Changed Vic Vance: plan: Pro → Plus."],
    ),
    "plan without a line": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: people.change_plan(wyn, Plan.BASIC),
        ["Changed Wyn Wolf: plan: Pro → Basic."],
    ),
    "plan with a line": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf", plan="basic"),
        lambda c, wyn: people.change_plan(wyn, Plan.PRO),
        ["Changed Wyn Wolf: plan: Basic → Pro."],
    ),
    "person deactivated": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: people.set_active(wyn, False),
        ["Changed Wyn Wolf: active: yes → no."],
    ),
    "second factor": (
        None,
        lambda c, _: User.objects.filter(pk=c["vic"].pk).update(has_second_factor=True),
        ["Changed Vic Vance: second factor: no → yes."],
    ),
    "person deleted": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf"),
        lambda c, wyn: people.delete(wyn),
        ["Deleted Wyn Wolf."],
    ),
    "invitation": (
        None,
        lambda c, _: history.record_action(c["uma"], history.INVITED),
        ["Invited Uma Ulm by email."],
    ),
    "visit": (
        None,
        lambda c, _: history.record_action(c["account"], history.VISITED),
        ["Looked at the pages of this account."],
    ),
    "credentials by hand": (
        None,
        lambda c, _: SipCredentials.objects.filter(user=c["uma"]).delete(),
        ["SIP credentials withdrawn: Uma Ulm."],
    ),
    "credentials for whoever had none": (
        lambda c: factories.person(c["account"], "Wyn", "Wolf", plan="basic"),
        lambda c, wyn: sip.issue_credentials([wyn]),
        ["New SIP credentials: Wyn Wolf."],
    ),
    "address set": (
        None,
        lambda c, _: factories.address(c["desk"]),
        [f"Set the E911 address of {DESK}: {GOLD}."],
    ),
    "address changed": (
        lambda c: factories.address(c["desk"]),
        lambda c, old: (
            become(old, status="withdrawn"),
            factories.address(c["desk"], standardised="1 Main St"),
        ),
        [
            f"The E911 address of {DESK} is no longer in force: {GOLD}.",
            f"Set the E911 address of {DESK}: 1 Main St.",
        ],
    ),
    "address entered": (
        None,
        lambda c, _: waiting(c),
        [f"Entered an E911 address of {DESK}: {GOLD}."],
    ),
    "address accepted": (
        waiting,
        lambda c, a: become(
            a, status="accepted", callback_number="+14155550100", caller_name="Uma Ulm"
        ),
        [
            f"The E911 address of {DESK} was accepted: {GOLD}.",
            f"The dispatcher calls {DESK} back as Uma Ulm, +14155550100.",
        ],
    ),
    "address refused": (
        waiting,
        lambda c, a: become(a, status="refused", words="No such street."),
        [
            f"The E911 address of {DESK} was refused: {GOLD}.",
            f"The E911 provider says of {DESK}: No such street.",
        ],
    ),
    "address given up": (
        waiting,
        lambda c, a: become(a, status="withdrawn"),
        [f"The E911 address of {DESK} was withdrawn before it came into force: {GOLD}."],
    ),
    "address that has to wait again": (
        lambda c: factories.address(c["desk"]),
        lambda c, a: become(a, status="pending"),
        [f"The E911 address of {DESK} waits for the E911 provider again: {GOLD}."],
    ),
    "provider's words": (
        waiting,
        lambda c, a: become(a, words="Cannot be reached."),
        [f"The E911 provider says of {DESK}: Cannot be reached."],
    ),
    "address deleted": (
        waiting,
        lambda c, a: EmergencyAddress.objects.filter(pk=a.pk).delete(),
        [f"Deleted an E911 address of {DESK}: {GOLD}."],
    ),
    "address out of force by hand": (
        lambda c: factories.address(c["desk"]),
        lambda c, _: Phone.objects.filter(pk=c["desk"].pk).update(current_address=None),
        [f"{DESK} has no E911 address in force any more."],
    ),
    "other address in force by hand": (
        lambda c: factories.address(c["desk"], current=False),
        lambda c, a: Phone.objects.filter(pk=c["desk"].pk).update(current_address=a),
        [f"Put another E911 address in force for {DESK}."],
    ),
    "account": (
        None,
        lambda c, _: Account.objects.filter(pk=c["account"].pk).update(
            name="Acme Inc.", second_factor_required=True
        ),
        [
            "Changed the account: name: Acme → Acme Inc.; second factor for all administrators:"
            " no → yes."
        ],
    ),
    "what has no words": (
        None,
        lambda c, _: Phone.objects.filter(pk=c["desk"].pk).update(created_at=timezone.now()),
        ["Changed details that are not listed here."],
    ),
}


def plan_of(c) -> assignment.Plan:
    """What removing the desk phone does."""
    return assignment.plan(account_id=c["account"].pk, moves=[assignment.Move(c["desk"].pk, None)])


@pytest.mark.parametrize("what", TOLD)
def test_change_is_told_in_plain_sentences(browser, company, what):
    before, do, said = TOLD[what]
    there = before(company) if before else None
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        do(company, there)
    assert entries(browser)[0][1] == said


def test_change_that_comes_to_nothing_is_not_told(browser, company):
    before = entries(browser)
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        lifecycle.relabel_phone(company["desk"], "Reception")
        lifecycle.relabel_phone(company["desk"], "Front desk")
        wyn = User.objects.create(account=company["account"], first_name="Wyn")
        wyn.delete()
    assert entries(browser) == before


RESTARTS = {
    "asked": f"Asked {DESK} to restart.",
    "silent": f"Asked {DESK} to restart; it did not answer.",
    "cannot": f"Asked {DESK} to restart; it cannot be restarted this way.",
    "unreachable": f"Tried to restart {DESK}; it could not be asked.",
    "": f"Tried to restart {DESK}; it could not be asked.",
}


@pytest.mark.parametrize("answer", RESTARTS)
def test_restart_is_told_with_what_the_phone_answered(browser, company, answer):
    with transaction.atomic(), recognised(company["alice"]):
        Restart.objects.create(
            account=company["account"], phone=company["desk"], by=company["alice"], answer=answer
        )
    assert entries(browser)[0] == ("Alice Archer", [RESTARTS[answer]])


def test_look_at_a_password_is_told_and_at_the_rest_is_not(browser, company):  # R22
    before = len(entries(browser))
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        sip.record_access(company["uma"], CredentialsRecord.What.LOOKED, by=company["alice"])
        sip.record_access(company["uma"], CredentialsRecord.What.PASSWORD, by=company["alice"])
    assert entries(browser)[0] == ("Alice Archer", ["Looked at the SIP password of Uma Ulm."])
    assert len(entries(browser)) == before + 1


# --- who it was -----------------------------------------------------------------------------------


@contextmanager
def recognised(user: User) -> Iterator[None]:
    """A request of somebody: the transaction knows who it is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT FROM users_recognised(%s)", [user.pk])
    yield


@pytest.mark.parametrize(
    ("command", "who"),
    [
        ("procrastinate", "the E911 provider"),
        ("import_company", "the phone company (import_company)"),
    ],
)
def test_change_by_a_program_says_which(browser, company, command, who):
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        history.add_context(command=command)
        lifecycle.relabel_phone(company["desk"], "Reception")
    assert entries(browser)[0][0] == who


def test_administrator_without_a_name_is_known_by_email(browser, company):
    bob = factories.person(
        company["account"], "", "", email="bob@example.com", plan="basic", is_administrator=True
    )
    with transaction.atomic(), recognised(bob):
        lifecycle.relabel_phone(company["desk"], "Reception")
    assert entries(browser)[0][0] == "bob@example.com"


def test_support_without_a_name_is_support(browser, company):
    agent = factories.person(
        None, "", "", email="s@example.com", ext=None, plan="basic", is_staff=True
    )
    with transaction.atomic(), recognised(agent):
        lifecycle.relabel_phone(company["desk"], "Reception")
    page = browser.get("/activity/")
    entry = page.context["page"].entries[0]
    assert (entry.who, entry.support) == ("support staff", True)
    assert "s@example.com" not in page.content.decode()


def test_restart_by_support_is_marked(browser, company):
    agent = factories.support_agent()
    with transaction.atomic(), recognised(agent):
        history.add_context(reason="The customer called")
        Restart.objects.create(
            account=company["account"], phone=company["desk"], by=agent, answer="asked"
        )
    entry = browser.get("/activity/").context["page"].entries[0]
    assert (entry.who, entry.support, entry.reason) == ("Sam Support", True, "The customer called")


def test_name_stays_that_of_the_time_for_who_did_it(browser, company):
    life_of = company["desk"]
    with transaction.atomic(), recognised(company["alice"]):
        lifecycle.relabel_phone(life_of, "Reception")
        people.edit(User.objects.get(pk=company["alice"].pk), last_name="Baker")
    assert entries(browser)[0][0] == "Alice Archer"


# --- what people typed is text --------------------------------------------------------------------


def test_labels_names_reasons_and_addresses_are_escaped(browser, company):
    bad = "<script>alert('1')</script>"
    mallory = factories.person(company["account"], bad, "<b>", is_administrator=True)
    with transaction.atomic(), recognised(mallory):
        history.add_context(reason=f"because {bad}")
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
def test_reason_that_is_no_text_breaks_nothing(browser, company, reason):
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        history.add_context(reason=reason)
        lifecycle.relabel_phone(company["desk"], "Reception")
    assert "<b>" not in browser.get("/activity/").content.decode()


# --- any length -----------------------------------------------------------------------------------


def walk(account_id: int, **wanted) -> list[Entry]:
    """All entries, page by page."""
    found: list[Entry] = []
    with transaction.atomic(), scope.entered(account_id=account_id):
        page = activity.fetch_history(account_id, Wanted(**wanted))
        found += page.entries
        while page.next:
            page = activity.fetch_history(account_id, Wanted(**wanted | {"before": page.next}))
            found += page.entries
    return found


def browse(client) -> Iterator[Entry]:
    """All entries, as somebody follows the link to what is older."""
    url = "/activity/"
    while url:
        response = client.get(url)
        yield from response.context["page"].entries
        older = re.search(r'<a href="([^"]+)">Older</a>', response.content.decode())
        url = "/activity/" + older[1].replace("&amp;", "&") if older else ""


def test_import_of_thousands_is_one_entry_and_paging_goes_on_after_it(browser, company):
    def relabel(word: str) -> None:
        for n in range(40):
            with transaction.atomic(), scope.entered(account_id=company["account"].pk):
                lifecycle.relabel_phone(company["desk"], f"{word} {n}")

    relabel("Before")
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        Phone.objects.bulk_create(
            Phone(account=company["account"], mac=f"805ec1{n:06x}", model=company["desk"].model)
            for n in range(5000)
        )
    relabel("After")
    found = list(browse(browser))
    labels = [re.findall(r"→ (\w+ \d+)\.", " ".join(entry.sentences)) for entry in found]
    assert labels[:40] == [[f"After {n}"] for n in reversed(range(40))]
    assert labels[41:81] == [[f"Before {n}"] for n in reversed(range(40))]
    assert len(found[40].sentences) == 20
    assert [n for n, entry in enumerate(found) if entry.cut_short] == [40]
    assert len({entry.at for entry in found}) == len(found)


@pytest.mark.parametrize(("seed", "page", "most"), [(1, 4, 7), (2, 1, 2), (3, 3, 50), (4, 50, 5)])
def test_pages_of_any_size_lose_and_double_nothing(company, owner, monkeypatch, seed, page, most):
    account, alice, sam = company["account"], company["alice"], factories.support_agent()
    world = begun((account, alice, sam), owner, seed)
    live(world, each=2, alice=alice, sam=sam, owner=owner)
    phone, person = company["desk"].pk, company["uma"].pk
    asked = [
        {},
        {"phone": phone},
        {"person": person},
        {"phone": max(world.rows[Phone])},
        {"q": "Uma"},
    ]
    asked += [{"person": key} for key in list(world.rows[User])[-3:]]
    monkeypatch.setattr(activity, "PAGE", 10**6)
    monkeypatch.setattr(activity, "MOST", 10**6)
    whole = [walk(account.pk, **wanted) for wanted in asked]
    happened = {at for at, net in transactions(owner, account.pk).items() if net}
    assert [entry.at for entry in whole[0]] == sorted(happened, reverse=True)
    monkeypatch.setattr(activity, "PAGE", page)
    monkeypatch.setattr(activity, "MOST", most)
    for wanted, expected in zip(asked, whole, strict=True):
        found = walk(account.pk, **wanted)
        times = [entry.at for entry in found]
        assert times == sorted(set(times), reverse=True)
        assert set(times) >= {entry.at for entry in expected}
        told = {entry.at: entry.sentences for entry in expected}
        assert all(entry.sentences == told[entry.at] for entry in found if not entry.cut_short)


def transactions(owner, account_id: int) -> dict[datetime, bool]:
    """When something was written in an account, and whether that made anything different."""
    found: dict[datetime, bool] = {}
    kinds = (
        activity.ACCOUNT,
        activity.PERSON,
        activity.PHONE,
        activity.ADDRESS,
        activity.CREDENTIALS,
    )
    for kind in kinds:
        whose = "pgh_obj_id" if kind is activity.ACCOUNT else "account_id"
        kept = ", ".join(
            f.column for f in kind._meta.concrete_fields if not f.name.startswith("pgh_")
        )
        versions = (
            f"SELECT pgh_id, pgh_obj_id, pgh_created_at, pgh_label, ({kept})::text AS kept"
            f" FROM {kind._meta.db_table}"
        )
        rows = owner.execute(
            f"{versions} WHERE {whose} = %s ORDER BY pgh_obj_id, pgh_id", [account_id]
        ).fetchall()
        state: dict[int, str | None] = {}
        for n, (_id, row, at, label, values) in enumerate(rows):
            if n == 0 or (rows[n - 1][1], rows[n - 1][2]) != (row, at):
                before = state.get(row)
            state[row] = None if label == history.DELETED else values
            if n + 1 == len(rows) or (rows[n + 1][1], rows[n + 1][2]) != (row, at):
                found[at] = found.get(at, False) or before != state[row]
    owner.rollback()
    return found


def test_search_that_fits_more_than_can_be_looked_through_says_so(browser, company, monkeypatch):
    monkeypatch.setattr(activity, "MATCHES", 1)
    assert (
        "Some of what happened may be missing"
        in browser.get("/activity/?q=80-5e-c0").content.decode()
    )
    assert "may be missing" not in browser.get("/activity/?q=front").content.decode()
    assert "may be missing" not in browser.get("/activity/").content.decode()


def test_search_for_a_person_finds_him_in_an_import_of_many(browser, company):
    """The entry of an import says what it did for this person, not for the first twenty."""
    with transaction.atomic(), scope.entered(account_id=company["account"].pk):
        zoes = User.objects.bulk_create(
            User(
                account=company["account"],
                first_name=f"Zoe{n}",
                last_name="Zed",
                ext=str(5000 + n),
                plan="pro",
                email=f"zoe{n}@example.com",
            )
            for n in range(60)
        )
        sip.issue_credentials(zoes)
        Phone.objects.bulk_create(
            Phone(
                account=company["account"],
                mac=f"805ec1{n:06x}",
                model=company["desk"].model,
                assigned_to=zoe,
            )
            for n, zoe in enumerate(zoes)
        )
    assert entries(browser, f"?person={zoes[50].pk}") == [
        (
            "the phone company, in the database",
            ["Added Zoe50 Zed.", "Added Yealink SIP-T54W (80:5E:C1:00:00:32) for Zoe50 Zed."],
        )
    ]


@pytest.mark.parametrize(
    "query",
    [
        "?phone=0",
        "?person=x",
        "?since=2026-02-30",
        "?until=soon",
        "?before=x",
        "?phone=" + "9" * 19,
        "?q=" + "x" * 201,
    ],
)
def test_filter_that_makes_no_sense_is_a_bad_request(browser, query):
    assert browser.get(f"/activity/{query}").status_code == 400


# --- other accounts -------------------------------------------------------------------------------


def test_nothing_of_another_account_shows_whatever_is_asked_for(browser, company, owner):
    other = factories.account("Other")
    eve = factories.person(other, "Eve", "Else", email="eve@example.com", ext="77")
    theirs = factories.phone(other, eve, label="Theirs", mac="805ec0eeeeee")
    factories.address(theirs, standardised="1 Secret Road")
    asked = {
        "q": [
            "Theirs",
            "Eve",
            "Else",
            "eve@example.com",
            "77",
            "80-5e-c0-ee-ee-ee",
            "eeee",
            "Secret",
            "%",
            "_",
            "\\",
            "'",
        ],
        "phone": [str(theirs.pk)],
        "person": [str(eve.pk)],
        "before": ["2100-01-01T00:00:00+00:00", "2100-01-01"],
        "since": ["2000-01-01"],
        "until": ["2100-01-01"],
    }
    for name, values in asked.items():
        for value in values:
            for more in ("", f"&phone={theirs.pk}", f"&person={eve.pk}", "&q=e"):
                page = browser.get(f"/activity/?{name}={quote(value)}{more}").content.decode()
                page = re.sub(
                    r'name="next" value="[^"]*"', "", page
                )  # where the switch of languages comes back to
                for word in ("Theirs", "Eve Else", "Secret Road", "80:5E:C0:EE:EE:EE"):
                    assert word not in page.replace(f'value="{word}"', ""), (name, value)
    # An id of another account is answered like one that nobody has.
    for name, key in (("phone", theirs.pk), ("person", eve.pk)):
        ours, nobodys = (
            browser.get(f"/activity/?{name}={k}")
            .content.decode()
            .replace(f'{name}={k}"', "")
            .replace(f'value="{k}"', "")
            for k in (key, 10**15)
        )
        token = r'value="\w{64}"'
        assert re.sub(token, "", ours) == re.sub(token, "", nobodys)


@pytest.mark.soak
def test_time_tells_nothing_of_another_account(browser, company, owner):
    """Another account's phone with ten thousand versions takes as long as one that nobody has."""
    other = factories.account("Other")
    theirs = factories.phone(other, label="Theirs")
    for n in range(10_000):
        owner.execute(
            "UPDATE phones_phone SET label = %s WHERE id = %s", [f"Theirs {n}", theirs.pk]
        )
    owner.commit()
    for name in ("phone", "q"):
        times: dict[str, list[float]] = {}
        for _n in range(40):
            for value in (
                (str(theirs.pk), str(10**15)) if name == "phone" else ("Theirs", "Nobodys")
            ):
                times.setdefault(value, []).append(milliseconds(browser, f"?{name}={value}"))
        theirs_take, nobodys_take = (statistics.median(each) for each in times.values())
        print(f"{name}: {theirs_take:.1f} ms, and {nobodys_take:.1f} ms for nobody's")
        assert abs(theirs_take - nobodys_take) < 0.25 * nobodys_take


# --- speed ----------------------------------------------------------------------------------------

PAGES = {
    "first": "",
    "a year back": "?before=2026-01-01",
    "one phone": "?phone={phone}",
    "one person": "?person={person}",
    "words": "?q=Desk+777",
    "a person’s name": "?q=Last777",
    "nothing": "?q=nothing+such",
    "days": "?since=2025-01-01&until=2030-01-01",
}


def milliseconds(client, query: str) -> float:
    started = time.perf_counter()
    assert client.get(f"/activity/{query}").status_code == 200
    return (time.perf_counter() - started) * 1000


def lengthen(owner, account_id: int, *, phones: int, label: str) -> None:
    """Put so many versions of phones, and half as many of people and of credentials each, into an
    account's history.
    """
    what = {"account": account_id, "label": label, "all": phones, "half": phones // 2}
    at = (
        "now() - interval '2 years'"
        if label == history.BEFORE
        else "now() - n / 2 * interval '3 minutes'"
    )
    for statement in (
        "INSERT INTO phones_phoneevent (id, pgh_obj_id, kind, mac, label, created_at, model_name,"
        " model_id, account_id,"
        " pgh_label, pgh_created_at) SELECT 9000000 + n %% 2000, 9000000 + n %% 2000, 'user',"
        " lpad(to_hex(n), 12, '0'),"
        f" 'Desk ' || n, now(), 'Snom D785', 1, %(account)s, %(label)s, {at} FROM"
        f" generate_series(1, %(all)s) AS n",
        "INSERT INTO users_userevent (id, pgh_obj_id, is_superuser, email, first_name, last_name,"
        " ext, plan, caller_id,"
        " is_administrator, is_staff, may_act, is_active, created_at, has_second_factor,"
        " account_id, pgh_label,"
        " pgh_created_at) SELECT 9000000 + n %% 2000, 9000000 + n %% 2000, false, 'p' || n ||"
        " '@example.com', 'First' || n,"
        " 'Last' || n %% 2000, '77', 'pro', '', false, false, false, true, now(), false,"
        " %(account)s, %(label)s,"
        f" {at} FROM generate_series(1, %(half)s) AS n",
        "INSERT INTO users_sipcredentialsevent (user_id, pgh_obj_id, username, changed_at,"
        " account_id, pgh_label,"
        " pgh_created_at) SELECT 9000000 + n %% 2000, 9000000 + n %% 2000, 'u' || n, now(),"
        " %(account)s, %(label)s,"
        f" {at} FROM generate_series(1, %(half)s) AS n",
    ):
        owner.execute(statement, what)
    owner.commit()
    owner.execute("ANALYZE phones_phoneevent, users_userevent, users_sipcredentialsevent")
    owner.commit()


def pages_of(company) -> dict[str, str]:
    return {name: query.format(phone=9_000_777, person=9_000_777) for name, query in PAGES.items()}


def test_page_of_a_long_history_takes_no_more_queries_than_of_a_short_one(browser, company, owner):
    for _length in range(2):
        lengthen(owner, company["account"].pk, phones=4000, label=history.CHANGED)
        for query in pages_of(company).values():
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/activity/{query}")
            assert (
                len(queries) <= QUERIES + 4
            )  # to find what is meant, and to undo the whole of what is shown in part


@pytest.mark.soak
@pytest.mark.parametrize(("changes", "before"), [(100_000, 0), (50, 100_000)])
def test_page_of_an_account_with_200_000_versions_is_fast(browser, company, owner, changes, before):
    lengthen(owner, company["account"].pk, phones=before, label=history.BEFORE)
    lengthen(owner, company["account"].pk, phones=changes, label=history.CHANGED)
    for name, query in pages_of(company).items():
        taken = statistics.median(milliseconds(browser, query) for _n in range(11))
        print(f"{changes} changes, {before} before: {name}: {taken:.0f} ms")
        assert taken < 500
