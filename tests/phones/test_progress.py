"""How far a phone is on its way to work, as the page after adding it says (R34, R68)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from phones import fetching, line, registrar_client
from phones.models import Phone, Provisioning
from phones.progress import load_progress
from tests import factories

from .confirming import HTMX, text


@pytest.fixture
def desk(acme, alice) -> Phone:
    return factories.phone(acme, alice, label="Front desk", mac="805ec0aa0001")


def fetch(phone: Phone) -> None:
    file = {"file": f"{phone.mac}.cfg", "sender": "192.0.2.1", "agent": ""}
    fetching.serve_file(secret=fetching.create_code(phone), record=True, **file)
    # The database's clock stands still within a test's transaction.
    Provisioning.objects.update(delivered_at=timezone.now())


def states(phone: Phone) -> list[str]:
    return [step.state for step in load_progress(read(phone)).steps]


def read(phone: Phone) -> Phone:
    related = ("assigned_to", "sip", "current_address", "model", "provisioning")
    return Phone.objects.select_related(*related).get(pk=phone.pk)


@pytest.fixture
def registered(registrar_answers, monkeypatch):
    """Let the registrar know the phones as registered, or not; at first they aren't."""
    known = {"is": False}
    load = line.load_states

    def say(account_id, keys):
        found = load(account_id, keys)
        made = {"registered": known["is"], "unregistered": not known["is"]}
        return {
            key: line.State(**{**{n: getattr(it, n) for n in it.__slots__}, **made})
            for key, it in found.items()
        }

    monkeypatch.setattr(line, "load_states", say)
    return known


def test_steps_follow_what_the_records_say(desk, registered):
    assert states(desk) == ["done", "to-do", "later", "to-do"]
    fetching.create_code(desk)
    assert states(desk) == ["done", "awaited", "later", "to-do"]
    Provisioning.objects.update(code_until=timezone.now() - timedelta(minutes=1))
    assert states(desk) == ["done", "wrong", "later", "to-do"]
    fetch(desk)
    assert states(desk) == ["done", "done", "awaited", "to-do"]
    Provisioning.objects.update(delivered_at=timezone.now() - timedelta(minutes=4))
    Provisioning.objects.update(code_until=None, code_hash=None)
    progress = load_progress(read(desk))
    assert progress.steps[2].state == "wrong"  # with the reason that the phone's page gives
    assert "hasn’t signed in to the registrar since" in str(progress.steps[2].detail)
    registered["is"] = True
    factories.address(desk)
    assert states(desk) == ["done"] * 4 and load_progress(read(desk)).is_done


def test_new_code_asks_for_another_fetch(desk, registered):
    fetch(desk)
    Provisioning.objects.update(delivered_at=timezone.now() - timedelta(minutes=4))
    fetching.create_code(desk)
    assert states(desk)[1] == "awaited"


def test_registration_is_not_claimed_while_the_registrar_is_silent(desk):
    fetch(desk)
    step = load_progress(read(desk)).steps[2]
    assert (step.state, step.detail) == (
        "wrong", "Not known: the SIP registrar can’t be reached right now.",
    )  # fmt: skip


def test_address_counts_once_it_is_in_force(desk):  # R7, R30
    factories.address(desk, status="pending")
    Phone.objects.update(current_address=None)
    assert states(desk)[3] == "awaited"
    Phone.addresses.rel.related_model.objects.update(status="refused")
    assert states(desk)[3] == "wrong"


@pytest.mark.parametrize(
    ("is_registered", "answers", "said"),
    [
        (False, True, "It can’t call 911 until it’s registered."),
        (True, True, "It can call 911 now. 911 goes to the carrier"),
        (True, False, "911 does not leave this system now"),
    ],
)
def test_page_says_from_when_on_the_phone_can_call_911(
    desk, registered, settings, monkeypatch, is_registered, answers, said
):  # R40
    settings.CARRIER, registered["is"] = object(), is_registered
    monkeypatch.setattr(registrar_client, "is_reachable", lambda: answers)
    progress = load_progress(read(desk))
    assert str(progress.call).startswith(said)
    assert progress.can_call == (is_registered and answers)


def test_free_phone_can_call_nobody_whatever_the_carrier(acme, registered, settings):  # R50
    settings.CARRIER, registered["is"] = object(), True
    progress = load_progress(read(factories.phone(acme)))
    assert (progress.can_call, progress.call) == (False, "It can’t call 911 until someone has it.")


def test_page_is_told_only_what_has_changed(signed_in, desk):
    url = f"/phones/{desk.pk}/progress/"
    first = signed_in.get(url, headers=HTMX)
    version = first.context["progress"].version
    assert signed_in.get(url, {"version": version}, headers=HTMX).status_code == 204
    fetch(desk)
    changed = signed_in.get(url, {"version": version}, headers=HTMX)
    assert changed.status_code == 200 and "from 192.0.2.1" in text(changed)


def test_page_of_a_phone_that_is_done_goes_on_asking_so_that_it_can_say_what_ended(
    signed_in, desk, registered, settings
):  # R40
    fetch(desk)
    factories.address(desk)
    settings.CARRIER, registered["is"] = object(), True
    page = signed_in.get(f"/phones/{desk.pk}/setup/")
    assert page.context["progress"].is_done and "It can call 911 now." in text(page)
    again = re.search(r'data-progress="([^"]+)"\s+data-done', page.content.decode())[1]
    assert signed_in.get(again, headers=HTMX).status_code == 204
    registered["is"] = False
    changed = signed_in.get(again, headers=HTMX)
    assert "It can call 911 now." not in text(changed)
    assert "data-progress" in changed.content.decode()
    assert "data-done" not in changed.content.decode()


def test_address_of_a_phone_is_made_without_forgetting_whom_it_is_for(signed_in, acme):  # R14
    uma = factories.person(acme, "Uma", "Ulm", ext="11")
    url = f"/phones/{factories.phone(acme).pk}/setup/?to={uma.pk}"
    form = signed_in.get(url, headers=HTMX).content.decode()
    assert f'action="{url}"' in form and f'hx-post="{url}"' in form


def test_progress_of_another_account_is_not_found(signed_in, other):
    assert signed_in.get(f"/phones/{factories.phone(other).pk}/progress/").status_code == 404


def test_asking_takes_as_many_queries_for_any_phone(
    signed_in, acme, desk, django_assert_num_queries
):
    """Middleware's included: session, user, savepoints."""
    phones = [desk, factories.phone(acme), factories.phone(acme, kind="common", label="Lobby")]
    for phone in phones:
        with django_assert_num_queries(QUERIES):
            signed_in.get(f"/phones/{phone.pk}/progress/", headers=HTMX)


QUERIES = 7
