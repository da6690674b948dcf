"""Keep the records of an account's history that are of one kind, or by one actor (R37).

No index tells these apart, so a page looks through at most WINDOW records of each table; older
ones are on later pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import BooleanField, Exists, F, Func, JSONField, OuterRef, Q, Subquery
from django.db.models.expressions import Combinable
from django.utils.translation import gettext_lazy as _

from e911.models import EmergencyAddress
from phones.models import Phone, Restart
from users.models import Account, CallerNumber, CredentialsRecord, SipAccount, User
from users.tenancy.actors import ActorKind
from users.tenancy.history import ADDED, CHANGED, DELETED, INVITED

WINDOW = 20_000
SUPPORT, COMPANY = "support", "company"  # who may have acted, besides one person
KINDS = {
    "assignments": _("Assignments"),
    "addresses": _("E911 addresses"),
    "people": _("People"),
    "phones": _("Phones"),
    "sign-in": _("Sign-in and credentials"),
    "restarts": _("Restarts"),
    "settings": _("Settings and numbers"),
}


class Differs(Func):
    """Whether two values differ, where null is a value too."""

    template, arg_joiner = "(%(expressions)s)", " IS DISTINCT FROM "
    output_field = BooleanField()


def find_previous(versions: Any, value: str | Combinable = "pgh_id") -> Subquery:
    """Return a value of the version before each version of a row."""
    earlier = versions.objects.filter(
        pgh_obj_id=OuterRef("pgh_obj_id"), pgh_id__lt=OuterRef("pgh_id")
    )
    return Subquery(earlier.order_by("-pgh_id").values_list(value)[:1])


def _changed(model: Any, *names: str) -> Q:
    """Return which versions differ in these columns from the version before."""
    values = Func(*map(F, names), function="jsonb_build_array", output_field=JSONField())
    return Q(Differs(values, find_previous(model.pgh_event_model, values)))


# The records of each kind; some are of two. A kind without a table has none of it.
OF_KIND: Mapping[str, Mapping[type[Any], Callable[[], Q]]] = {
    "assignments": {Phone: lambda: _changed(Phone, "assigned_to_id")},
    "addresses": {EmergencyAddress: Q, Phone: lambda: _changed(Phone, "current_address_id")},
    "people": {User: Q},
    "phones": {
        Phone: lambda: Q(pgh_label__in=[ADDED, DELETED])
        | _changed(
            Phone, "label", "model_name", "mac", "kind", "ext", "caller_id", "time_zone",
            "retired_at",
        )
    },
    "sign-in": {
        User: lambda: Q(pgh_label=INVITED)
        | Q(pgh_label=CHANGED)
        & _changed(
            User, "email", "is_administrator", "is_active", "sign_in_blocked_at",
            "has_second_factor",
        ),
        SipAccount: lambda: Q(kind=SipAccount.Kind.PERSON),
        CredentialsRecord: Q,
    },
    "restarts": {Restart: Q},
    "settings": {Account: Q, CallerNumber: Q},
}  # fmt: skip


def select_kind(model: type[Any], kind: str) -> Q | None:
    """Return which of a table's records are of a kind ("" for any); None if none can be."""
    if not kind:
        return Q()
    select = OF_KIND[kind].get(model)
    return select() if select else None


def select_actor(model: type[Any], who: str) -> Q:
    """Return which records are by an actor: SUPPORT, COMPANY, a person's key, or "" for any."""
    if not who:
        return Q()
    by_context = {SUPPORT: _by_support, COMPANY: _by_company}.get(who, lambda: _by_person(int(who)))
    if model is CredentialsRecord:
        return _by_column(who)
    if model is Restart:  # from before the actor was kept with it
        return by_context() & Q(pgh_context__isnull=False) | (
            Q(pgh_context__isnull=True) & _by_column(who)
        )
    return by_context()


def _said(**facts: Any) -> Q:
    return Q(pgh_context__contains=facts)


# Each also finds what version 0.1 wrote (users/tenancy/actors.py).
def _by_person(key: int) -> Q:
    return _said(kind=ActorKind.PERSON, id=key) | _said(user=key)


def _by_support() -> Q:
    return _said(kind=ActorKind.SUPPORT) | _said(support=True)


def _by_company() -> Q:
    return (
        _said(kind=ActorKind.COMMAND)
        | _said(kind=ActorKind.JOB)
        | Q(pgh_context__has_key="command")
        | Q(pgh_context__isnull=True)
    )


def _by_column(who: str) -> Q:
    """Tell by whose key a record has: an account doesn't see the rows of support staff."""
    ours = Exists(User.objects.filter(pk=OuterRef("by_id"), is_staff=False))
    if who == SUPPORT:
        return Q(by_id__isnull=False) & ~Q(ours)
    return Q(by_id__isnull=True) if who == COMPANY else Q(by_id=int(who))
