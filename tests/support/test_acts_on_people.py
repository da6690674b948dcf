"""What support staff do to a phone's kind, people and accounts; no secret shows (R35 to R39)."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction
from procrastinate.contrib.django.models import ProcrastinateJob

from phones.models import Kind
from tests import factories
from tests.answers import visible_text
from tests.authenticator import do_jobs
from tests.confirming import read_question
from tests.support.acting import (
    CHANGED,
    REASON,
    WHO,
    act,
    activity,
    now,
    page,
    phone_page,
    signed_in,
    status,
    username,
)
from tests.users.editing import UNSEEN
from users import sip
from users.models import Account, SipAccount, User
from users.tenancy import scope


def test_user_phone_becomes_a_common_area_phone(support, administrator, world):  # R35
    before, kept = username(world.uma), now(world.desk).current_address_id
    line = {"label": "Entrance", "ext": "80", "caller_id": ""}
    assert act(support, phone_page(world.desk, "make-common-area"), **line).status_code == 302
    desk = now(world.desk)
    assert (desk.kind, desk.label, desk.ext, desk.assigned_to_id, desk.retired_at) == (
        Kind.COMMON, "Entrance", "80", None, None,
    )  # fmt: skip
    assert (desk.current_address_id, status(desk)) == (kept, ["accepted"])
    assert username(world.uma) != before
    who, is_support, reason, sentences = activity(administrator)[0]
    assert (who, is_support, reason) == WHO
    assert "Made Entrance (80:5E:C0:00:00:01) a common-area phone." in sentences


def test_common_area_phone_becomes_a_user_phone(support, administrator, world):  # R35
    kept = factories.address(world.lobby)
    assert act(support, phone_page(world.lobby, "make-user-phone")).status_code == 302
    lobby = now(world.lobby)
    assert (lobby.kind, lobby.label, lobby.ext, lobby.assigned_to_id, lobby.retired_at) == (
        Kind.USER, "Lobby", None, None, None,
    )  # fmt: skip
    assert (lobby.current_address_id, status(lobby)) == (kept.pk, ["accepted"])
    assert activity(administrator)[0][:3] == WHO


# --- people ---


def person(user: User, verb: str) -> str:
    return page("users/user", user, verb)


def test_plan_is_changed_and_credentials_go_with_the_line(
    support, administrator, world
):  # R22, R24
    assert act(support, person(world.wyn, "plan"), plan="basic").status_code == 302
    assert now(world.wyn).plan == "basic"
    with transaction.atomic(), scope.entered(scope="support"):
        assert not SipAccount.objects.filter(user=world.wyn).exists()
    assert activity(administrator)[0][:3] == WHO


def test_person_with_a_phone_cannot_go_to_basic(support, world):  # R23
    answer = act(support, person(world.uma, "plan"), plan="basic")
    assert answer.status_code == 422
    assert "This person has a phone. Unassign it first." in answer.content.decode()
    assert now(world.uma).plan == "pro"


def test_person_is_deactivated_and_activated(support, administrator, world):  # R25
    for verb, active in (("deactivate", False), ("activate", True)):
        assert act(support, person(world.wyn, verb)).status_code == 302
        assert now(world.wyn).is_active is active
        assert activity(administrator)[0][:3] == WHO


@pytest.mark.parametrize("who", ["uma", "alice"])
def test_who_has_a_phone_or_is_the_last_administrator_stays(support, world, who):  # R25
    url = person(getattr(world, who), "deactivate")
    for answer in (support.get(url), support.post(url, UNSEEN | {"reason": REASON})):
        assert answer.status_code == 422
    assert now(getattr(world, who)).is_active


def test_administrator_is_made_and_unmade(support, administrator, world):  # R25, R35
    for verb, role in (("make-administrator", True), ("remove-administrator", False)):
        assert act(support, person(world.wyn, verb)).status_code == 302
        assert now(world.wyn).is_administrator is role
        assert activity(administrator)[0][:3] == WHO


def test_administrator_whom_support_makes_is_invited(support, world, mailoutbox):  # R39
    assert act(support, person(world.wyn, "make-administrator")).status_code == 302
    invited = {"task_name": "users.send_invitation", "args__user_id": world.wyn.pk}
    assert ProcrastinateJob.objects.filter(**invited).count() == 1
    said = f"Wyn Wolf is an administrator now. An invitation is on its way to {world.wyn.email}."
    assert said in visible_text(support.get(person(world.wyn, "")))


def test_last_administrator_is_not_unmade_by_support(support, world):  # R25
    factories.person(world.acme, "Ned", is_administrator=True)  # who never accepted
    url = person(world.alice, "remove-administrator")
    for answer in (support.get(url), support.post(url, UNSEEN | {"reason": REASON})):
        assert answer.status_code == 422
        assert "No other administrator can sign in yet." in visible_text(answer)
    assert now(world.alice).is_administrator


def test_person_without_an_email_is_not_made_administrator(support, world):  # R25, R43
    pat = factories.person(world.acme, "Pat", email=None)
    answer = support.get(person(pat, "make-administrator"))
    assert answer.status_code == 422
    assert f'href="{person(pat, "edit")}"' in answer.content.decode()


def test_act_without_a_reason_on_someone_who_changed_says_so(support, administrator, world):
    """It once came back with the new `seen` and no word of the change."""  # R42
    url = person(world.wyn, "plan")
    sent = read_question(support, url) | {"plan": "basic"}
    with transaction.atomic(), scope.entered(scope="support"):
        User.objects.filter(pk=world.wyn.pk).update(last_name="Wolfe")
    answer = support.post(url, sent | {"reason": ""})
    assert answer.status_code == 409
    page = visible_text(answer)
    assert CHANGED in page
    assert "Plan of Wyn Wolfe" in page
    assert now(world.wyn).plan == "pro"
    assert not any(entry[:3] == WHO for entry in activity(administrator))


def test_lost_second_factors_are_reset(support, administrator, world):
    bob = factories.person(world.acme, "Bob", "Builder", is_administrator=True, password="secret")
    with transaction.atomic(), scope.entered(scope="support"):
        Authenticator.objects.create(user=bob, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert now(bob).has_second_factor
    assert act(support, person(bob, "second-factor")).status_code == 302
    assert not now(bob).has_second_factor
    assert activity(administrator)[0][:3] == WHO


def test_support_staff_do_not_reset_each_others_second_factors(support, world):
    sue = factories.support_agent("sue@example.com")
    url = person(sue, "second-factor")
    for answer in (support.get(url), support.post(url, UNSEEN | {"reason": REASON})):
        assert answer.status_code == 404


def test_invitation_is_sent_again(support, administrator, world):  # R39
    ann = factories.person(world.acme, "Ann", "Amber", is_administrator=True)
    assert act(support, person(ann, "invitation")).status_code == 302
    assert ProcrastinateJob.objects.filter(
        task_name="users.send_invitation", args__user_id=ann.pk
    ).exists()
    assert activity(administrator)[0] == (*WHO, ["Invited Ann Amber by email."])


def test_support_staff_keep_to_the_same_limits_of_invitations(support, world):
    ann = factories.person(world.acme, "Ann", "Amber", is_administrator=True)
    answers = [act(support, person(ann, "invitation")) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [302, 302, 302, 422]
    assert "No invitation was sent: too many went to" in answers[-1].content.decode()


def test_who_has_a_password_is_not_invited(support, world):
    url = person(world.alice, "invitation")
    for answer in (support.get(url), support.post(url, UNSEEN | {"reason": REASON})):
        assert answer.status_code == 422
        assert "who has no password yet" in visible_text(answer)


# --- accounts ---

NEW = {"name": "New Company", "email": "Ann@new.example", "first_name": "Ann", "last_name": ""}


def test_account_is_made_with_its_first_administrator(support, mailoutbox):  # R39
    answer = act(support, "/admin/users/account/add/", **NEW)
    assert (answer.status_code, answer.url) == (302, "/admin/users/account/")
    with transaction.atomic(), scope.entered(scope="support"):
        ann = User.objects.select_related("account").get(email="ann@new.example")
    assert (ann.account.name, ann.is_administrator) == ("New Company", True)
    do_jobs()
    assert [mail.to for mail in mailoutbox] == [["ann@new.example"]]
    assert (
        "support@example.com invites you to manage the phones of “New Company”."
        in mailoutbox[0].body
    )
    who, by_support, reason, sentences = activity(signed_in(ann))[0]
    assert (who, by_support, reason) == WHO
    assert "Added the account New Company." in sentences


def test_account_that_is_added_twice_is_one(support, mailoutbox):  # R42
    url = "/admin/users/account/add/"
    sent = read_question(support, url) | NEW | {"reason": REASON}
    for _ in range(3):
        answer = support.post(url, sent)
        assert (answer.status_code, answer.url) == (302, "/admin/users/account/")
        assert "Added New Company." in visible_text(support.get(answer.url))
    do_jobs()
    assert [mail.to for mail in mailoutbox] == [["ann@new.example"]]


def test_account_is_made_even_if_its_administrator_was_invited_too_often(support, mailoutbox):
    for n in range(4):
        answer = act(support, "/admin/users/account/add/", **(NEW | {"name": f"Company {n}"}))
        assert answer.status_code == 302
        do_jobs()
        with transaction.atomic(), scope.entered(scope="support"):
            User.objects.get(email="ann@new.example").delete()
    assert len(mailoutbox) == 3
    said = visible_text(support.get("/admin/users/account/"))
    assert "Added Company 3. No invitation was sent" in said


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": "ACME "}, "name"),
        ({"email": "alice@taken.example"}, "__all__"),
        ({"email": "none"}, "email"),
        ({"name": " "}, "name"),
    ],
)
def test_account_that_cannot_be_made_makes_nothing(support, world, mailoutbox, changes, field):
    factories.person(world.other, email="alice@taken.example")
    answer = act(support, "/admin/users/account/add/", **(NEW | changes))
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    with transaction.atomic(), scope.entered(scope="support"):
        assert set(Account.objects.values_list("name", flat=True)) == {"Acme", "Other"}
    assert mailoutbox == []


def test_read_only_support_adds_no_account(reader, administrator):
    for who in (reader, administrator):
        assert who.get("/admin/users/account/add/").status_code == 403
        assert who.post("/admin/users/account/add/", NEW | {"reason": REASON}).status_code == 403


# --- secrets ---


def test_no_page_shows_what_a_line_signs_in_with(support, world):  # R22
    with transaction.atomic(), scope.entered(scope="support"):
        credentials = SipAccount.objects.get(user=world.uma)
        sip.record_access(world.uma, sip.What.PASSWORD, by=world.alice)
    secrets = {
        credentials.ha1,
        sip.derive_password(settings.SIP_KEYS[0], credentials.username),
        now(world.alice).password,
    }
    for asked in (
        phone_page(world.desk), page("users/user", world.uma), page("users/user", world.alice),
        "/admin/users/user/",
        "/admin/users/credentialsrecord/", phone_page(world.desk, "replace"),
        f"/admin/activity/{world.acme.pk}/",
    ):  # fmt: skip
        text = support.get(asked).content.decode()
        assert not any(secret in text for secret in secrets), asked
