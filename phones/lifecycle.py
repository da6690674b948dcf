"""The life of a phone: added, labeled, corrected, of another kind, replaced, removed (R5, R38)."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from phones import assignment
from phones.models import Kind, Phone, PhoneModel, Provisioning
from phones.refusals import LINE_REFUSALS, REFUSALS
from users import sip
from users.jobs import tell_e911_provider
from users.models import Account, SipAccount
from users.tenancy import history, scope
from users.tenancy.refusals import explain_refusals, make_error

# What a phone without a person signs in as.
OWN_ACCOUNTS = {Kind.COMMON: SipAccount.Kind.PLACE, Kind.USER: SipAccount.Kind.STANDBY}


def add_phone(
    *,
    account_id: int,
    mac: str,
    model: PhoneModel,
    label: str = "",
    kind: str = Kind.USER,
    ext: str | None = None,
    caller_id: str | None = None,
) -> Phone:
    """Add a phone without a person to an account; `mac` as phones.mac.parse returns it.

    Only a common-area phone can have an extension and caller number, and it must have a label
    (R58). Raises ValidationError.
    """
    phone = Phone(
        account_id=account_id,
        mac=mac,
        model=model,
        model_name=model.name,
        label=label,
        kind=kind,
        ext=ext,
        caller_id=caller_id,
    )
    with transaction.atomic(), explain_refusals(LINE_REFUSALS):
        phone.save()
        open_account(phone)
    return phone


def open_account(phone: Phone) -> None:
    """Give a phone without a person its own SIP account: a place's, or on standby (R50, R58)."""
    open_accounts([phone])


def open_accounts(phones: Sequence[Phone]) -> None:
    """Give each phone without a person its own SIP account, as `open_account` does."""
    for kind, account_kind in OWN_ACCOUNTS.items():
        nobodys = [it for it in phones if it.kind == kind and it.assigned_to_id is None]
        sip.issue_phone_accounts([(it.pk, it.account_id) for it in nobodys], account_kind)


def relabel_phone(phone: Phone, label: str) -> None:
    """Give a phone another label, or none if `label` is empty (R5).

    Raises ValidationError if another phone of the account has it.
    """
    phone.label = label
    with explain_refusals(REFUSALS):
        phone.save(update_fields=["label"])


def set_line_of_place(phone: Phone, *, label: str, ext: str | None, caller_id: str | None) -> None:
    """Give a common-area phone its label, and an extension and caller number of its own (R58).

    The E911 provider is told the number, and an address that waited for one gets registered.
    Raises ValidationError.
    """
    phone.label, phone.ext, phone.caller_id = label, ext, caller_id
    with explain_refusals(LINE_REFUSALS):
        phone.save(update_fields=["label", "ext", "caller_id"])
        tell_e911_provider("tell_caller", account_id=phone.account_id, phone_id=phone.pk)


def correct_phone(phone: Phone, *, mac: str, model: PhoneModel) -> None:
    """Correct a phone's model, and its MAC address if it has never fetched with it (R38).

    Raises ValidationError.
    """
    if mac != phone.mac and phone.fetched_at:
        raise make_error(REFUSALS, "mac_was_used")
    phone.mac, phone.model, phone.model_name = mac, model, model.name
    with explain_refusals(REFUSALS):
        phone.save(update_fields=["mac", "model"])


def change_time_zone(phone: Phone, zone: str | None) -> None:
    """Give a phone a time zone of its own, or None for its account's."""
    phone.time_zone = zone
    phone.save(update_fields=["time_zone"])


def replace_phone(phone: Phone, *, mac: str, model: PhoneModel) -> Phone:
    """Replace a broken phone and return the new one, with its label, person and address (R38).

    The old record is retired. The person's credentials change, as with every assignment. Raises
    ValidationError, and AssignmentRefused if the person can't have a phone anymore.
    """
    with transaction.atomic(), explain_refusals(REFUSALS):
        Account.lock(phone.account_id)
        old = Phone.objects.select_for_update().get(pk=phone.pk, retired_at=None)
        carried: dict[str, str | None] = {"time_zone": old.time_zone}
        if old.kind == Kind.COMMON:  # its label and extension are free once it is retired
            carried |= {"label": old.label, "ext": old.ext, "caller_id": old.caller_id}
            _take_line(old)
        new = Phone.objects.create(
            account_id=old.account_id,
            kind=old.kind,
            mac=mac,
            model=model,
            model_name=model.name,
            **carried,
        )
        open_account(new)
        _pass_addresses_on(old, new)
        if old.assigned_to_id:
            _assign(new, old.assigned_to_id)
        _retire(old, replaced_by=new)
        relabel_phone(new, old.label)
    return new


def remove_phone(phone: Phone) -> None:
    """Take a phone out of the account for good: no one's, without address, its record kept (R38).

    Raises AssignmentRefused.
    """
    with transaction.atomic():
        Account.lock(phone.account_id)
        _take_from_person(phone)
        _retire(phone)


