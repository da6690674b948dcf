"""Changes of plan, deactivation and deletion, with and without a phone (R22 to R25)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from phones.models import Phone
from tests import factories
from tests.answers import visible_text
from tests.confirming import confirm_act, read_question
from tests.in_turn import administrators, in_turn
from tests.markup import compact
from tests.users.editing import HTMX, UNSEEN, edit, errors
from users import people
from users.access import user_of
from users.models import Plan, SipAccount, User

HAS_PHONE = "This person has a phone. Unassign it first."
NOT_TO_BASIC = "Uma One can’t go to Basic while they have a phone, Front desk. Unassign it first."


# --- plans ---


def change_plan(client: Client, user: User, plan: str) -> Any:
    return confirm_act(client, f"/users/{user.pk}/plan/", plan=plan)


@pytest.mark.parametrize(("before", "after"), [("plus", "pro"), ("pro", "plus"), ("pro", "pro")])
def test_change_between_plans_with_a_line_keeps_phone_and_credentials(
    signed_in, uma, phone, before, after
):  # R24
    User.objects.filter(pk=uma.pk).update(plan=before)
    credentials = SipAccount.objects.get(user=uma).username
    assert change_plan(signed_in, uma, after).status_code == 302
    assert User.objects.get(pk=uma.pk).plan == after
    assert SipAccount.objects.get(user=uma).username == credentials
    assert Phone.objects.get().assigned_to == uma


def test_upgrade_from_basic_gives_credentials_and_a_place_on_the_list_at_once(
    signed_in, acme
):  # R22, R24
    ben = factories.person(acme, "Ben", "Basic", ext="14", plan=Plan.BASIC)
    free = factories.phone(acme)
    choose = f"/phones/{free.pk}/assigned/?to={ben.pk}"
    assert signed_in.get(choose).status_code == 422
    assert change_plan(signed_in, ben, "plus").url == "/users/"
    assert "Ben Basic is on Plus now." in visible_text(signed_in.get("/users/"))
    assert SipAccount.objects.filter(user=ben).count() == 1
    assert signed_in.get(choose).status_code == 200


def test_downgrade_takes_the_credentials_away(signed_in, uma):  # R22
    change_plan(signed_in, uma, "basic")
    assert User.objects.get(pk=uma.pk).plan == Plan.BASIC
    assert not SipAccount.objects.filter(user=uma).exists()


def test_downgrade_and_upgrade_make_new_credentials(signed_in, uma):  # R22
    before = SipAccount.objects.get(user=uma).username
    for plan in ("basic", "pro"):
        change_plan(signed_in, uma, plan)
    assert SipAccount.objects.get(user=uma).username != before


@pytest.mark.parametrize("dialog", ["plan", "deactivate", "delete"])
def test_dialog_that_needs_the_phone_gone_names_it_and_leads_to_unassigning(
    signed_in, uma, phone, dialog
):  # R23, R25
    page = signed_in.get(f"/users/{uma.pk}/{dialog}/")
    said = "Uma One has the phone Front desk. Unassign it first."
    assert (NOT_TO_BASIC if dialog == "plan" else said) in visible_text(page)
    markup = compact(page.content.decode())
    links = re.findall(r'<a class="button[^"]*" href="([^"]*assigned[^"]*)"', markup)
    assert links == [f"/phones/{phone.pk}/assigned/?to=nobody"]
    assert "Unassign Front desk" in visible_text(signed_in.get(links[0]))


@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])
def test_person_with_a_phone_cannot_go_to_basic(signed_in, uma, phone, headers):  # R23
    response = confirm_act(signed_in, f"/users/{uma.pk}/plan/", headers, plan="basic")
    assert response.status_code == 422
    page = visible_text(response)
    assert HAS_PHONE in page and NOT_TO_BASIC in page
    assert_untouched(uma, phone)


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
@pytest.mark.parametrize("headers", [HTMX, {}], ids=["htmx", "page"])
def test_person_with_a_phone_cannot_lose_it_by_the_way(signed_in, uma, phone, verb, headers):  # R25
    response = signed_in.post(f"/users/{uma.pk}/{verb}/", UNSEEN, headers=headers)
    assert response.status_code == 422
    assert "Uma One has the phone Front desk. Unassign it first." in visible_text(response)
    assert_untouched(uma, phone)


@pytest.mark.parametrize("verb", ["deactivate", "delete"])
def test_person_who_got_a_phone_after_the_question_keeps_it(signed_in, uma, acme, verb):
    url = f"/users/{uma.pk}/{verb}/"
    asked = read_question(signed_in, url)
    phone = factories.phone(acme, uma, label="Front desk")
    response = signed_in.post(url, asked)
    assert response.status_code == 422
    assert "Uma One has the phone Front desk. Unassign it first." in visible_text(response)
    assert_untouched(uma, phone)


def assert_untouched(user: User, phone: Phone) -> None:
    kept = User.objects.get(pk=user.pk)
    assert (kept.plan, kept.is_active, kept.phone) == (Plan.PRO, True, phone)
    assert SipAccount.objects.filter(user=user).count() == 1


def test_plan_changes_in_edit_user_too(signed_in, acme):  # R24
    ben = factories.person(acme, "Ben", "Basic", ext="14", plan=Plan.BASIC)
    assert edit(signed_in, ben, plan="plus", ext="15").url == "/users/"
    kept = User.objects.get(pk=ben.pk)
    assert (kept.plan, kept.ext) == (Plan.PLUS, "15")
    assert SipAccount.objects.filter(user=ben).count() == 1


@pytest.mark.parametrize("dialog", ["plan", "edit"])
def test_dialog_that_can_take_the_line_says_that_softphones_stop_working(
    signed_in, acme, uma, dialog
):  # R22, R41
    ben = factories.person(acme, "Ben", "Basic", ext="14", plan=Plan.BASIC)
    factories.phone(acme, factories.person(acme, "Pia", "Phone", ext="15"))
    said = "With Basic, their SIP credentials are deleted, and softphones stop working."
    pages = [
        visible_text(signed_in.get(f"/users/{it.pk}/{dialog}/"))
        for it in (uma, ben, User.objects.get(ext="15"))
    ]
    assert [said in page for page in pages] == [True, False, False]


def test_plan_stays_if_something_else_in_edit_user_is_refused(signed_in, acme, uma):
    ben = factories.person(acme, "Ben", "Basic", ext="14", plan=Plan.BASIC)
    assert edit(signed_in, ben, plan="plus", ext=uma.ext).status_code == 422
    assert User.objects.get(pk=ben.pk).plan == Plan.BASIC
    assert not SipAccount.objects.filter(user=ben).exists()


@pytest.mark.parametrize("changes", [{"plan": "basic"}, {"ext": ""}], ids=["plan", "extension"])
def test_edit_user_names_the_phone_that_has_to_go_first_and_leads_there(
    signed_in, uma, phone, changes
):  # R23, R25
    response = edit(signed_in, uma, first_name="Ulla", **changes)
    assert response.status_code == 422
    assert NOT_TO_BASIC in visible_text(response)
    page = compact(response.content.decode())
    assert f'href="/phones/{phone.pk}/assigned/?to=nobody"' in page
    assert 'value="Ulla"' in page  # what was typed is kept
    assert_untouched(uma, phone)


def test_plan_that_does_not_exist_is_refused(signed_in, uma):
    response = change_plan(signed_in, uma, "gold")
    assert (response.status_code, list(errors(response))) == (422, ["plan"])


# --- leaving ---


def test_deleted_person_is_gone_with_his_credentials(signed_in, uma):  # R25
    url = f"/users/{uma.pk}/delete/"
    assert "Delete Uma One?" in visible_text(signed_in.get(url))
    assert confirm_act(signed_in, url).status_code == 302
    assert "Deleted Uma One." in visible_text(signed_in.get("/users/"))
    assert not User.objects.filter(pk=uma.pk).exists()
    assert not SipAccount.objects.filter(user_id=uma.pk).exists()


def test_deactivated_person_stays_and_can_come_back(signed_in, uma):  # R25
    for verb, said, active in (
        ("deactivate", "Deactivated Uma One.", False),
        ("activate", "Activated Uma One.", True),
    ):
        assert confirm_act(signed_in, f"/users/{uma.pk}/{verb}/").status_code == 302
        assert said in visible_text(signed_in.get("/users/"))
        assert User.objects.get(pk=uma.pk).is_active is active


def test_deactivation_sent_twice_does_not_let_anyone_back_in(signed_in, uma):  # R42
    url = f"/users/{uma.pk}/deactivate/"
    asked = read_question(signed_in, url)
    another_tab = read_question(signed_in, url)
    for sent in (asked, asked, another_tab):
        assert signed_in.post(url, sent).status_code == 302
        assert User.objects.get(pk=uma.pk).is_active is False
    page = visible_text(signed_in.get("/users/"))
    assert page.count("Deactivated Uma One.") == 2  # the answer of the first, told twice
    assert "Activated" not in page
    assert "Already done. Nothing changed." in page
    assert signed_in.post(f"/users/{uma.pk}/activation/").status_code == 404  # the old toggle


def test_person_who_was_just_given_a_phone_cannot_be_deleted(rf, alice, acme, uma):  # R25
    request = rf.get("/")
    request.user = alice
    seen_without = user_of(request, uma.pk)
    factories.phone(acme, uma)
    with pytest.raises(ValidationError, match="has a phone"):
        people.delete(seen_without)
    assert User.objects.filter(pk=uma.pk).exists()


@pytest.mark.parametrize(
    ("verb", "sent"),
    [("edit", {"last_name": "New"}), ("plan", {"plan": "plus"}), ("deactivate", {})],
)
def test_change_of_a_person_who_is_just_being_deleted_finds_nobody(committed, owner, verb, sent):
    account = factories.account()
    one, other = administrators(account)
    uma = factories.person(account, "Uma")
    locked = f"SELECT FROM users_user WHERE id = {uma.pk}"
    delete, change = (f"/users/{uma.pk}/{each}/" for each in ("delete", verb))
    assert in_turn(
        owner,
        locked,
        (one, delete, read_question(one, delete)),
        (other, change, read_question(other, change) | sent),
    ) == [302, 404]
