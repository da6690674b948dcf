"""Decide and carry out which phone belongs to whom: the whole rule of assigning (R11 to R20).

`plan` says what a list of moves would do and changes nothing; `carry_out` does it, provided that
what was seen still holds. There is no second way to assign. A move names a phone and who gets it,
or nobody. Most plans are of one move (the five cases of R14); undoing, swapping and reorganising
are plans of several.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phones import mac
from phones.models import Kind, Phone
from users import sip
from users.jobs import tell_e911_provider
from users.models import Account, User
from users.tenancy.history import DELETED
from users.tenancy.refusals import constraint_of


class Case(StrEnum):
    """The five confirmations of R14, by what is the case now and what was chosen."""

    UNASSIGN = "a"  # the phone is somebody's, and will be nobody's
    GIVE_FREE = "b"  # the phone is free, the person has none
    PASS_ON = "c"  # the phone is somebody else's, the person has none
    SWITCH_TO_FREE = "d"  # the phone is free, the person has another
    SWITCH_TO_USED = "e"  # the phone is somebody else's, the person has another


class AssignmentRefused(Exception):
    """The rules forbid an assignment: the text says why and what to do, `code` names the rule."""

    def __init__(self, sentence: str, *, code: str) -> None:
        super().__init__(sentence)
        self.code = code


class AssignmentChanged(Exception):
    """What the person confirmed is no longer what is there; `plan` has the new situation (R17)."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("the situation has changed since it was shown")
        self.plan = plan


@dataclass(frozen=True)
class Move:
    """A wish: this phone to this person, or (None) to nobody."""

    phone_id: int
    user_id: int | None


@dataclass(frozen=True)
class Person:
    """Somebody that a plan names. `sip_username` stands for the version of his credentials."""

    id: int
    name: str
    ext: str
    sip_username: str


@dataclass(frozen=True)
class Change:
    """What happens to one phone: whose it is before and after, and how people recognise it."""

    phone_id: int
    label: str
    model: str
    mac: str
    address: str
    before: Person | None
    after: Person | None

    @property
    def title(self) -> str:
        """Return the label, or model and MAC address if it has none.

        A plan may hold several phones of one model.
        """
        return self.label or f"{self.model} {self.mac_shown}"

    @property
    def mac_shown(self) -> str:
        return mac.format(self.mac)


@dataclass(frozen=True)
class Plan:
    """What a list of moves would do. Without changes it is what holds already."""

    moves: tuple[Move, ...]
    changes: tuple[Change, ...]

    @property
    def people(self) -> tuple[Person, ...]:
        """Return everyone whose phone, and so whose SIP credentials, change, ordered by key."""
        found = {
            person.id: person
            for change in self.changes
            for person in (change.before, change.after)
            if person
        }
        return tuple(found[key] for key in sorted(found))

    @property
    def left_without(self) -> tuple[Person, ...]:
        """Those who have a phone now and will have none."""
        served = {change.after.id for change in self.changes if change.after}
        return tuple(person for person in self.people if person.id not in served)

    @property
    def silenced(self) -> tuple[Change, ...]:
        """The phones that lose line 1, 911 included."""
        return tuple(change for change in self.changes if change.after is None)

    @property
    def connected(self) -> tuple[Change, ...]:
        """The phones that get line 1 as somebody else than now."""
        return tuple(change for change in self.changes if change.after is not None)

    @property
    def main(self) -> Change:
        """The change of the phone that was moved, in a plan of one move that changes something."""
        return next(change for change in self.changes if change.phone_id == self.moves[0].phone_id)

    @property
    def names(self) -> str:
        """The people whose credentials change, as a sentence names them."""
        return get_text_list([person.name for person in self.people], _("and"))

    @property
    def keys(self) -> str:
        """The keys of the phones that must be restarted, between commas."""
        return ",".join(str(change.phone_id) for change in self.changes)

    @property
    def back(self) -> str:
        """The moves that restore what was before, as phones.forms.MovesForm takes them."""
        return ",".join(
            f"{change.phone_id}-{change.before.id if change.before else ''}"
            for change in self.changes
        )

    @property
    def titles(self) -> str:
        """The phones that must be restarted, as a sentence names them."""
        return get_text_list([change.title for change in self.changes], _("and"))

    @property
    def case(self) -> Case | None:
        """Return which of the five confirmations this is.

        None for plans of several moves and those that change nothing.
        """
        if len(self.moves) != 1 or not self.changes:
            return None
        if self.main.after is None:
            return Case.UNASSIGN
        switched = len(self.changes) > 1
        if self.main.before is None:
            return Case.SWITCH_TO_FREE if switched else Case.GIVE_FREE
        return Case.SWITCH_TO_USED if switched else Case.PASS_ON

    @property
    def seen(self) -> str:
        """Return a short value made of all that a confirmation shows, credentials included.

        Credentials never return to an earlier username, so neither does this value, even when the
        situation does (R17).
        """
        facts = [
            [c.phone_id, c.label, c.model, c.mac, c.address]
            + [[p.id, p.name, p.ext, p.sip_username] if p else None for p in (c.before, c.after)]
            for c in self.changes
        ]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:32]


def find_obstacle(user: User) -> str | None:
    """Return why this person can't have a phone and what to do about it (R12, R19), or None."""
    if not user.is_active:
        return _("Deactivated. Activate this person first.")
    if not user.has_line:
        return _("Basic plan. Change the plan to Plus or Pro first.")
    missing = [
        name
        for name, value in (
            (_("first name"), user.first_name),
            (_("last name"), user.last_name),
            (_("email"), user.email),
            (_("extension"), user.ext),
        )
        if not value
    ]
    if missing:
        return _("Not fully set up. Missing: %(parts)s.") % {"parts": ", ".join(missing)}
    return None


