"""Activity of any length: paging, search, other accounts and speed (R37)."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from phoneadmin.activity import entries as activity
from phoneadmin.activity.entries import Entry, Wanted
from phones import lifecycle
from phones.models import Phone
from tests import factories
from tests.changes import begun, live
from users import sip
from users.models import User
from users.tenancy import history, scope

from .conftest import QUERIES, entries

pytestmark = pytest.mark.usefixtures("clean")


def walk(account_id: int, **wanted) -> list[Entry]:
    """Return all entries, fetched page by page."""
    found: list[Entry] = []
    with transaction.atomic(), scope.entered(account_id=account_id):
        page = activity.fetch_history(account_id, Wanted(**wanted))
        found += page.entries
        while page.next:
            page = activity.fetch_history(account_id, Wanted(**wanted | {"before": page.next}))
            found += page.entries
    return found


def browse(client) -> Iterator[Entry]:
    """Return all entries the way a user sees them who follows the link to older ones."""
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
    """Return when each transaction wrote in an account, and whether it changed anything."""
    found: dict[datetime, bool] = {}
    kinds = (
        activity.ACCOUNT,
        activity.PERSON,
        activity.PHONE,
        activity.ADDRESS,
        activity.CREDENTIALS,
        activity.NUMBER,
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
    assert "so some entries may be missing" in browser.get("/activity/?q=80-5e-c0").content.decode()
    assert "may be missing" not in browser.get("/activity/?q=front").content.decode()
    assert "may be missing" not in browser.get("/activity/").content.decode()


def test_search_for_a_person_finds_him_in_an_import_of_many(browser, company):
    """The entry of an import names this person instead of the first twenty."""
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
        "?kind=some",
        "?who=Alice",
        "?who=0",
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
                # Leave out where the language switch and the download repeat what was asked.
                page = re.sub(r'name="next" value="[^"]*"|activity\.csv\?[^"]*', "", page)
                for word in ("Theirs", "Eve Else", "Secret Road", "80:5E:C0:EE:EE:EE"):
                    assert word not in page.replace(f'value="{word}"', ""), (name, value)
    # An id of another account is answered like an id that does not exist.
    for name, key in (("phone", theirs.pk), ("person", eve.pk)):
        ours, nobodys = (
            browser.get(f"/activity/?{name}={k}")
            .content.decode()
            .replace(f'{name}={k}"', "")
            .replace(f"/phones/{k}/", "")
            .replace(f'value="{k}"', "")
            for k in (key, 10**15)
        )
        token = r'value="\w{64}"'
        assert re.sub(token, "", ours) == re.sub(token, "", nobodys)


@pytest.mark.soak
def test_time_tells_nothing_of_another_account(browser, company, owner):
    """Another account's phone with 10,000 versions takes as long as an id that does not exist."""
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
    "assignments, of which there are none": "?kind=assignments",
    "phones": "?kind=phones",
    "sign-in": "?kind=sign-in",
    "by someone who did nothing": "?who=999",
    "by support, of one kind": "?who=support&kind=addresses",
}


def milliseconds(client, query: str) -> float:
    started = time.perf_counter()
    assert client.get(f"/activity/{query}").status_code == 200
    return (time.perf_counter() - started) * 1000


def lengthen(owner, account_id: int, *, phones: int, label: str) -> None:
    """Add this many versions of phones, and half as many of people and of credentials each."""
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
        " 'Last' || n %% 2000, '77', 'pro', NULL, false, false, false, true, now(), false,"
        " %(account)s, %(label)s,"
        f" {at} FROM generate_series(1, %(half)s) AS n",
        "INSERT INTO users_sipaccountevent (id, user_id, pgh_obj_id, kind, username, changed_at,"
        " account_id, pgh_label, pgh_created_at)"
        " SELECT 9000000 + n %% 2000, 9000000 + n %% 2000, 9000000 + n %% 2000, 'person',"
        " 'u' || n, now(),"
        " %(account)s, %(label)s,"
        f" {at} FROM generate_series(1, %(half)s) AS n",
    ):
        owner.execute(statement, what)
    owner.commit()
    owner.execute("ANALYZE phones_phoneevent, users_userevent, users_sipaccountevent")
    owner.commit()


def pages_of(company) -> dict[str, str]:
    return {name: query.format(phone=9_000_777, person=9_000_777) for name, query in PAGES.items()}


def test_page_of_a_long_history_takes_no_more_queries_than_of_a_short_one(browser, company, owner):
    for _length in range(2):
        lengthen(owner, company["account"].pk, phones=4000, label=history.CHANGED)
        for query in pages_of(company).values():
            with CaptureQueriesContext(connection) as queries:
                browser.get(f"/activity/{query}")
            # Four more: to find what the query means, and to undo entries that are cut off. And for
            # filters, one for each table, to find how far back they look.
            assert len(queries) <= QUERIES + 4 + (8 if "kind" in query or "who" in query else 0)


@pytest.mark.soak
@pytest.mark.parametrize(("changes", "before"), [(100_000, 0), (50, 100_000)])
def test_page_of_an_account_with_200_000_versions_is_fast(browser, company, owner, changes, before):
    lengthen(owner, company["account"].pk, phones=before, label=history.BEFORE)
    lengthen(owner, company["account"].pk, phones=changes, label=history.CHANGED)
    for name, query in pages_of(company).items():
        taken = statistics.median(milliseconds(browser, query) for _n in range(11))
        print(f"{changes} changes, {before} before: {name}: {taken:.0f} ms")
        assert taken < 500
