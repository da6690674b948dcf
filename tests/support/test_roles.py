"""Who may do what in Django admin: support, read-only support, administrators, nobody (R1, R35)."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import URLPattern
from django.utils import timezone

from tests import factories
from tests.confirming import read_question
from tests.digests import digests_of_all_tables
from tests.support.acting import REASON, page, phone_page, with_query
from tests.users.editing import UNSEEN
from users.models import User
from users.support.site import site
from users.tenancy import scope

# Each act, with the row of `world` to try it on.
ACTS = {
    "assign": "spare", "restart": "desk", "correct": "spare", "replace": "desk", "move": "desk",
    "make-common-area": "desk", "make-user-phone": "lobby",
    "new-password": "desk", "time-zone": "desk",
    "remove": "desk", "plan": "wyn", "deactivate": "wyn", "activate": "gone", "delete": "wyn",
    "make-administrator": "wyn", "remove-administrator": "new",
    "second-factor": "mfa", "invitation": "new",
    "edit": "wyn", "sign-in-block": "blocked",
    "number": "acme", "phones": "acme", "line": "lobby",
    "confirm": "number", "remove-number": "number", "address": "desk",
}  # fmt: skip
READING = [
    "", "phones/phone/", "phones/phonemodel/", "phones/restart/", "phones/fetch/",
    "users/account/", "users/user/",
    "users/credentialsrecord/", "users/callernumber/", "e911/emergencyaddress/",
]  # fmt: skip


@pytest.fixture
def rows(world, registered):
    """The rows of `world`, and users for the acts that apply to none of them."""
    return vars(world) | {
        "gone": factories.person(world.acme, is_active=False),
        "mfa": factories.person(world.acme, has_second_factor=True),
        "new": factories.person(world.acme, is_administrator=True),
        "blocked": factories.person(world.acme, sign_in_blocked_at=timezone.now()),
    }


def url(rows, verb: str) -> str:
    row = rows[ACTS[verb]]
    return page(row._meta.label_lower.replace(".", "/"), row, verb)


def test_every_act_is_tried_here():
    acts = {verb for register in site._registry.values() for verb in register.row_acts}
    assert acts == {*ACTS, "visit"}


@pytest.mark.parametrize("verb", ACTS)
def test_act_is_for_support_that_may_act(support, reader, administrator, rows, verb):
    asked = url(rows, verb)
    assert support.get(asked).status_code == 200
    for who in (reader, administrator):
        assert who.get(asked).status_code == 403
        assert who.post(asked, UNSEEN | {"reason": REASON}).status_code == 403
    for answer in (Client().get(asked), Client().post(asked, {"reason": REASON})):
        assert (answer.status_code, answer.url) == (302, f"/sign-in/?next={asked}")


@pytest.mark.parametrize("verb", [verb for verb in ACTS if verb not in ("assign", "address")])
def test_blank_reason_is_refused_and_nothing_happens(support, rows, verb):  # R37
    asked = url(rows, verb)
    to = {"to": rows["other"].pk} if verb == "move" else {}
    typed = {
        "plan": "plus",
        "email": "x@example.com",
        "reason_there": "Moved",
        "number": "+14155550100",
        "label": "Lobby",
        "country": "CA",
        "phone_language": "en",
        "ext_length": "4",
    }
    was = snapshot()
    for blank in ("", "   ", "\t"):
        sent = read_question(support, asked, to) | typed | {"reason": blank}
        answer = support.post(with_query(asked, to), sent)
        assert answer.status_code == 422
        assert answer.context["form"].errors["reason"] == ["This is required."]
    assert snapshot() == was


def snapshot() -> dict[str, list]:
    with transaction.atomic():
        return digests_of_all_tables()


@pytest.mark.parametrize("place", READING)
def test_all_support_staff_read_everything_and_nobody_else(
    support, reader, administrator, world, place
):
    for who in (support, reader):
        assert who.get(f"/admin/{place}").status_code == 200
    assert administrator.get(f"/admin/{place}").status_code == 403
    assert Client().get(f"/admin/{place}").url == f"/sign-in/?next=/admin/{place}"


def test_pages_of_single_rows_are_read_by_all_support_staff(support, reader, administrator, world):
    for asked in (
        phone_page(world.desk), phone_page(world.lobby), page("users/user", world.uma),
        page("users/account", world.acme), f"/admin/activity/{world.acme.pk}/",
    ):  # fmt: skip
        assert [who.get(asked).status_code for who in (support, reader, administrator)] == [
            200,
            200,
            403,
        ], asked


def routes(patterns, prefix: str = "/admin/"):
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield route
        else:
            yield from routes(pattern.url_patterns, route)


def test_read_only_support_cannot_post_anywhere_but_to_visit_and_leave(reader, world):
    allowed = set()
    for route in routes(site.urls[0]):
        if "(?P" in route:  # Django's catch-all and the index of an app
            continue
        asked = route.replace("<key:key>", str(world.desk.pk)).replace(
            "<path:object_id>", str(world.desk.pk)
        )
        if reader.post(asked).status_code not in (403, 404):
            allowed.add(route)
    assert allowed <= {"/admin/leave/", "/admin/users/account/<key:key>/visit/", "/admin/login/"}


@pytest.mark.parametrize(
    "asked",
    [
        "phones/phone/{}/change/",
        "users/user/{}/change/",
        "users/account/{}/change/",
        "e911/emergencyaddress/{}/change/",
    ],
)
def test_django_admins_own_forms_change_nothing(support, world, asked):  # R36
    row = {"phones": world.desk, "users/user": world.uma, "users/account": world.acme}
    pk = next((found.pk for start, found in row.items() if asked.startswith(start)), None)
    if pk is None:
        with transaction.atomic(), scope.entered(scope="support"):
            pk = world.desk.addresses.get().pk
    was = snapshot()
    answer = support.post(
        "/admin/" + asked.format(pk), {"label": "Mine", "first_name": "Mine", "name": "Mine"}
    )
    assert answer.status_code == 403
    for gone in ("delete/", "history/"):
        there = "/admin/" + asked.format(pk).replace("change/", gone)
        is_act = there == page("users/user", world.uma, "delete")  # which wants what was seen
        assert support.post(there).status_code == (400 if is_act else 404)
    assert snapshot() == was


@pytest.mark.parametrize("place", READING[1:])
def test_lists_take_no_post(support, reader, world, place):
    assert (
        support.post(f"/admin/{place}").status_code,
        reader.post(f"/admin/{place}").status_code,
    ) == (405, 403)


def test_models_of_phones_are_kept_in_django_admin(support, reader, world):
    new = {"family": "snom", "name": "Snom of a new kind"}
    assert reader.get("/admin/phones/phonemodel/add/").status_code == 403
    assert support.post("/admin/phones/phonemodel/add/", new).status_code == 302
    assert "Snom of a new kind" in support.get("/admin/phones/phonemodel/").content.decode()


def test_read_only_support_comes_by_invitation(committed, mailoutbox):  # R35, R39
    call_command("invite", "sam@provider.example", support=True)
    call_command("invite", "rea@provider.example", support=True, read_only=True)
    with transaction.atomic(), scope.entered(scope="support"):
        found = User.objects.order_by("email").values_list(
            "email", "is_staff", "may_act", "is_superuser"
        )
        assert list(found) == [
            ("rea@provider.example", True, False, False),
            ("sam@provider.example", True, True, False),
        ]


def test_read_only_goes_with_support(committed):
    with pytest.raises(CommandError):
        call_command("invite", "ann@acme.example", account="Acme", read_only=True)


def test_button_is_shown_only_to_who_may_press_it(support, reader, world):
    def buttons(client):
        groups = client.get(phone_page(world.desk)).context["acts"]
        return {str(button.label) for _group, buttons in groups for button in buttons}

    assert buttons(support) - buttons(reader) == {
        "Assign", "Restart", "Correct model or MAC", "Replace phone", "Move to another account",
        "Make common-area phone", "New password for the phone", "Remove phone", "Time zone",
        "Set E911 address",
    }  # fmt: skip
