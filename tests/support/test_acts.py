"""What support staff do to phones, people and accounts; how the account reads it (R35 to R39)."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client, override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from phones import assignment, fetching
from phones.assignment_plan import Move
from phones.models import Kind, Phone, PhoneModel, Provisioning
from phones.registrar_client import Answer
from tests import factories
from tests.answers import visible_text
from tests.confirming import HIDDEN, confirm_act, read_question
from tests.support.acting import (
    CHANGED,
    REASON,
    THERE,
    WHO,
    World,
    act,
    activity,
    now,
    phone_page,
    phones,
    signed_in,
    status,
    username,
    with_query,
)
from tests.users.editing import UNSEEN
from users.models import Account, User
from users.tenancy import scope


def model(name: str = "Yealink SIP-T46U") -> int:
    return PhoneModel.objects.get(name=name).pk


def carry_out(account: Account, *moves: tuple[Phone, User | None]) -> None:
    """Carry out moves as an administrator, meanwhile."""
    wanted = [Move(phone.pk, user.pk if user else None) for phone, user in moves]
    with transaction.atomic(), scope.entered(account_id=account.pk):
        what = assignment.plan(account_id=account.pk, moves=wanted)
        assignment.carry_out(account_id=account.pk, moves=wanted, seen=what.seen)


# --- assigning: the one rule and its confirmations (R36) ---


def test_assignment_asks_what_the_accounts_own_page_asks(
    support, administrator, world
):  # R14 e, R15
    ours = administrator.get(f"/phones/{world.desk.pk}/assigned/", {"to": world.vic.pk}).context[
        "plan"
    ]
    plan = support.get(phone_page(world.desk, "assign"), {"to": world.vic.pk}).context["plan"]
    assert (plan.case, plan.seen) == ("e", ours.seen)


def test_assignment_does_what_was_confirmed_and_says_why(support, administrator, world):  # R18, R37
    before = username(world.uma), username(world.vic)
    answer = act(support, phone_page(world.desk, "assign"), query={"to": world.vic.pk})
    assert (answer.status_code, answer.url) == (302, phone_page(world.desk))
    assert (now(world.desk).assigned_to_id, now(world.shop).assigned_to_id) == (world.vic.pk, None)
    assert not set(before) & {username(world.uma), username(world.vic)}
    assert activity(administrator)[0] == (
        *WHO,
        [
            "Took Warehouse (80:5E:C0:00:00:02) from Vic Vance.",
            "Took Front desk (80:5E:C0:00:00:01) from Uma Ulm and gave it to Vic Vance.",
            "SIP credentials changed: Uma Ulm, Vic Vance.",
        ],
    )
    assert ">support</span>" in administrator.get("/activity/").content.decode()


def test_assignment_is_refused_with_the_new_situation_where_something_changed(
    support, world
):  # R17
    asked, to = phone_page(world.desk, "assign"), {"to": world.vic.pk}
    confirmed = read_question(support, asked, to)
    carry_out(world.acme, (world.shop, None))
    answer = support.post(asked, to | confirmed | {"reason": REASON})
    assert (answer.status_code, answer.context["plan"].case) == (409, "c")
    assert REASON in answer.content.decode()  # the typed reason stays
    assert now(world.desk).assigned_to_id == world.uma.pk
    again = support.post(asked, to | hidden_in(answer) | {"reason": REASON})
    assert (again.status_code, now(world.desk).assigned_to_id) == (302, world.vic.pk)


def test_assignment_without_a_reason_is_asked_again(support, world):
    asked, to = phone_page(world.spare, "assign"), {"to": world.wyn.pk}
    answer = support.post(asked, to | read_question(support, asked, to) | {"reason": " "})
    assert answer.status_code == 422
    assert "This is required." in answer.content.decode()
    assert now(world.spare).assigned_to_id is None


def test_unassigning_is_a_choice_like_any_other(support, world):
    assert act(support, phone_page(world.desk, "assign"), query={"to": "nobody"}).status_code == 302
    assert now(world.desk).assigned_to_id is None


def test_person_is_looked_up_and_not_chosen_from_all(support, world):
    piece = support.get(phone_page(world.spare, "assign"), {"q": "wolf"}).context["choices"]
    assert [person.name for person in piece.people] == ["Wyn Wolf"]


def test_person_of_another_account_cannot_be_given_a_phone(support, world):
    eve = factories.person(world.other, "Eve")
    assert support.get(phone_page(world.spare, "assign"), {"to": eve.pk}).status_code == 404


def test_person_who_may_not_have_a_phone_is_refused_with_the_reason(support, world):  # R12
    basic = factories.person(world.acme, plan="basic")
    answer = support.get(phone_page(world.spare, "assign"), {"to": basic.pk})
    assert answer.status_code == 422
    assert "Basic plan" in answer.content.decode()


def test_common_area_phone_is_not_assigned(support, world):
    url, to = phone_page(world.lobby, "assign"), {"to": world.wyn.pk}
    for answer in (support.get(url, to), support.post(url, to | UNSEEN | {"reason": REASON})):
        assert answer.status_code == 422
        assert "common-area phone" in visible_text(answer)
    assert now(world.lobby).assigned_to_id is None
    assert url not in support.get(phone_page(world.lobby)).content.decode()


# --- restarting, correcting, replacing, removing ---


def test_restart_is_on_record_with_who_and_why(
    support, administrator, world, registered
):  # R34, R37
    assert act(support, phone_page(world.desk, "restart")).status_code == 302
    (entry,) = [entry for entry in activity(administrator) if "restart" in str(entry)]
    assert entry[:3] == WHO


def test_restart_of_a_phone_that_cannot_be_asked_is_refused_beforehand(support, world):  # R43
    url = phone_page(world.desk, "restart")
    for answer in (support.get(url), support.post(url, UNSEEN | {"reason": REASON})):
        assert answer.status_code == 422
        assert "so phones can’t be asked to restart" in visible_text(answer)


def test_restart_that_a_phone_answers_slowly_holds_up_nobody(
    support, world, owner, monkeypatch, registered
):
    """It takes no lock on the account, and its transaction may be idle for longer than others."""
    asked = []

    def slowly(username: str, event: str) -> Answer:
        lock = "SELECT FROM users_account WHERE id = %s FOR UPDATE NOWAIT"
        owner.execute(lock, [world.desk.account_id])
        owner.execute("SELECT pg_sleep(0.3)")
        owner.rollback()
        asked.append(username)
        return Answer.ASKED

    monkeypatch.setattr("phones.registrar_client.ask_to_restart", slowly)
    with connection.cursor() as cursor:
        cursor.execute("SET idle_in_transaction_session_timeout = '100ms'")
    try:
        assert act(support, phone_page(world.desk, "restart")).status_code == 302
    finally:
        connection.close()
    assert asked


def test_correction_changes_model_and_mac(support, administrator, world):  # R38
    act(support, phone_page(world.spare, "correct"), mac="80-5E-C0-00-00-99", model=model())
    assert (now(world.spare).mac, now(world.spare).model_name) == (
        "805ec0000099",
        "Yealink SIP-T46U",
    )
    assert activity(administrator)[0][:3] == WHO


def test_mac_of_a_phone_in_use_is_not_corrected(support, world):
    answer = act(support, phone_page(world.spare, "correct"), mac="805ec0000001", model=model())
    assert answer.status_code == 422
    assert "already in use" in str(answer.context["form"].errors["mac"])


def test_replacement_passes_on_label_person_and_address(support, administrator, world):
    before = username(world.uma)
    assert (
        act(
            support, phone_page(world.desk, "replace"), mac="805ec0000099", model=model()
        ).status_code
        == 302
    )
    new = phones(world.acme)[-1]
    assert (new.label, new.assigned_to_id, bool(new.current_address_id)) == (
        "Front desk",
        world.uma.pk,
        True,
    )
    assert now(world.desk).retired_at
    assert username(world.uma) != before
    assert activity(administrator)[0][:3] == WHO


def test_removed_phone_is_nobodys_and_its_address_withdrawn(support, administrator, world):
    act(support, phone_page(world.desk, "remove"))
    gone = now(world.desk)
    assert (bool(gone.retired_at), gone.assigned_to_id, status(gone)) == (True, None, ["withdrawn"])
    assert activity(administrator)[0][:3] == WHO


def hidden_in(answer: Any) -> dict[str, str]:
    """Return what a question that came back would send when it's confirmed."""
    return dict(HIDDEN.findall(answer.content.decode()))


