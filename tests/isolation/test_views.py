"""A view that forgets its filter, or names the wrong account, still shows nothing of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test import Client

from tests import companies, site
from tests.answers import text_of_answer
from tests.isolation.probing import HTMX, PAGES
from users.models import User
from users.sign_in import Backend

KEYED = [url for url in PAGES if "<" in url]


@pytest.fixture
def unfiltered(monkeypatch) -> None:
    """Let every query ask for the rows of all accounts."""
    original = QuerySet._filter_or_exclude_inplace

    def without_account(self: QuerySet, negate: bool, args: tuple, kwargs: dict[str, Any]) -> None:
        kept = {
            name: value
            for name, value in kwargs.items()
            if not re.search(r"(^|__)account(_id|__id)?$", name)
        }
        original(self, negate, args, kept)

    monkeypatch.setattr(QuerySet, "_filter_or_exclude_inplace", without_account)


@pytest.fixture
def mistaken(world, monkeypatch) -> None:
    """Let every view take our administrator for one of the other company; the database doesn't."""
    original = Backend.get_user

    def of_another_company(self: Backend, user_id: int) -> User | None:
        user = original(self, user_id)
        if user and user.account_id == world.ours.account.pk:
            user.account_id = world.theirs.account.pk
        return user

    monkeypatch.setattr(Backend, "get_user", of_another_company)


@pytest.fixture
def unprotected(monkeypatch) -> None:
    """Let every signed-in user see all accounts, as if there were no row-level security."""
    original = Backend.get_user

    def seeing_all(self: Backend, user_id: int) -> User | None:
        user = original(self, user_id)
        # Only the scope changes: search filters by account itself, so the account stays set.
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('phoneadmin.scope', 'support', true)")
        return user

    monkeypatch.setattr(Backend, "get_user", seeing_all)


def requests(world: site.World) -> Iterator[tuple[str, Callable[[Client], Any]]]:
    """Yield a name and a function for each request that uses keys of the other company."""
    forms = site.forms(world, world.theirs)
    for url in PAGES:
        path = site.action(url, world, world.theirs)
        for headers in ({}, HTMX):
            yield (
                f"GET {url}",
                lambda client, p=path, h=headers: client.get(p, headers=h),
            )
            yield (
                f"POST {url}",
                lambda client, p=path, u=url, h=headers: client.post(p, forms.get(u), headers=h),
            )


def shown(world: site.World, secrets: set[str]) -> dict[str, set[str]]:
    """Return what each request reveals of the other company beyond its own content.

    Check that the other company stays unchanged.
    """
    found, before = {}, companies.digests(world.theirs)
    for name, send in requests(world):
        with transaction.atomic():
            answer = send(world.client("administrator"))
            got = text_of_answer(answer)
            said = unquote(answer.wsgi_request.get_full_path()) + str(
                answer.wsgi_request.POST.dict()
            )
            if leaked := {mark for mark in secrets if mark in got and mark not in said.lower()}:
                found[name] = leaked
            assert companies.digests(world.theirs) == before, name
            transaction.set_rollback(True)
    return found


def test_view_without_its_filter_shows_nothing_of_another_account(world, secrets, unfiltered):
    assert shown(world, secrets) == {}
    for url in KEYED:
        assert (
            world.client("administrator").get(site.action(url, world, world.theirs)).status_code
            == 404
        )


@pytest.mark.ci
def test_view_that_asks_for_another_account_shows_nothing_of_it(world, secrets, mistaken):
    assert shown(world, secrets) == {}


def test_without_row_level_security_the_same_requests_would_show_it(
    world, secrets, unfiltered, unprotected
):
    """This proves that in the two tests above, only the database keeps the answers empty."""
    seen = set()
    for url in PAGES:
        with transaction.atomic():
            answer = world.client("administrator").get(site.action(url, world, world.theirs))
            if {
                mark for mark in secrets if not mark.isdecimal() and mark in text_of_answer(answer)
            }:
                seen.add(url)
            transaction.set_rollback(True)
    # The lists of phones fail before they show anything: their own SQL asks for the lines' state.
    assert seen >= {*KEYED, "/users/", "/activity/"}


def test_account_is_never_taken_from_what_a_request_says(world, secrets):
    wish = {
        name: str(world.theirs.account.pk)
        for name in ("account", "account_id", "tenant", "phoneadmin.account", "scope")
    }
    headers = {
        "X-Account": wish["account"],
        "X-Tenant-ID": wish["account"],
        "phoneadmin.account": wish["account"],
    }
    client = world.client("administrator")
    for name, value in wish.items():
        client.cookies[name] = value
    for url in ("/phones/", "/users/", "/phones/user-phones.csv", "/activity/"):
        answer = client.get(url, wish, headers=headers)
        assert answer.status_code == 200
        given = text_of_answer(answer)
        assert world.ours.word.lower() in given or url == "/activity/"
        assert {mark for mark in secrets if mark in given} <= set(wish.values())


# Files that may set what the rest of a transaction sees. An addition needs a reason in review.
ENTERS = {
    "e911/records.py",  # the worker: the account of its job
    "phoneadmin/admin.py",  # support staff: the Activity of one account
    "phoneadmin/demo.py",
    "phoneadmin/management/commands/reissue_credentials.py",
    "phones/admin.py",  # support staff: the account of the phone
    "phones/importing.py",  # a command
    "phones/lifecycle.py",  # a phone that support staff move: the old account, then the new one
    "phones/lock.py",  # the check at startup of which keys are in use
    "phones/tasks.py",  # the worker: the account of its job
    "users/blocks.py",  # the reader of a replaced mailbox: the account in the signed link
    "users/invitations.py",
    "users/management/commands/reset_second_factor.py",
    "users/numbers.py",  # whether any account has a number confirmed; it says only yes or no
    "users/request_keys.py",  # support staff's keys, which belong to no account
    "users/tenancy/scope.py",
    "users/sign_in.py",
    "users/sip.py",  # the check at startup of which keys are in use
    "users/support/acting.py",  # support staff: the account of the row
    "users/support/visits.py",
    "users/tasks.py",  # the worker: the recipient of a mail
}


def test_scopes_are_entered_in_known_places():
    folder = Path(settings.BASE_DIR)
    ours = [
        path
        for name in ("phoneadmin", "users", "phones", "e911")
        for path in (folder / name).rglob("*.py")
    ]
    calling = re.compile(r"\bscope\.enter|\benter\(|phoneadmin\.(account|scope)'")
    found = {
        str(path.relative_to(folder))
        for path in ours
        if calling.search(path.read_text()) and "migrations" not in path.parts
    }
    assert found == ENTERS
