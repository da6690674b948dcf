"""Store emergency addresses and register them with the provider (R7, R28, R30, R31).

A new version waits beside the one in force, and the phone's pointer moves to it only once it is
accepted. After a refusal, no answer or a crash, the previous version is still in force, here and at
the provider.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, fields

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from e911.addresses.civic import CivicAddress
from e911.models import EmergencyAddress, Status
from e911.providers import (
    Misconfigured,
    Outcome,
    Registration,
    State,
    Unavailable,
    Verdict,
    get_provider,
)
from phones.models import Kind, Phone
from users.jobs import defer
from users.models import Account, User
from users.numbers import can_be_called_back
from users.tenancy import scope

PARTS = tuple(field.name for field in fields(CivicAddress) if field.name != "remarks")
POLL_SECONDS = 60
STATES: Mapping[Verdict, State] = {
    "valid": "accepted",
    "invalid": "refused",
    "unknown": "pending",
}
logger = logging.getLogger(__name__)


class Gone(LookupError):
    """The phone was removed in the meantime."""


def build_civic_address(version: EmergencyAddress) -> CivicAddress:
    """Build the civic address of a stored version."""
    return CivicAddress(**{name: getattr(version, name) for name in PARTS})


def set_address(
    *, phone: Phone, address: CivicAddress, typed: str, by: User | None
) -> EmergencyAddress:
    """Store and return a new version: accepted at once if no provider verifies, else pending.

    `address` must have passed the checks. `by` is None in an import by the operator. Raises Gone.
    """
    with transaction.atomic():
        Account.lock(phone.account_id)
        if not Phone.objects.filter(pk=phone.pk, retired_at=None).exists():
            raise Gone
        _close_open(phone.pk)
        parts = {name: value for name, value in asdict(address).items() if name in PARTS}
        version = EmergencyAddress.objects.create(
            account_id=phone.account_id,
            phone_id=phone.pk,
            typed=typed,
            standardised=address.standardised,
            set_by=by,
            set_by_name=str(by or ""),
            provider=get_provider().key,
            **parts,
        )
        if get_provider().verifies:
            defer("e911.register", account_id=version.account_id, address_id=version.pk)
        else:
            _accept(version, words="")
        return version


def try_again(*, phone: Phone, by: User) -> EmergencyAddress | None:
    """Ask the provider again about the pending or refused version; return it, or None."""
    with transaction.atomic():
        Account.lock(phone.account_id)
        version = phone.addresses.filter(is_open=True).first()
        if version and version.status == Status.REFUSED:
            return set_address(
                phone=phone, address=build_civic_address(version), typed=version.typed, by=by
            )
        if version:  # a user is waiting for this one, so it goes ahead of postponed retries
            defer("e911.register", account_id=version.account_id, address_id=version.pk, priority=1)
        return version


# --- what the worker does -------------------------------------------------------------------------


def register_address(*, account_id: int, address_id: int) -> None:
    """Register a pending version with the provider, or poll it, and record the answer.

    Safe to repeat. Raises providers.Unavailable and providers.Misconfigured; the version then stays
    pending and shows the reason.
    """
    version, caller = _read(account_id, address_id)
    if version.status != Status.PENDING:
        withdraw_address(account_id=account_id, address_id=address_id)
        return
    try:
        outcome = _ask(version, caller)
    except (Unavailable, Misconfigured) as error:
        _update(version, words=str(error))
        raise
    _settle(version, outcome, caller)


def notify_provider_of_caller(*, account_id: int, user_id: int = 0, phone_id: int = 0) -> None:
    """Notify the provider of the current caller on a phone, if that has changed.

    It is a user's phone, or one that has no user. Safe to repeat; raises like `register_address`.
    """
    with transaction.atomic(), scope.entered(account_id=account_id):
        phone = (
            Phone.objects.filter(Q(pk=phone_id) if phone_id else Q(assigned_to_id=user_id))
            .select_related("current_address", "assigned_to")
            .first()
        )
        if phone and (waiting := phone.addresses.filter(status=Status.PENDING).first()):
            defer("e911.register", account_id=account_id, address_id=waiting.pk, priority=1)
    version = phone.current_address if phone else None
    if phone is None or version is None:
        return
    if version.provider != get_provider().key or not get_provider().verifies:
        return
    number, name = _caller(phone)
    if "address" not in version.known:
        if name:  # else no one has the phone, and there's nothing to register
            _reopen(version)
        return
    if not number:
        _unregister(version)
        return
    outcome = get_provider().update_caller(
        version.known, number, name, lambda known: _update(version, known=known)
    )
    _update(version, known=outcome.known, words=outcome.words)
    if outcome.state == "refused":
        logger.error(
            "The E911 provider refuses the new caller of emergency address %d: %s",
            version.pk,
            outcome.words,
        )
    elif outcome.state == "accepted":
        _update(version, callback_number=number, caller_name=name)
    elif outcome.state == "pending":
        with transaction.atomic():
            whose = {"phone_id": phone_id} if phone_id else {"user_id": user_id}
            defer("e911.tell_caller", account_id=account_id, in_seconds=POLL_SECONDS, **whose)


def _reopen(version: EmergencyAddress) -> None:
    """Set a version that was only validated back to pending, because it must be registered.

    It was validated while no one had the phone.
    """
    with transaction.atomic(), scope.entered(account_id=version.account_id):
        Account.lock(version.account_id)
        _supersede_refused(version.phone_id)
        if not _has_pending(version.phone_id):
            Phone.objects.filter(current_address_id=version.pk).update(current_address=None)
            _become(version, Status.PENDING)
            defer("e911.register", account_id=version.account_id, address_id=version.pk)


def _unregister(version: EmergencyAddress) -> None:
    """Take a version out of force whose phone has no number anymore, and out of the provider.

    The number may become another desk's, and 911 must not find this address with it. It waits for
    a number, or a newer version takes its place.
    """
    with transaction.atomic(), scope.entered(account_id=version.account_id):
        Account.lock(version.account_id)
        in_force = Phone.objects.filter(current_address_id=version.pk)
        if not in_force.update(current_address=None):
            return
        _supersede_refused(version.phone_id)
        if _has_pending(version.phone_id):
            _become(version, Status.WITHDRAWN)
            defer("e911.withdraw", account_id=version.account_id, address_id=version.pk)
        else:
            _become(version, Status.PENDING)
            defer("e911.register", account_id=version.account_id, address_id=version.pk)


def reopen_unregistered() -> None:
    """Set common-area phones' addresses back to pending if they aren't registered (R58).

    They were accepted by an earlier release, or before this provider was configured. Safe to
    repeat.
    """
    if not get_provider().verifies:
        return
    registered = Q(
        current_address__known__has_key="address", current_address__provider=get_provider().key
    )
    with transaction.atomic(), scope.entered(scope="support"):
        found = list(
            Phone.objects.filter(
                ~registered, kind=Kind.COMMON, retired_at=None, current_address__isnull=False
            ).values_list("account_id", "pk", "current_address_id")
        )
    for account_id, phone_id, address_id in found:
        with transaction.atomic(), scope.entered(account_id=account_id):
            Account.lock(account_id)
            if Phone.objects.filter(pk=phone_id, current_address_id=address_id).update(
                current_address=None
            ):
                _replace_unregistered(EmergencyAddress.objects.get(pk=address_id))


def _replace_unregistered(version: EmergencyAddress) -> None:
    """Have a common-area phone's address registered that is no longer in force.

    A pending version replaces it. The provider of a version never changes, so another provider
    gets a copy.
    """
    _supersede_refused(version.phone_id)
    if _has_pending(version.phone_id):
        _become(version, Status.WITHDRAWN)
        return
    if version.provider == get_provider().key:
        _become(version, Status.PENDING)
    else:
        _become(version, Status.WITHDRAWN)
        version.pk, version._state.adding = None, True
        version.status, version.settled_at = Status.PENDING, None
        version.provider, version.known, version.words = get_provider().key, {}, ""
        version.save()
    defer("e911.register", account_id=version.account_id, address_id=version.pk)


def withdraw_address(*, account_id: int, address_id: int) -> None:
    """Withdraw a version that is no longer in force from the provider.

    Safe to repeat; raises like `register_address`.
    """
    version, _who = _read(account_id, address_id)
    with transaction.atomic(), scope.entered(account_id=account_id):
        in_force = Phone.objects.filter(current_address_id=address_id).exists()
        # After a phone is replaced, its registration belongs to the new phone's version, even if a
        # late answer recorded it on this one again.
        heirs = EmergencyAddress.objects.filter(
            account_id=account_id, known__address=version.known.get("address")
        )
        passed_on = (
            "address" in version.known
            and heirs.exclude(status=Status.WITHDRAWN).exclude(pk=version.pk).exists()
        )
    settled = not in_force and version.status != Status.PENDING
    if version.known and settled and version.provider == get_provider().key:
        if not passed_on:
            get_provider().withdraw(version.known)
        _update(version, known={})


def _ask(version: EmergencyAddress, caller: tuple[str, str]) -> Outcome:
    """Ask the provider about a version, outside any transaction because it may be slow."""
    number, name = caller
    if not number and version.known:  # a registration with a former number, or an interrupted one
        get_provider().withdraw(version.known)
        _update(version, known={})
    if not number and version.phone.assigned_to_id:
        return Outcome(
            "pending", version.known, _("This person has no caller number. Add one on Users.")
        )
    if not number:
        # There is no caller to register yet: only validate the address.
        answer = get_provider().validate(build_civic_address(version))
        state, words = STATES[answer.verdict], answer.words
        if _needs_number(version, caller) and state != "refused":
            # Unlike a free phone it is in use, and a dispatcher could not call it back.
            state = "pending"
            words = _(
                "This common-area phone has no caller number yet. Until it has one, 911 can’t call"
                " it back, and its address can’t be registered."
            )
        return Outcome(state=state, known=version.known, words=words)
    registration = Registration(
        reference=f"phoneadmin-address-{version.pk}",
        address=build_civic_address(version),
        callback_number=number,
        caller_name=name,
    )
    return get_provider().register(
        registration, version.known, lambda known: _update(version, known=known)
    )


def _settle(version: EmergencyAddress, outcome: Outcome, caller: tuple[str, str]) -> None:
    with transaction.atomic(), scope.entered(account_id=version.account_id):
        Account.lock(version.account_id)
        now = EmergencyAddress.objects.select_for_update().get(pk=version.pk)
        EmergencyAddress.objects.filter(pk=now.pk).update(
            known=outcome.known,
            words=outcome.words,
            callback_number=caller[0],
            caller_name=caller[1],
        )
        if now.status != Status.PENDING:  # a newer version came before the provider answered
            defer("e911.withdraw", account_id=now.account_id, address_id=now.pk)
        elif outcome.state == "accepted":
            _accept(now, words=outcome.words)
            phone = Phone.objects.select_related("assigned_to").get(pk=now.phone_id)
            # The phone may have gone to another user in the meantime, or have another number.
            if phone.assigned_to_id and _caller(phone) != caller:
                defer("e911.tell_caller", account_id=now.account_id, user_id=phone.assigned_to_id)
            elif not phone.assigned_to_id and _caller(phone) != caller:
                defer("e911.tell_caller", account_id=now.account_id, phone_id=phone.pk)
        elif outcome.state == "refused":
            _become(now, Status.REFUSED)
            defer("e911.withdraw", account_id=now.account_id, address_id=now.pk)
        elif not _needs_number(version, caller):  # else asking again wouldn't help
            defer(
                "e911.register",
                account_id=now.account_id,
                address_id=now.pk,
                in_seconds=POLL_SECONDS,
            )


def _accept(version: EmergencyAddress, *, words: str) -> None:
    """Put a version in force, and only then withdraw the previous one."""
    previous = Phone.objects.values_list("current_address_id", flat=True).get(pk=version.phone_id)
    _become(version, Status.ACCEPTED)
    version.words = words
    Phone.objects.filter(pk=version.phone_id).update(current_address_id=version.pk)
    if previous:
        EmergencyAddress.objects.filter(pk=previous).update(status=Status.WITHDRAWN)
        if get_provider().verifies:
            defer("e911.withdraw", account_id=version.account_id, address_id=previous)


def _close_open(phone_id: int) -> None:
    """Close the pending or refused version, because a newer one replaces it."""
    _supersede_refused(phone_id)
    for version in EmergencyAddress.objects.filter(phone_id=phone_id, status=Status.PENDING):
        _become(version, Status.WITHDRAWN)
        if get_provider().verifies:
            defer("e911.withdraw", account_id=version.account_id, address_id=version.pk)


def _supersede_refused(phone_id: int) -> None:
    """Close the refused version: it can't stand in for another one that is to be registered."""
    refused = EmergencyAddress.objects.filter(phone_id=phone_id, status=Status.REFUSED)
    refused.filter(superseded=False).update(superseded=True)