def asked_of(support: Client, world: World, verb: str) -> tuple[str, dict[str, Any]]:
    """Return the URL of an act that ends the record of Front desk, and what its form sends."""
    query = {"to": world.other.pk} if verb == "move" else None
    url = phone_page(world.desk, verb)
    answers = {"mac": "805ec0000099", "model": model(), "reason": REASON, "reason_there": THERE}
    return with_query(url, query), read_question(support, url, query) | answers


ENDING = pytest.mark.parametrize("verb", ["remove", "move", "replace"])


@ENDING
@pytest.mark.parametrize("reason", [REASON, ""], ids=["with reason", "without"])
def test_what_was_seen_and_has_changed_is_asked_anew(support, world, verb, reason):  # R17, R42
    """Without a reason too: else its page came back as if nothing had changed."""
    url, sent = asked_of(support, world, verb)
    carry_out(world.acme, (world.desk, world.wyn))
    answer = support.post(url, sent | {"reason": reason})
    assert answer.status_code == 409
    page = visible_text(answer)
    assert CHANGED in page
    assert "Wyn Wolf" in page
    assert now(world.desk).retired_at is None
    # Even the same form again does nothing: what it saw is still the old situation.
    assert support.post(url, sent).status_code == 409
    assert support.post(url, sent | hidden_in(answer)).status_code == 302


