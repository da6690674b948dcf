"""How tests get at each act: its row, what is typed, what others may change, and whether it's done.

A new act needs a trial here; `test_every_act_has_a_trial` fails without one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from phones import acts as of_phones
from phones import lock
from phones.models import Kind, PhoneModel, Provisioning
from tests import factories
from tests.acts.changes import (
    NEW_MAC,
    Change,
    everywhere,
    factor,
    people_change,
    phone,
    phone_change,
    phones_with,
    renew_own,
    user,
    versions,
)
from tests.support.acting import World
from users import acts as of_people
from users import people
from users.models import Account, CallerNumber, RequestKey, User
from users.tenancy.history import DELETED


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
OF_PLACE = ("model", "mac", "label", "address", "waiting", "fetched")
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
            "plan": "pro",
            "caller_id": "",
        },
        before=user("wyn", email="wyn@example.com"),
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
LOBBY = {
    **{name: it for name, it in phone_change("lobby", "uma").items() if name in OF_PLACE},
    "ext": phone("lobby", ext="78"),
    "number": lambda world: [
        factories.caller_number(world.acme, "+14155550188"),
        phone("lobby", caller_id="+14155550188")(world),
    ],
}
PHONES: dict[str, Trial] = {
    "line": Trial(
        "lobby",
        versions("lobby", ext="80"),
        answers=lambda: {"label": "Lobby", "ext": "80", "caller_id": ""},
        changes=LOBBY,
    ),
    "correct": Trial(
        "desk",
        phones_with(mac=NEW_MAC),
        answers=correction,
        changes=DESK,
        ruled_out=frozenset({"fetched"}),
    ),
    "replace": Trial("desk", phones_with(mac=NEW_MAC), answers=device, changes=DESK),
    "time-zone": Trial(
        "desk",
        versions("desk", time_zone="America/Denver"),
        answers=lambda: {"phone_time_zone": "America/Denver"},
        changes={fact: DESK[fact] for fact in ("label", "model", "mac", "name", "ext")}
        | {"time_zone": phone("desk", time_zone="America/Chicago")},
    ),
    "new-password": Trial(
        "desk",
        lambda world: everywhere(
            lambda: Provisioning.objects.get(phone_id=world.desk.pk).admin_generation - 1
        ),
        changes={fact: DESK[fact] for fact in ("label", "model", "mac", "name", "ext")}
        | {
            "generation": lambda world: everywhere(
                lambda: lock.change_passwords([world.desk], by=None)
            )
        },
    ),
    "remove": Trial(
        "desk",
        lambda world: phones_with(pk=world.desk.pk, retired_at__isnull=False)(world),
        changes=DESK,
    ),
    "make-common-area": Trial(
        "desk",
        versions("desk", kind=Kind.COMMON),
        answers=lambda: {"label": "Entrance", "ext": "80", "caller_id": ""},
        changes=DESK,
    ),
    "make-user-phone": Trial(
        "lobby",
        versions("lobby", kind=Kind.USER),
        changes=LOBBY | {"credentials": renew_own("lobby")},
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


def number(**fields: Any) -> Change:
    """Return a change of the company's telephone number."""
    return lambda world: everywhere(
        lambda: CallerNumber.objects.filter(pk=world.number.pk).update(**fields)
    )


def use_number(world: World) -> None:
    """Let a person have the company's telephone number as caller ID."""
    e164 = everywhere(lambda: CallerNumber.objects.get(pk=world.number.pk).e164)
    user("vic", caller_id=e164)(world)


NUMBER: dict[str, Change] = {
    "number": number(e164="+12125550122"),
    "confirmed": number(confirmed_at=timezone.now()),
    "users": use_number,
}


def account(**fields: Any) -> Change:
    """Return a change of the company's settings."""
    return lambda world: everywhere(
        lambda: Account.objects.filter(pk=world.acme.pk).update(**fields)
    )


ACCOUNTS: dict[str, Trial] = {
    "phones": Trial(
        "acme",
        versions("acme", phone_language="fr"),
        answers=lambda: {
            "time_zone": "America/Toronto",
            "country": "CA",
            "phone_language": "fr",
            "ext_length": "3",
            "outside_prefix": "",
        },
        changes={
            "time_zone": account(time_zone="America/Denver"),
            "country": account(country="CA"),
            "phone_language": account(phone_language="es"),
            "ext_length": account(ext_length=4),
            "outside_prefix": account(outside_prefix="8"),
        },
    ),
    "number": Trial(
        "acme",
        lambda world: everywhere(
            CallerNumber.objects.filter(account=world.acme, e164="+14155550100").count
        ),
        answers=lambda: {"number": "(415) 555-0100"},
    ),
}
NUMBERS: dict[str, Trial] = {
    "confirm": Trial(
        "number",
        lambda world: everywhere(
            CallerNumber.pgh_event_model.objects.filter(
                pgh_obj_id=world.number.pk, confirmed_at__isnull=False
            ).count
        ),
        changes=NUMBER,
        reached=frozenset({"confirmed"}),
    ),
    "remove-number": Trial(
        "number",
        versions("number", pgh_label=DELETED),
        changes=NUMBER,
        refused=frozenset({"users"}),
    ),
}
TRIALS = PEOPLE | PHONES | ACCOUNTS | NUMBERS
ADMINISTRATORS = {
    **{f"/users/{{key}}/{name}/": name for name in of_people.ACTS},
    **{f"/phones/{{key}}/{name}/": name for name in [*of_phones.ACTS, "label"]},
}
SUPPORT = {
    **{f"/admin/users/user/{{key}}/{name}/": name for name in of_people.ACTS},
    **{f"/admin/phones/phone/{{key}}/{name}/": name for name in [*of_phones.ACTS, "move"]},
}
SUPPORT |= {f"/admin/users/account/{{key}}/{name}/": name for name in ACCOUNTS}
SUPPORT |= {f"/admin/users/callernumber/{{key}}/{name}/": name for name in NUMBERS}
CASES = [("administrator", url, name) for url, name in ADMINISTRATORS.items()]
CASES += [("support", url, name) for url, name in SUPPORT.items()]


def kept_keys() -> int:
    """How many requests are known to be done."""
    return everywhere(RequestKey.objects.count)


__all__ = ["CASES", "TRIALS", "Trial", "kept_keys", "people"]
