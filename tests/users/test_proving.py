"""Proving again that it's you before an act that decides who can sign in (R44)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from tests import site
from tests.answers import visible_text
from tests.companies import BLOCKED, INACTIVE, INVITED
from tests.confirming import HIDDEN, read_question
from tests.users.proving import MAKE, SIX_MINUTES, carried, who_can_sign_in
from tests.web import prove_ago
from users.models import User
from users.sensitive import Sensitive
from users.tenancy import scope

STALE = {"six minutes ago": SIX_MINUTES, "never": None}

QUESTION = "Is this still you?"


@pytest.fixture
def world(two_companies) -> site.World:
    return two_companies


def client_of(world: site.World, role: str, ago: float | None = 0) -> Client:
    """Return the browser of a role whose last proof is so many seconds ago."""
    client = world.client(role)
    prove_ago(client, ago)
    return client


# --- every sensitive act, by everyone who may do it ---

ADMINISTRATOR, WYN = 1, 3

PERSON = site.PERSON


@dataclass(frozen=True)
class Try:
    """One way to do a sensitive act: the role, the URL, the user it is about, and the form."""

    role: str
    url: str
    about: int = WYN
    form: dict[str, str] = field(default_factory=dict)
    off_administrator: bool = False  # needs a deactivated administrator
    answer: int = 302  # if it succeeds

    def __str__(self) -> str:
        return f"{self.role} {self.url} {self.about} {' '.join(self.form)}"


ACT = "/admin/users/user/<key>/"

FACTORS = "/sign-in/second-factor/"

TRIES: dict[Sensitive, list[Try]] = {
    Sensitive.EMAIL: [
        Try("administrator", "/users/<key>/edit/", WYN, PERSON),
        Try("administrator", "/users/<key>/edit/", ADMINISTRATOR, PERSON),
        Try("administrator", "/users/<key>/edit/", WYN, PERSON | {"email": ""}),
        Try("support", f"{ACT}edit/", WYN, PERSON),
    ],
    Sensitive.ADMINISTRATORS: [
        Try("administrator", "/users/add/", WYN, PERSON | MAKE | {"plan": "basic"}),
        Try("administrator", "/users/<key>/make-administrator/", WYN),
        Try("administrator", "/users/<key>/remove-administrator/", INVITED),
        Try("administrator", "/users/<key>/deactivate/", INVITED),
        Try("administrator", "/users/<key>/activate/", INACTIVE, off_administrator=True),
        Try("administrator", "/users/<key>/delete/", INVITED),
        Try("support", f"{ACT}make-administrator/", WYN),
        Try("support", f"{ACT}remove-administrator/", INVITED),
        Try("support", f"{ACT}deactivate/", INVITED),
        Try("support", f"{ACT}activate/", INACTIVE, off_administrator=True),
        Try("support", f"{ACT}delete/", INVITED),
        Try("support", "/admin/users/account/add/", form={"name": "New", "email": "n@example.com"}),
    ],
    Sensitive.SECOND_FACTORS: [
        Try("administrator", "/users/<key>/second-factor/", INVITED),
        Try("support", f"{ACT}second-factor/", INVITED),
    ],
    Sensitive.SIGN_IN_RULE: [
        Try("administrator", "/company/", form={"second_factor_required": "on"}),
    ],
    Sensitive.BLOCKED_SIGN_IN: [
        Try("administrator", "/users/<key>/sign-in-block/", BLOCKED),
        Try("support", f"{ACT}sign-in-block/", BLOCKED),
    ],
    Sensitive.OWN_SIGN_IN: [
        *(Try(role, f"{FACTORS}app/remove/") for role in ("administrator",)),
        *(Try(role, f"{FACTORS}codes/new/") for role in ("administrator", "support")),
        Try("administrator", f"{FACTORS}passkeys/<pk>/remove/"),
        Try("administrator", f"{FACTORS}passkeys/add/", form={"credential": "{}"}, answer=200),
    ],
}

TABLE = [(act, each) for act, tries in TRIES.items() for each in tries]

each_try = pytest.mark.parametrize(("act", "tried"), TABLE, ids=str)


def test_every_sensitive_act_is_tried_here_by_everyone_who_may_do_it():
    assert set(TRIES) == set(Sensitive)
    roles = {act: {each.role for each in tries} for act, tries in TRIES.items()}
    of_both = {act for act in roles if roles[act] == {"administrator", "support"}}
    assert set(Sensitive) - of_both == {Sensitive.SIGN_IN_RULE}  # support leaves these to them


def path_of(world: site.World, tried: Try) -> str:
    key = world.ours.numbered(33 if "<pk>" in tried.url else tried.about)
    return site.KEY.sub(str(key), tried.url)


def sent_by(world: site.World, tried: Try) -> dict[str, str]:
    """Return what the form sends: an act's `seen` and key, and from support staff a reason."""
    if not tried.url.startswith(("/admin/", "/users/")):
        return tried.form
    asked = read_question(client_of(world, tried.role), path_of(world, tried))
    return tried.form | asked | ({"reason": "They called"} if tried.role == "support" else {})