@ENDING
def test_confirming_twice_does_it_once(support, world, verb):  # R17, R42
    url, sent = asked_of(support, world, verb)
    assert support.post(url, sent).status_code == 302
    made = len(phones(world.acme)) + len(phones(world.other))
    answer = support.post(url, sent)
    assert (answer.status_code, answer.url) == (302, phone_page(world.desk))
    assert len(phones(world.acme)) + len(phones(world.other)) == made


# --- moving to another account (R35, R38) ---


def move(support: Client, world: World, **reasons: str) -> Any:
    """Move Front desk to the other account."""
    query = {"to": world.other.pk}
    reasons = {"reason_there": THERE} | reasons
    return act(support, phone_page(world.desk, "move"), query=query, **reasons)


@pytest.fixture
def moved(support, world) -> Phone:
    """The record of Front desk in the other account."""
    with transaction.atomic(), scope.entered(account_id=world.acme.pk):
        fetching.create_code(world.desk)
    assert move(support, world).status_code == 302
    (new,) = phones(world.other)
    return new


def test_moved_phone_is_a_new_and_bare_record(world, moved):
    assert moved.pk != world.desk.pk
    assert (moved.mac, moved.model_id, moved.kind) == (
        world.desk.mac,
        world.desk.model_id,
        Kind.USER,
    )
    assert (moved.label, moved.assigned_to_id, moved.current_address_id, moved.retired_at) == (
        "",
        None,
        None,
        None,
    )


def test_record_that_a_phone_leaves_is_retired(world, moved):
    old = now(world.desk)
    assert (bool(old.retired_at), old.assigned_to_id, old.account_id) == (True, None, world.acme.pk)
    assert status(old) == ["withdrawn"]
    with transaction.atomic(), scope.entered(scope="support"):
        kept = Provisioning.objects.get(phone=old)
        assert (kept.token_hash, kept.code_hash) == (None, None)
        fresh = Provisioning.objects.get(phone=moved)
        assert (fresh.token_hash, fresh.code_hash, fresh.delivered) == (None, None, "")


def test_credentials_of_whoever_had_it_change(support, world):
    before = username(world.uma)
    move(support, world)
    assert username(world.uma) != before


