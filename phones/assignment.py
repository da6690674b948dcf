"""Decide and carry out which phone belongs to whom: the whole rule of assigning (R11 to R20).

`plan` says what a list of moves would do and changes nothing; `carry_out` does it, provided that
the situation is still what the person saw. There is no other way to assign. A move names a phone
and who gets it, if anyone. Most plans have one move (the five cases of R14); undoing, swapping and
reorganizing take several.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from phones.assignment_plan import Change, Move, Person, Plan
from phones.models import Kind, Phone
from phones.names import join_names
from phones.refusals import OVERTAKEN, REFUSALS
from users import sip
from users.jobs import tell_e911_provider
from users.models import Account, SipAccount, User
from users.people import describe_missing
from users.tenancy.history import DELETED
from users.tenancy.refusals import constraint_of


class AssignmentRefused(Exception):
    """The rules forbid an assignment: the text says why and what to do, `code` names the rule."""

    def __init__(self, sentence: str, *, code: str) -> None:
        super().__init__(sentence)
        self.code = code


class AssignmentChanged(Exception):
    """The situation has changed since the person saw it; `plan` describes the new one (R17)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("the situation has changed since it was shown")
        self.plan = plan


def find_obstacle(user: User) -> str | None:
    """Return why this person can't have a phone and what to do about it (R12, R19), or None."""
    if not user.is_active:
        return _("Deactivated. Activate this person first.")
    if not user.has_line:
        return _("Basic plan. Change the plan to Plus or Pro first.")
    return describe_missing(user) or None


def plan(*, account_id: int, moves: Sequence[Move]) -> Plan:
    """Return what these moves would do in this account, without changing anything.

    Raises Phone.DoesNotExist or User.DoesNotExist for a phone or user that isn't in the account,
    and AssignmentRefused with the reason if the rules forbid a move.
    """
    return _plan(tuple(moves), phones=_phones(account_id, moves), people=_people(account_id, moves))


def describe_removed(*, account_id: int, moves: Sequence[Move]) -> str:
    """Name the people and phones in these moves that no longer exist; "" if the account had none.

    Never names those of another account.
    """
    phones = Phone.objects.filter(account_id=account_id, pk__in=[move.phone_id for move in moves])
    events = User.pgh_event_model  # type: ignore[attr-defined]  # added by pghistory
    people = events.objects.filter(account_id=account_id, pgh_label=DELETED)
    people = people.filter(
        pgh_obj_id__in=[move.user_id for move in moves if move.user_id is not None]
    )
    names = [str(phone) for phone in phones.exclude(retired_at=None)]
    names += [
        f"{person.first_name} {person.last_name}".strip() or person.email or "" for person in people
    ]
    if not names:
        return ""
    return _("No longer in your account: %(names)s.") % {"names": join_names(names)}


def carry_out(*, account_id: int, moves: Sequence[Move], seen: str) -> Plan:
    """Carry out these moves in one transaction and return what they did.

    A plan without changes is a success too.

    `seen` is the value of the plan that was confirmed. Raises AssignmentChanged with the new plan
    if it differs, and whatever `plan` raises; then nothing has happened.
    """
    try:
        return _carry_out(account_id, tuple(moves), seen)
    except IntegrityError as error:  # hand-written SQL got past our locks
        if refusal := OVERTAKEN.get(constraint_of(error)):
            raise AssignmentRefused(str(refusal.sentence), code="changed") from error
        raise


def _carry_out(account_id: int, moves: tuple[Move, ...], seen: str) -> Plan:
    with transaction.atomic():
        Account.lock(account_id)
        people = list(
            _people(account_id, moves, and_holders=True)
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
        )
        # Fully, because assigning changes a key of the phone, and a fetch in between would wait for
        # what this transaction locks later, while this one waits for the fetch.
        phones = _phones(account_id, moves).select_for_update(of=("self",)).order_by("pk")
        now = _plan(moves, phones=phones, people=people)
        if not now.changes:
            return now
        affected = [person for person in people if person.pk in {known.id for known in now.people}]
        if now.seen != seen or len(affected) != len(now.people):
            raise AssignmentChanged(now)
        # First, while every phone still has its old person: a trigger then keeps the username by
        # which the phone can be asked to restart.
        sip.issue_credentials(affected)
        passed_on = {change.before for change in now.connected if change.before}
        taken = {change.after for change in now.connected}
        freed = [
            c.phone_id
            for c in now.changes
            if c.before and (c.after is None or c.before in taken & passed_on)
        ]
        if freed:
            Phone.objects.filter(pk__in=freed).update(assigned_to=None)
        receivers = [(change.phone_id, change.after.id) for change in now.changes if change.after]
        for phone_id, user_id in receivers:
            Phone.objects.filter(pk=phone_id).update(assigned_to=user_id)
        # Giving them to somebody ended their own accounts; a free phone needs a new one (R50).
        free = [(change.phone_id, account_id) for change in now.silenced]
        sip.issue_phone_accounts(free, SipAccount.Kind.STANDBY)
        for _phone_id, user_id in receivers:
            tell_e911_provider("tell_caller", account_id=account_id, user_id=user_id)
        return now


