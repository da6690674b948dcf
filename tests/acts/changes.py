"""What others may change about the row of an act, between a question and its answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from phones import assignment, lifecycle
from phones.models import Phone, PhoneModel, Provisioning
from tests import factories
from tests.support.acting import World
from users import sip
from users.models import User
from users.tenancy import scope

Change = Callable[[World], None]
NEW_MAC = "020000000099"  # no maker's


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


def renew_own(name: str) -> Change:
    """Return the change of the SIP credentials that a common-area phone has of its own."""
    return lambda world: everywhere(
        lambda: lifecycle.open_account(Phone.objects.get(pk=getattr(world, name).pk))
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
        "caller_id": lambda world: [
            factories.caller_number(world.acme, "+14155550199"),
            user(name, caller_id="+14155550199")(world),
        ],
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
        "number": lambda world: [
            factories.caller_number(world.acme, "+14155550177"),
            user(person, caller_id="+14155550177")(world),
        ],
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