def test_mac_is_used_once_among_phones_that_are_there(support, world, moved):  # R6, R38
    with transaction.atomic(), scope.entered(scope="support"):
        assert list(Phone.objects.filter(mac=world.desk.mac, retired_at=None)) == [moved]
    new = {"mac": world.desk.mac, "model": model(), "kind": "user", "label": ""}
    assert confirm_act(signed_in(world.alice), "/phones/add/", **new).status_code == 422


def test_other_account_sees_nothing_of_the_past(world, moved):
    browser = signed_in(factories.person(world.other, "Olga", is_administrator=True))
    added = "Added Yealink SIP-T54W (80:5E:C0:00:00:01)."
    for query in ("", "?q=80:5e:c0:00:00:01", f"?phone={moved.pk}"):
        assert [entry for entry in activity(browser, query) if "80:5E" in str(entry)] == [
            ("Sam Support", True, THERE, [added])
        ]
    for query in ("", "?q=Front", "?q=80:5e:c0:00:00:01", f"?phone={world.desk.pk}"):
        text = browser.get(f"/activity/{query}").content.decode()
        assert not any(past in text for past in ("Uma", "Gold Street", "Removed", "Acme", REASON))
        assert "Took" not in text


def test_account_that_a_phone_leaves_keeps_its_history(administrator, world, moved):
    who, support, reason, sentences = activity(administrator)[0]
    assert (who, support, reason) == WHO
    assert {"Removed Front desk (80:5E:C0:00:00:01).", "SIP credentials changed: Uma Ulm."} < set(
        sentences
    )
    assert "Other" not in str(sentences)
    for query in ("", f"?phone={world.desk.pk}", f"?q={THERE.split()[0]}"):
        assert THERE not in administrator.get(f"/activity/{query}").content.decode()
    assert len(activity(administrator, f"?phone={world.desk.pk}")) > 1


@pytest.mark.parametrize("missing", ["reason", "reason_there"])
def test_move_needs_a_reason_for_each_of_the_two_accounts(support, world, missing):  # R37
    answer = move(support, world, **{missing: " "})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {missing: ["This is required."]}
    assert (now(world.desk).retired_at, phones(world.other)) == (None, [])


def test_move_says_beforehand_what_goes(support, world):
    said = visible_text(support.get(phone_page(world.desk, "move"), {"to": world.other.pk}))
    for phrase in (
        "911 included, and Uma Ulm, 11, will have no desk phone",
        "SIP credentials of Uma Ulm change",
        "E911 address, 100 Gold Street, New York, NY 10038, is withdrawn",
        "To use it again, connect it again.",
        "Other gets a new record",
    ):  # fmt: skip
        assert phrase in said


def test_account_is_looked_up_by_its_name(support, world):
    asked = phone_page(world.desk, "move")
    assert list(support.get(asked, {"q": "oth"}).context["accounts"]) == [world.other]
    assert list(support.get(asked, {"q": "acme"}).context["accounts"]) == []  # already there
    assert list(support.get(asked).context["accounts"]) == []


@pytest.mark.parametrize("to", ["", "0", "-1", "x", "9" * 18, "٣"])
def test_move_to_an_account_that_is_none_is_not_found(support, world, to):
    assert support.get(phone_page(world.desk, "move"), {"to": to}).status_code == 404
    url = with_query(phone_page(world.desk, "move"), {"to": to})
    assert support.post(url, UNSEEN | {"reason": REASON, "reason_there": THERE}).status_code == 404


def test_move_withdraws_the_address_at_the_provider(support, world):
    with override_settings(E911_PROVIDER="telnyx", E911_TELNYX_API_KEY="key"):
        move(support, world)
    jobs = ProcrastinateJob.objects.values_list("task_name", "args")
    with transaction.atomic(), scope.entered(scope="support"):
        address = world.desk.addresses.get().pk
    assert ("e911.withdraw", {"account_id": world.acme.pk, "address_id": address}) in list(jobs)
