"""How tests get at each act: its row, what is typed, what others may change, and whether it's done.

A new act needs a trial here; `test_every_act_has_a_trial` fails without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from phones import acts as of_phones
from phones import assignment
from phones.models import Kind, Phone, PhoneModel, Provisioning
from tests import factories
from tests.support.acting import World
from users import acts as of_people
from users import people, sip
from users.models import RequestKey, User
from users.tenancy import scope
from users.tenancy.history import DELETED

Change = Callable[[World], None]
NEW_MAC = "805ec0000099"


def everywhere(do: Callable[[], Any]) -> Any:
    """Do something as nobody in particular, in all accounts."""
    with transaction.atomic(), scope.entered(scope="support"):
        return do()


def user(name: str, **fields: Any) -> Change:
    """Return a change of a person's columns."""
    return lambda world: everywhere(
        lambda: User.objects.filter(pk=getattr(world, name).pk).update(**fields)
    )


def phone(name: str, **fields: Any) -> Change:
    """Return a change of a phone's columns."""
    return lambda world: everywhere(
        lambda: Phone.objects.filter(pk=getattr(world, name).pk).update(**fields)
    )


def renew(name: str) -> Change:
    """Return the change of a person's SIP credentials."""
    return lambda world: everywhere(
        lambda: sip.issue_credentials([User.objects.get(pk=getattr(world, name).pk)])
    )


def give(phone: str, person: str | None) -> Change:
    """Return the change that gives a phone to a person, or to no one."""

    def do(world: World) -> None:
        to = getattr(world, person).pk if person else None
        moves = [assignment.Move(getattr(world, phone).pk, to)]
        with transaction.atomic(), scope.entered(account_id=world.acme.pk):
            seen = assignment.plan(account_id=world.acme.pk, moves=moves).seen
            assignment.carry_out(account_id=world.acme.pk, moves=moves, seen=seen)

    return do


def factor(name: str) -> Change:
    """Return the change that gives a person a second factor."""
    return lambda world: everywhere(
        lambda: Authenticator.objects.create(
            user=User.objects.get(pk=getattr(world, name).pk),
            type=Authenticator.Type.TOTP,
            data={"secret": "x"},
        )
    )


def versions(name: str, **now: Any) -> Callable[[World], int]:
    """Return how often a row became like this, by its history."""

    def count(world: World) -> int:
        row = getattr(world, name)
        events = type(row).pgh_event_model.objects
        rows = list(everywhere(lambda: list(events.filter(pgh_obj_id=row.pk).order_by("pk"))))
        like = [all(getattr(it, key) == value for key, value in now.items()) for it in rows]
        return sum(
            is_so and not was_so for was_so, is_so in zip([False, *like], like, strict=False)
        )

    return count


def phones_with(**fields: Any) -> Callable[[World], int]:
    """Return how many phones of both companies are like this."""
    return lambda world: everywhere(lambda: Phone.objects.filter(**fields).count())


def people_change(name: str) -> dict[str, Change]:
    """Return what others may change of each fact of a person without a phone."""
    return {
        "name": user(name, last_name="Wolfe"),
        "email": user(name, email="other@example.com"),
        "ext": user(name, ext="77"),
        "caller_id": user(name, caller_id="+14155550199"),
        "plan": user(name, plan="plus"),
        "active": user(name, is_active=False),
        "administrator": user(name, is_administrator=True),
        "blocked": user(name, sign_in_blocked_at=timezone.now()),
        "second_factor": factor(name),
        "credentials": renew(name),
        "phone": give("spare", name),
    }


def phone_change(name: str, person: str) -> dict[str, Change]:
    """Return what others may change of each fact of somebody's phone."""
    return {
        "model": lambda world: phone(name, model=PhoneModel.objects.get(name="Poly VVX 450"))(
            world
        ),
        "mac": phone(name, mac="805ec0000077"),
        "label": phone(name, label="Back door"),
        "name": user(person, last_name="Ulmer"),
        "ext": user(person, ext="77"),
        "credentials": renew(person),
        "address": lambda world: factories.address(
            getattr(world, name), standardised="1 Other Road, New York, NY 10038"
        ),
        "waiting": lambda world: factories.address(
            getattr(world, name), status="pending", current=False
        ),
        "fetched": lambda world: everywhere(
            lambda: Provisioning.objects.update_or_create(
                phone_id=getattr(world, name).pk,
                account_id=world.acme.pk,
                defaults={"delivered_at": timezone.now()},
            )
        ),
    }


@dataclass(frozen=True)
class Trial:
    """One act on one row."""

    row: str
    done: Callable[[World], int]  # how often it was done
    answers: Callable[[], dict[str, Any]] = dict
    before: Change = lambda world: None
    changes: dict[str, Change] = field(default_factory=dict)  # by fact
    reached: frozenset[str] = frozenset()  # facts whose change is the goal itself
    refused: frozenset[str] = frozenset()  # facts whose change rules it out, before it's asked
    ruled_out: frozenset[str] = frozenset()  # the same, once the answers are known


def device() -> dict[str, Any]:
    return {"mac": NEW_MAC, "model": PhoneModel.objects.get(name="Snom D785").pk}


def correction() -> dict[str, Any]:
    return {"mac": NEW_MAC, "model": PhoneModel.objects.get(name="Yealink SIP-T54W").pk}


WYN = people_change("wyn")
DESK = phone_change("desk", "uma")
HAS_PHONE = frozenset({"phone"})


