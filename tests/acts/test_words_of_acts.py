"""Every act speaks the language of who does it, in every state of its page (R41)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import timezone

from e911.models import EmergencyAddress
from phones.models import Phone, PhoneModel
from tests import factories, pseudo
from tests.acts.changes import everywhere, give, phone, user
from tests.acts.trials import CASES, TRIALS
from tests.confirming import HIDDEN, HTMX
from tests.support.acting import REASON, World, signed_in
from tests.untranslated import leaks, match_data
from users.models import Account, SipAccount, User
from users.request_keys import make_key

STALE = "f" * 32


@pytest.fixture
def committed(db) -> None:
    """Roll the world back after each test: no other connection looks at it here."""


def data(**sent: Any) -> re.Pattern[str]:
    """Match what the world contains, and what is sent to it."""

    def read() -> set[str]:
        return {
            text
            for rows, *columns in (
                (Account, "name"),
                (PhoneModel, "name"),
                (User, "first_name", "last_name"),
                (Phone, "label", "model_name"),
                (EmergencyAddress, "standardised"),
                (SipAccount, "username"),
            )
            for row in rows.objects.values_list(*columns)
            for text in row
        }

    return match_data({*everywhere(read), *(str(each) for each in sent.values())})


def get_ready(world: World, audience: str, url: str, verb: str) -> tuple[Any, str, dict[str, Any]]:
    """Return the browser of someone about to do an act, its URL, and what they would send."""
    TRIALS[verb].before(world)
    url = url.format(key=getattr(world, TRIALS[verb].row).pk)
    url += f"?to={world.other.pk}" if verb == "move" else ""
    support = audience == "support"
    client = signed_in(factories.support_agent() if support else world.alice)
    return client, url, TRIALS[verb].answers() | ({"reason": REASON} if support else {})


@pytest.mark.ci
@pytest.mark.parametrize(("audience", "url", "verb"), CASES)
def test_no_state_of_an_act_says_anything_that_is_not_translated(world, audience, url, verb):
    client, url, sent = get_ready(world, audience, url, verb)
    known = data(**sent)

    def look(response: Any, *statuses: int) -> Any:
        assert response.status_code in statuses
        assert leaks(response, known) == []
        return response

    with pseudo.spoken():
        question = look(client.get(url), 200)
        asked = dict(HIDDEN.findall(question.content.decode()))
        for headers in ({}, HTMX):
            changed = asked | {"seen": STALE, "key": make_key()}
            look(client.post(url, sent | changed, headers=headers), 409)
        if sent and verb not in ("label", "time-zone"):  # which may be empty
            look(client.post(url, asked | {"key": make_key()}), 422)
        look(client.post(url, sent | asked, follow=True), 200)
        look(client.post(url, sent | asked | {"another": "answer"}), 409)
        look(client.get(url), 200, 422)  # it's done already, or something else is possible now
        look(client.post(url, sent | asked | {"key": make_key()}, follow=True), 200, 409, 422)


def remove_desk(world: World) -> None:
    give("desk", None)(world)
    phone("desk", retired_at=timezone.now())(world)


# Others made the act impossible meanwhile.
REFUSED = {
    "deactivate": give("spare", "wyn"),
    "delete": give("spare", "wyn"),
    "make-administrator": user("wyn", email=None),
    "invitation": user("wyn", is_administrator=False),
    "correct": remove_desk,
    "replace": remove_desk,
    "label": remove_desk,
    "kind": remove_desk,
}


@pytest.mark.parametrize(
    ("audience", "url", "verb"), [case for case in CASES if case[2] in REFUSED]
)
def test_refusal_of_an_act_says_nothing_that_is_not_translated(world, audience, url, verb):
    client, url, sent = get_ready(world, audience, url, verb)
    asked = dict(HIDDEN.findall(client.get(url).content.decode()))
    REFUSED[verb](world)
    known = data(**sent)
    with pseudo.spoken():
        for response in (client.get(url), client.post(url, sent | asked)):
            assert (response.status_code, leaks(response, known)) == (422, [])