def plan(*, account_id: int, moves: Sequence[Move]) -> Plan:
    """Return what these moves would do in this account; changes nothing.

    Raises Phone.DoesNotExist or User.DoesNotExist for what is not in the account, and Refused with
    the reason where the rules forbid a move.
    """
    return _plan(tuple(moves), phones=_phones(account_id, moves), people=_people(account_id, moves))


def describe_removed(*, account_id: int, moves: Sequence[Move]) -> str:
    """Name the people and phones in these moves that no longer exist; "" if the account had none.

    What is another account's stays unknown.
    """
    phones = Phone.objects.filter(account_id=account_id, pk__in=[move.phone_id for move in moves])
    people = User.pgh_event_model.objects.filter(account_id=account_id, pgh_label=DELETED)
    people = people.filter(
        pgh_obj_id__in=[move.user_id for move in moves if move.user_id is not None]
    )
    names = [str(phone) for phone in phones.exclude(retired_at=None)]
    names += [
        f"{person.first_name} {person.last_name}".strip() or person.email or "" for person in people
    ]
    if not names:
        return ""
    return _("No longer in your account: %(names)s.") % {"names": get_text_list(names, _("and"))}


def carry_out(*, account_id: int, moves: Sequence[Move], seen: str) -> Plan:
    """Carry out these moves in one transaction and return what they did.

    A plan without changes is a success too.

    `seen` is the value of the plan that was confirmed. Raises Changed with the new plan where it no
    longer fits, and whatever `plan` raises; then nothing has happened.
    """
    try:
        return _carry_out(account_id, tuple(moves), seen)
    except IntegrityError as error:  # somebody with SQL at hand was quicker than the locks
        if sentence := SENTENCES.get(constraint_of(error)):
            raise AssignmentRefused(str(sentence), code="changed") from error
        raise


def _carry_out(account_id: int, moves: tuple[Move, ...], seen: str) -> Plan:
    with transaction.atomic():
        Account.lock(account_id)
        holders = _phones(account_id, moves).values_list("assigned_to_id", flat=True)
        people = (
            _people(account_id, moves, *holders)
            .select_for_update(of=("self",), no_key=True)
            .order_by("pk")
        )
        people = list(people)
        phones = (
            _phones(account_id, moves).select_for_update(of=("self",), no_key=True).order_by("pk")
        )
        now = _plan(moves, phones=phones, people=people)
        if not now.changes:
            return now
        affected = [person for person in people if person.pk in {known.id for known in now.people}]
        if now.seen != seen or len(affected) != len(now.people):
            raise AssignmentChanged(now)
        # First, while every phone is still whose it was: it keeps the username by which it can be
        # asked to restart.
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
        for change in now.connected:
            Phone.objects.filter(pk=change.phone_id).update(assigned_to=change.after.id)
        for change in now.connected:
            tell_e911_provider("tell_caller", account_id=account_id, user_id=change.after.id)
        return now


def _phones(account_id: int, moves: Sequence[Move]) -> QuerySet[Phone]:
    """The phones that moves name, and those that the people they name have."""
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
            "assigned_to__sip__username",
        )
    )


def _people(account_id: int, moves: Sequence[Move], *further: int | None) -> QuerySet[User]:
    """The people that moves name, and further ones by key."""
    keys = {move.user_id for move in moves} | set(further)
    return (
        User.objects.filter(account_id=account_id, pk__in=keys - {None})
        .select_related("sip")
        .only(
            "account_id",
            "first_name",
            "last_name",
            "email",
            "ext",
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
            raise AssignmentRefused(
                _(
                    "This is a common-area phone. It belongs to a place and cannot be given to a "
                    "person."
                ),
                code="common_area",
            )
        if user is not None and user.pk != phone.assigned_to_id and (reason := find_obstacle(user)):
            sentence = _("%(name)s cannot be given a phone: %(reason)s") % {
                "name": user,
                "reason": reason,
            }
            raise AssignmentRefused(sentence, code="cannot_have_phone")
        target[phone.pk] = user
    getting = [user.pk for user in target.values() if user]
    if len(target) != len(moves) or len(getting) != len(set(getting)):
        raise AssignmentRefused(
            _("A phone or a person stands in this list twice. Each can be moved once."),
            code="moved_twice",
        )
    for phone in phone_of.values():  # whoever gets a phone gives up the one he has
        if phone.pk not in target and phone.assigned_to_id in getting:
            target[phone.pk] = None
    changes = [
        Change(
            phone_id=phone.pk,
            label=phone.label,
            model=phone.model_name,
            mac=phone.mac,
            address=phone.current_address.standardised if phone.current_address else "",
            before=_person(phone.assigned_to),
            after=_person(target[phone.pk]),
        )
        for phone in (phone_of[key] for key in target)
        if phone.assigned_to_id != (target[phone.pk].pk if target[phone.pk] else None)
    ]
    return Plan(moves=moves, changes=tuple(changes))


def _person(user: User | None) -> Person | None:
    if user is None:
        return None
    credentials = getattr(user, "sip", None)
    return Person(
        id=user.pk,
        name=user.name,
        ext=user.ext or "",
        sip_username=credentials.username if credentials else "",
    )


# One sentence a constraint, for what slips past the checks above because somebody else was quicker.
SENTENCES = {
    "phones_phone_assigned_to_may_have_phone": gettext_lazy(
        "This person cannot be given a phone any more. Load the page again to see why."
    ),
    "phones_phone_assigned_to_id_key": gettext_lazy(
        "This person was just given another phone. Load the page again."
    ),
    "phones_phone_common_area_is_nobodys": gettext_lazy(
        "This is a common-area phone, which is nobody’s."
    ),
    "phones_phone_retired_is_nobodys": gettext_lazy("This phone has been removed."),
}