def move_phone(phone: Phone, *, account_id: int, reason: str) -> Phone:
    """Retire a phone and add it, free and without a past, to another account (R38).

    The caller has locked both accounts, in the order of their keys. `reason` is what the other
    account reads. Raises what `remove_phone` and `add_phone` raise.
    """
    with transaction.atomic():
        with scope.entered(account_id=phone.account_id):
            remove_phone(phone)
        history.give_reason(reason)
        with scope.entered(account_id=account_id):
            return add_phone(
                account_id=account_id,
                mac=phone.mac,
                model=phone.model,
                kind=phone.kind,
                label=phone.device if phone.kind == Kind.COMMON else "",
            )


def is_in_account(*, account_id: int, mac: str) -> bool:
    """Tell whether a phone with this MAC address is in an account, whatever the scope is."""
    with scope.entered(account_id=account_id):
        return Phone.objects.filter(account_id=account_id, mac=mac, retired_at=None).exists()


def make_common_area(phone: Phone, *, label: str, ext: str | None, caller_id: str | None) -> None:
    """Make a user phone a common-area phone: no one's, with a line of its own (R35, R58).

    The record stays, and with it the address that the phone fetches from, its E911 address and its
    past. Like everyone's from whom a phone is taken, its person's credentials change (R33). Raises
    ValidationError and AssignmentRefused.
    """
    with transaction.atomic(), explain_refusals(LINE_REFUSALS):
        Account.lock(phone.account_id)
        _take_from_person(phone)
        phone.kind, phone.assigned_to = Kind.COMMON, None
        phone.label, phone.ext, phone.caller_id = label, ext, caller_id
        _change_kind(phone)


def make_user_phone(phone: Phone) -> None:
    """Make a common-area phone a user phone: free and on standby, without numbers (R35, R50).

    The record stays, as with `make_common_area`.
    """
    with transaction.atomic():
        Account.lock(phone.account_id)
        phone.kind, phone.ext, phone.caller_id = Kind.USER, None, None
        _change_kind(phone)


def _change_kind(phone: Phone) -> None:
    """Save a phone of another kind, with a new line of its own."""
    phone.save(update_fields=["kind", "label", "ext", "caller_id"])
    open_account(phone)
    # Its address stays, but a dispatcher who calls back must not reach whoever has the number next.
    tell_e911_provider("tell_caller", account_id=phone.account_id, phone_id=phone.pk)


def _take_from_person(phone: Phone) -> None:
    """Unassign a phone that somebody has, by the rule of assigning."""
    if Phone.objects.filter(pk=phone.pk, assigned_to__isnull=False).exists():
        _assign(phone, None)


def _assign(phone: Phone, user_id: int | None) -> None:
    """Assign a phone as part of an act that has shown what this means."""
    moves = [assignment.Move(phone.pk, user_id)]
    seen = assignment.plan(account_id=phone.account_id, moves=moves).seen
    assignment.carry_out(account_id=phone.account_id, moves=moves, seen=seen)


def _pass_addresses_on(old: Phone, new: Phone) -> None:
    """Give the new phone the current and pending address, with the provider's references."""
    for address in old.addresses.filter(
        Q(pk=old.current_address_id) | Q(status="pending")
    ).order_by("pk"):
        was = address.pk
        address.pk, address.phone_id, address._state.adding = None, new.pk, True
        address.save()
        old.addresses.filter(pk=was).update(
            known={}
        )  # so that nobody takes back what is in force for the new one
        if address.status == "pending":
            tell_e911_provider("register", account_id=address.account_id, address_id=address.pk)
        else:
            Phone.objects.filter(pk=new.pk).update(current_address=address)


def _take_line(phone: Phone) -> None:
    """Retire a record, which ends its SIP account; whatever was the account's is free again."""
    Phone.objects.filter(pk=phone.pk, retired_at=None).update(
        retired_at=timezone.now(), ext=None, caller_id=None, time_zone=None
    )


def _retire(phone: Phone, *, replaced_by: Phone | None = None) -> None:
    Provisioning.objects.filter(phone=phone).update(
        token_hash=None,
        code_hash=None,
        code_until=None,
        # Its own password is no reason to keep a key; while there is one, people at the device can
        # still ask for the password that it has.
        admin_key=None,
    )
    _take_line(phone)
    Phone.objects.filter(pk=phone.pk).update(current_address=None, replaced_by=replaced_by)
    withdrawn = list(phone.addresses.filter(status__in=["accepted", "pending"]))
    phone.addresses.filter(status__in=["accepted", "pending"]).update(status="withdrawn")
    phone.addresses.filter(status="refused").update(superseded=True)
    for address in withdrawn:
        tell_e911_provider("withdraw", account_id=address.account_id, address_id=address.pk)