def without(changes: dict[str, Change], *names: str) -> dict[str, Change]:
    return {name: change for name, change in changes.items() if name not in names}


def mails_to_wyn(world: World) -> int:
    """How many invitations wait for the worker."""
    events = User.pgh_event_model.objects.filter(pgh_obj_id=world.wyn.pk, pgh_label="invited")
    return everywhere(events.count)


PEOPLE: dict[str, Trial] = {
    "edit": Trial(
        "wyn",
        versions("wyn", first_name="Winifred"),
        answers=lambda: {
            "first_name": "Winifred",
            "last_name": "Wolf",
            "ext": "13",
            "email": "wyn@example.com",
            "caller_id": "",
        },
        before=user("wyn", email="wyn@example.com"),
        changes=WYN,
    ),
    "email": Trial(
        "wyn",
        versions("wyn", email="new@example.com"),
        answers=lambda: {"email": "new@example.com"},
        changes=WYN,
    ),
    "plan": Trial(
        "wyn",
        versions("wyn", plan="basic"),
        answers=lambda: {"plan": "basic"},
        changes=WYN,
        ruled_out=HAS_PHONE,
    ),
    "make-administrator": Trial(
        "wyn",
        versions("wyn", is_administrator=True),
        changes=WYN | {"gets_link": user("wyn", password=make_password("secret"))},
        reached=frozenset({"administrator"}),
        refused=frozenset({"active", "blocked"}),
    ),
    "remove-administrator": Trial(
        "wyn",
        lambda world: versions("wyn", is_administrator=False)(world) - 1,
        before=user("wyn", is_administrator=True),
        changes=WYN | {"administrator": user("wyn", is_administrator=False)},
        reached=frozenset({"administrator"}),
    ),
    "invitation": Trial(
        "wyn",
        mails_to_wyn,
        before=user("wyn", is_administrator=True),
        changes=WYN | {"administrator": user("wyn", is_administrator=False)},
        refused=frozenset({"administrator", "active", "blocked"}),
    ),
    "second-factor": Trial(
        "wyn",
        lambda world: versions("wyn", has_second_factor=False)(world) - 1,
        before=factor("wyn"),
        changes=without(WYN, "second_factor")
        | {
            "second_factor": lambda world: everywhere(
                lambda: Authenticator.objects.filter(user_id=world.wyn.pk).delete()
            )
        },
        reached=frozenset({"second_factor"}),
    ),
    "sign-in-block": Trial(
        "wyn",
        lambda world: versions("wyn", sign_in_blocked_at=None)(world) - 1,
        before=user("wyn", sign_in_blocked_at=timezone.now()),
        changes=WYN | {"blocked": user("wyn", sign_in_blocked_at=None)},
        reached=frozenset({"blocked"}),
    ),
    "deactivate": Trial(
        "wyn",
        versions("wyn", is_active=False),
        changes=WYN,
        reached=frozenset({"active"}),
        refused=HAS_PHONE,
    ),
    "activate": Trial(
        "wyn",
        lambda world: versions("wyn", is_active=True)(world) - 1,
        before=user("wyn", is_active=False),
        changes=without(WYN, "phone", "active") | {"active": user("wyn", is_active=True)},
        reached=frozenset({"active"}),
    ),
    "delete": Trial(
        "wyn",
        versions("wyn", pgh_label=DELETED),
        changes=WYN,
        refused=HAS_PHONE,
    ),
}
PHONES: dict[str, Trial] = {
    "correct": Trial(
        "desk",
        phones_with(mac=NEW_MAC),
        answers=correction,
        changes=DESK,
        ruled_out=frozenset({"fetched"}),
    ),
    "replace": Trial("desk", phones_with(mac=NEW_MAC), answers=device, changes=DESK),
    "remove": Trial(
        "desk",
        lambda world: phones_with(pk=world.desk.pk, retired_at__isnull=False)(world),
        changes=DESK,
    ),
    "kind": Trial(
        "desk",
        lambda world: phones_with(account=world.acme, kind=Kind.COMMON)(world) - 1,  # the lobby's
        changes=DESK,
    ),
    "move": Trial(
        "desk",
        lambda world: phones_with(account=world.other)(world),
        answers=lambda: {"reason_there": "They bought it"},
        changes=DESK,
    ),
    "label": Trial(
        "desk",
        versions("desk", label="Front"),
        answers=lambda: {"label": "Front"},
        changes={fact: DESK[fact] for fact in ("label", "model", "mac", "name", "ext")},
    ),
}
TRIALS = PEOPLE | PHONES
ADMINISTRATORS = {
    **{f"/users/{{key}}/{name}/": name for name in of_people.ACTS},
    **{f"/phones/{{key}}/{name}/": name for name in [*of_phones.ACTS, "label"]},
}
SUPPORT = {
    **{f"/admin/users/user/{{key}}/{name}/": name for name in of_people.SUPPORT_ACTS},
    **{f"/admin/phones/phone/{{key}}/{name}/": name for name in [*of_phones.SUPPORT_ACTS, "move"]},
}
CASES = [("administrator", url, name) for url, name in ADMINISTRATORS.items()]
CASES += [("support", url, name) for url, name in SUPPORT.items()]


def kept_keys() -> int:
    """How many requests are known to be done."""
    return everywhere(RequestKey.objects.count)


__all__ = ["CASES", "TRIALS", "Trial", "everywhere", "kept_keys", "people"]