def _has_pending(phone_id: int) -> bool:
    return EmergencyAddress.objects.filter(phone_id=phone_id, status=Status.PENDING).exists()


def _become(version: EmergencyAddress, status: Status) -> None:
    version.status = status
    EmergencyAddress.objects.filter(pk=version.pk).update(status=status, settled_at=timezone.now())


def _read(account_id: int, address_id: int) -> tuple[EmergencyAddress, tuple[str, str]]:
    with transaction.atomic(), scope.entered(account_id=account_id):
        version = EmergencyAddress.objects.select_related("phone__assigned_to").get(pk=address_id)
        return version, _caller(version.phone)


def _update(version: EmergencyAddress, **values: object) -> None:
    """Record changes at once, so a crash afterward can't lose what the provider has."""
    with transaction.atomic(), scope.entered(account_id=version.account_id):
        EmergencyAddress.objects.filter(pk=version.pk).update(**values)
    for name, value in values.items():
        setattr(version, name, value)


def _needs_number(version: EmergencyAddress, caller: tuple[str, str]) -> bool:
    """Tell whether the address waits for a common-area phone's number (R58)."""
    return not caller[0] and version.phone.kind == Kind.COMMON and get_provider().verifies


def _caller(phone: Phone) -> tuple[str, str]:
    """Return the callback number, and the name of whom or what the phone is for (R58).

    A number that support has confirmed for another account is none: a dispatcher would call them.
    """
    user = phone.assigned_to
    if not user and phone.kind != Kind.COMMON:
        return "", ""
    number, name = (user.caller_id, user.name) if user else (phone.caller_id, phone.label)
    if number and not can_be_called_back(account_id=phone.account_id, number=number):
        number = ""
    return number or "", name