def prepare(world: site.World, tried: Try) -> None:
    if tried.off_administrator:
        with scope.entered(scope="support"):
            User.objects.filter(pk=world.ours.numbered(INACTIVE)).update(is_administrator=True)


@each_try
@pytest.mark.parametrize("ago", STALE.values(), ids=STALE)
def test_sensitive_act_asks_for_a_proof_and_does_nothing_before(world, act, tried, ago):  # R44
    prepare(world, tried)
    sent, before = sent_by(world, tried), who_can_sign_in()
    answer = client_of(world, tried.role, ago).post(path_of(world, tried), sent)
    assert (
        answer.status_code,
        QUESTION in visible_text(answer),
        str(act.label) in visible_text(answer),
    ) == (
        422,
        True,
        True,
    )
    assert who_can_sign_in() == before
    assert sent.items() <= carried(answer).items()


@each_try
def test_sensitive_act_goes_on_for_whoever_has_just_proved_it(world, act, tried):  # R44
    prepare(world, tried)
    sent, before = sent_by(world, tried), who_can_sign_in()
    for ago in (0, 4 * 60):
        with transaction.atomic():
            answer = client_of(world, tried.role, ago).post(path_of(world, tried), sent)
            asked = QUESTION in visible_text(answer)
            assert (answer.status_code, asked) == (tried.answer, False), visible_text(answer)
            assert tried.answer == 200 or who_can_sign_in() != before
            transaction.set_rollback(True)


@pytest.mark.parametrize("ago", STALE.values(), ids=STALE)
@pytest.mark.parametrize(
    "page",
    [f"{FACTORS}codes/", "/sign-in/password/change/", f"{FACTORS}app/remove/"],
)
def test_page_about_ones_own_sign_in_asks_before_it_shows_anything(world, page, ago):  # R44
    answer = client_of(world, "administrator", ago).get(page)
    assert (answer.status_code, answer.url.partition("?")[0]) == (302, f"{FACTORS}again/")


# --- nothing else decides who can sign in ---

PEOPLE = (ADMINISTRATOR, WYN, INACTIVE, INVITED, BLOCKED)

# The URLs where administrators and support change it with a fresh proof. Another URL that does so
# fails the test: add it here, and what it does to users.sensitive.
DECIDING = {
    "/company/", "/users/add/", "/users/<key>/edit/", f"{ACT}edit/", "/admin/users/account/add/",
    *(f"{before}{act}/" for before in ("/users/<key>/", ACT) for act in (
        "make-administrator", "remove-administrator", "second-factor", "sign-in-block",
        "deactivate", "activate", "delete",
    )),
    "/sign-in/password/change/", f"{FACTORS}app/remove/", f"{FACTORS}codes/new/",
    f"{FACTORS}passkeys/<pk>/remove/",
}  # fmt: skip


def everything_asked(world: site.World) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield role, URL, path and form of everything that can be posted to the project."""
    sent = site.forms(world)
    reach = {
        "/users/add/": MAKE,
        "/sign-in/password/change/": {"oldpassword": "secret"},
    }
    for url in site.urls():
        role = "support" if url.startswith("/admin/") else "administrator"
        form = sent.get(url, {}) | reach.get(url, {})
        if not url.startswith(("/users/", ACT, "/admin/users/account/add/")):
            yield role, url, site.address(url, world), form
            continue
        for person in PEOPLE if "<key>" in url else [None]:
            path = site.KEY.sub(str(world.ours.numbered(person)), url) if person else url
            response = client_of(world, role).get(path)
            if response.status_code == 200:  # else it can't be done to this user
                yield (
                    role,
                    url,
                    path,
                    form
                    | dict(HIDDEN.findall("" if response.streaming else response.content.decode())),
                )


def deciding(world: site.World, ago: float | None) -> set[str]:
    """Return the URLs that change who can sign in, with a proof so many seconds ago."""
    found = set()
    with scope.entered(scope="support"):
        User.objects.filter(pk=world.ours.numbered(INACTIVE)).update(is_administrator=True)
    everyone, rest = who_can_sign_in()
    for role, url, path, form in everything_asked(world):
        with transaction.atomic():
            client_of(world, role, ago).post(path, form)
            now, rest_now = who_can_sign_in()
            # Users who aren't administrators may be added or removed, as they can't open anything.
            known = {key: row for key, row in now.items() if key in everyone or row[2]}
            still = {key: row for key, row in everyone.items() if key in now or row[2]}
            if (known, rest_now) != (still, rest):
                found.add(url)
            transaction.set_rollback(True)
    return found


@pytest.mark.ci
def test_nothing_decides_who_can_sign_in_without_a_fresh_proof(world):  # R44
    assert deciding(world, SIX_MINUTES) == set()
    assert deciding(world, 0) == DECIDING
