"""Every act × audience × what can go wrong between its question and its confirmation (R41, R42)."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from phones import acts as of_phones
from phones.admin import PhoneRegister
from tests import factories
from tests.acts.trials import CASES, TRIALS, Trial
from tests.support.acting import REASON, World, activity, signed_in
from users import acts as of_people
from users.admin import AccountRegister, CallerNumberRegister, UserRegister

HIDDEN = re.compile(r'name="(seen|key)" value="([0-9a-f]{32})"')
# These have tests of their own: the rule of assigning, phones that answer, support's visits.
ELSEWHERE = {"assign", "restart", "visit", "address"}
EVERY_DAY = {"deactivate", "replace"}  # the others run in continuous integration


def params(*further: str) -> list[Any]:
    """Return the cases as parameters, with each fact of their acts if `further` says so."""
    cases = [(*case, fact) for case in CASES for fact in TRIALS[case[2]].changes]
    return [
        pytest.param(*case, marks=() if case[2] in EVERY_DAY else pytest.mark.ci)
        for case in (cases if further else CASES)
    ]


each = pytest.mark.parametrize(("audience", "url", "verb"), params())


@dataclass
class Situation:
    """Someone who is about to do an act."""

    client: Client
    url: str
    sent: dict[str, Any]
    trial: Trial
    world: World

    def look(self) -> Any:
        return self.client.get(self.url)

    def asked(self, response: Any = None) -> dict[str, Any]:
        """What the form would send, as the page has it."""
        response = response or self.look()
        hidden = dict(HIDDEN.findall(" ".join(response.content.decode().split())))
        assert set(hidden) == {"seen", "key"}, response.content.decode()
        return self.sent | hidden

    def post(self, data: dict[str, Any]) -> Any:
        return self.client.post(self.url, data)

    @property
    def times(self) -> int:
        return self.trial.done(self.world)


@pytest.fixture
def situation(world, audience, url, verb) -> Situation:
    trial = TRIALS[verb]
    trial.before(world)
    client = signed_in(factories.support_agent() if audience == "support" else world.alice)
    url = url.format(key=getattr(world, trial.row).pk)
    if verb == "move":
        url += f"?to={world.other.pk}"
    sent = trial.answers() | ({"reason": REASON} if audience == "support" else {})
    return Situation(client, url, sent, trial, world)


def test_every_act_has_a_trial():
    registers = (UserRegister, PhoneRegister, AccountRegister, CallerNumberRegister)
    of_register = {name for register in registers for name in register.row_acts}
    acts = {*of_people.ACTS, *of_phones.ACTS, of_phones.LABEL.name, *of_register}
    assert acts - ELSEWHERE == set(TRIALS)


@each
def test_act_is_done_once_and_said(situation, audience, url, verb):
    response = situation.post(situation.asked())
    assert (response.status_code, situation.times) == (302, 1)
    shown = situation.client.get(response.url, follow=True).content.decode()
    assert 'class="message"' in shown or 'class="success"' in shown


@each
def test_act_without_what_was_seen_or_its_key_is_refused(situation, audience, url, verb):
    asked = situation.asked()
    for missing in ("seen", "key"):
        assert situation.post(asked | {missing: ""}).status_code == 400
        assert situation.post({k: v for k, v in asked.items() if k != missing}).status_code == 400
    assert situation.times == 0


@pytest.mark.parametrize(("audience", "url", "verb", "fact"), params("fact"))
def test_act_whose_facts_changed_is_asked_anew(situation, audience, url, verb, fact):
    asked, before = situation.asked(), situation.times
    facts = situation.look().context["confirmation"].facts
    situation.trial.changes[fact](situation.world)
    now = situation.look().context["confirmation"]
    assert not now or now.facts != facts
    changed = situation.times - before  # where the change itself is the act's goal
    response = situation.post(asked)
    assert situation.times == before + changed  # nothing more was done
    if fact in situation.trial.reached:
        assert response.status_code == 302
    elif fact in situation.trial.refused:
        assert response.status_code == 422 and "seen" not in dict(
            HIDDEN.findall(str(response.content))
        )
    else:
        assert response.status_code == 409
        assert "changed" in response.content.decode()
        again = situation.post(situation.asked(response))
        if fact in situation.trial.ruled_out:
            assert (again.status_code, situation.times) == (422, before + changed)
        else:
            assert (again.status_code, situation.times) == (302, before + changed + 1)


@each
def test_every_fact_is_changed_by_a_trial(situation, audience, url, verb):
    facts = situation.look().context["confirmation"].facts
    fixed = {"key", "kind", "own", "phone_key", "mailbox", "from", "to_key", "account", "gets_out"}
    if verb == "activate":  # someone inactive can't have a phone
        fixed |= {"phone"}
    assert set(facts) - fixed == set(situation.trial.changes)


@each
def test_act_sent_twice_is_done_once(situation, audience, url, verb):
    asked = situation.asked()
    responses = [situation.post(asked) for _ in range(3)]
    assert ([each.status_code for each in responses], situation.times) == ([302] * 3, 1)


@each
def test_act_sent_twice_at_once_is_done_once(situation, audience, url, verb):
    asked, start, statuses = situation.asked(), threading.Barrier(4), []

    def send() -> None:
        client = Client()
        client.cookies = situation.client.cookies
        start.wait()
        try:
            statuses.append(client.post(situation.url, asked).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses, situation.times) == ([302] * 4, 1)


@each
def test_goal_reached_by_another_way_is_a_success(situation, audience, url, verb):
    """Another tab has an older question, with a key of its own."""
    asked = situation.asked()
    other_tab = asked | {"key": "0" * 32, "seen": "f" * 32}
    assert situation.post(asked).status_code == 302
    response = situation.post(other_tab)
    if verb in ("invitation", "new-password"):  # nothing tells that it was done before
        assert response.status_code == 409
    else:
        assert response.status_code == 302
    assert situation.times == 1


@each
def test_key_that_came_with_other_answers_is_no_excuse(situation, audience, url, verb):
    asked = situation.asked()
    situation.post(asked)
    again = situation.post(asked | {"another": "answer"})
    assert again.status_code == 409 and "already sent" in again.content.decode()
    assert situation.times == 1


@each
def test_what_was_seen_is_the_same_in_every_language(situation, audience, url, verb):
    seen = situation.asked()["seen"]
    situation.client.cookies["django_language"] = "es"
    spanish = situation.client.get(situation.url, headers={"Accept-Language": "es"})
    assert situation.asked(spanish)["seen"] == seen


BOTH = sorted({verb for *_, verb in CASES if sum(verb == each[2] for each in CASES) == 2})


@pytest.mark.parametrize("verb", BOTH)
def test_both_audiences_are_told_the_same(world, verb):  # R41
    TRIALS[verb].before(world)
    row, told = getattr(world, TRIALS[verb].row), []
    for audience, url, name in CASES:
        if name == verb:
            user = factories.support_agent() if audience == "support" else world.alice
            asked = signed_in(user).get(url.format(key=row.pk)).context["confirmation"]
            sentences = (asked.title, asked.subtitle, *asked.consequences, *asked.dangers)
            told.append((asked.seen, [str(each) % asked.named for each in sentences]))
    assert told[0] == told[1]


@pytest.mark.parametrize(("url", "verb"), [case[1:] for case in CASES if case[0] == "support"])
def test_reason_of_support_is_in_the_accounts_history(world, url, verb):  # R37
    TRIALS[verb].before(world)
    key = getattr(world, TRIALS[verb].row).pk
    url = url.format(key=key) + (f"?to={world.other.pk}" if verb == "move" else "")
    support = signed_in(factories.support_agent())
    case = Situation(support, url, TRIALS[verb].answers(), TRIALS[verb], world)
    asked = case.asked()
    assert (case.post(asked).status_code, case.times) == (422, 0)  # a reason is asked for
    stale = case.post(asked | {"seen": "f" * 32})  # no reason, and something changed
    assert (stale.status_code, case.times) == (409, 0)
    assert case.post(asked | {"reason": REASON}).status_code == 302
    assert activity(signed_in(world.alice))[0][:3] == ("Sam Support", True, REASON)