def _phones(account_id: int, moves: Sequence[Move]) -> QuerySet[Phone]:
    """Return the phones that moves name, and those of the people that moves name."""
    named = Q(pk__in=[move.phone_id for move in moves])
    held = Q(assigned_to__in=[move.user_id for move in moves if move.user_id is not None])
    return (
        Phone.objects.filter(named | held, account_id=account_id, retired_at=None)
        .select_related("assigned_to__sip", "current_address")
        .only(
            "account_id",
            "kind",
            "label",
            "model_name",
            "mac",
            "current_address__standardised",
            "assigned_to__first_name",
            "assigned_to__last_name",
            "assigned_to__ext",
            "assigned_to__caller_id",
            "assigned_to__sip__username",
        )
    )


def _people(account_id: int, moves: Sequence[Move], *, and_holders: bool = False) -> QuerySet[User]:
    """Return the people that moves name, and those who have the phones that moves name."""
    wanted = Q(pk__in={move.user_id for move in moves if move.user_id is not None})
    if and_holders:
        moved = Phone.objects.filter(
            pk__in=[move.phone_id for move in moves], account_id=account_id, retired_at=None
        )
        wanted |= Q(pk__in=moved.values("assigned_to_id"))
    return (
        User.objects.filter(wanted, account_id=account_id)
        .select_related("sip")
        .only(
            "account_id",
            "first_name",
            "last_name",
            "email",
            "ext",
            "caller_id",
            "plan",
            "is_active",
            "sip__username",
        )
    )


def _plan(
    moves: tuple[Move, ...], *, phones: QuerySet[Phone], people: Sequence[User] | QuerySet[User]
) -> Plan:
    """Decide what moves do among these phones and people: the rule itself."""
    phone_of = {phone.pk: phone for phone in phones}
    user_of = {user.pk: user for user in people}
    target: dict[int, User | None] = {}
    for move in moves:
        phone = phone_of.get(move.phone_id)
        user = user_of.get(move.user_id) if move.user_id is not None else None
        if phone is None:
            raise Phone.DoesNotExist
        if user is None and move.user_id is not None:
            raise User.DoesNotExist
        if phone.kind == Kind.COMMON:
            raise AssignmentRefused(str(REFUSALS["common_area"].sentence), code="common_area")
        if user is not None and user.pk != phone.assigned_to_id and (reason := find_obstacle(user)):
            sentence = str(REFUSALS["cannot_have_phone"].sentence)
            raise AssignmentRefused(
                sentence % {"name": user, "reason": reason}, code="cannot_have_phone"
            )
        target[phone.pk] = user
    getting = [user.pk for user in target.values() if user]
    if len(target) != len(moves) or len(getting) != len(set(getting)):
        raise AssignmentRefused(str(REFUSALS["moved_twice"].sentence), code="moved_twice")
    for phone in phone_of.values():  # people who get a phone give up the one they have
        if phone.pk not in target and phone.assigned_to_id in getting:
            target[phone.pk] = None
    changes = [
        _change(phone_of[key], user)
        for key, user in target.items()
        if phone_of[key].assigned_to_id != (user.pk if user else None)
    ]
    return Plan(moves=moves, changes=tuple(changes))


def _change(phone: Phone, user: User | None) -> Change:
    return Change(
        phone_id=phone.pk,
        label=phone.label,
        model=phone.model_name,
        mac=phone.mac,
        address=phone.current_address.standardised if phone.current_address else "",
        before=_person(phone.assigned_to),
        after=_person(user),
    )


def _person(user: User | None) -> Person | None:
    if user is None:
        return None
    credentials = getattr(user, "sip", None)
    return Person(
        id=user.pk,
        name=user.name,
        ext=user.ext or "",
        caller_id=user.caller_id or "",
        sip_username=credentials.username if credentials else "",
    )
