"""Describe the history: one plain sentence for each change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from e911.models import EmergencyAddress, Status
from phoneadmin.activity.nets import Names, Net, read_actor
from phones import mac, restarts
from phones.models import Kind, Phone, Restart
from phones.registrar_client import Answer
from users.models import Account, CallerNumber, CredentialsRecord, SipAccount, User
from users.tenancy.actors import ActorKind
from users.tenancy.history import INVITED, VISITED


def name_actor(record: Any, names: Names) -> str:
    """Return the name of the person or program that did it, as far as the record says."""
    # A restart from before the actor was kept with it.
    if isinstance(record, Restart) and read_actor(record).kind is ActorKind.DATABASE:
        return str(
            record.by or (_("support staff") if record.by_id else _("the phone company’s system"))
        )
    if isinstance(record, CredentialsRecord):
        return record.by_name or _("the phone company")
    actor = read_actor(record)
    match actor.kind:
        case ActorKind.JOB:
            return _("the E911 provider")
        case ActorKind.COMMAND:
            return _("the phone company (%(command)s)") % {"command": actor.name}
        case ActorKind.MAILBOX:
            return _("someone who reads mail sent to %(email)s") % {"email": actor.name}
        case ActorKind.DATABASE:
            return _("the phone company, in the database")
        case ActorKind.SUPPORT:
            return actor.name or _("support staff")
        case ActorKind.PERSON:
            return actor.name or names.person(actor.id)


def is_by_support(record: Any) -> bool:
    """Tell whether support staff did it; an account sees them only as the actor."""
    if isinstance(record, Restart | CredentialsRecord):
        return bool(record.by_id) and (record.by is None or record.by.is_staff)
    return read_actor(record).kind is ActorKind.SUPPORT


def read_reason(record: Any) -> str:
    """Return the reason given, "" if there is none."""
    return read_actor(record).reason


def list_undo_moves(nets: list[Net], still: Mapping[int, int | None]) -> str:
    """Return the moves that restore the assignments, "" if none changed or something has since.

    `still` maps these phones to their current users, and includes all phones of the users who had
    one of these.
    """
    moved = [net for net in nets if net.changed_hands]
    as_left = all(
        net.version.kind == Kind.USER
        and net.version.retired_at is None
        and still.get(net.version.pgh_obj_id, -1) == net.version.assigned_to_id
        for net in moved
    )
    phones, people = (
        {net.version.pgh_obj_id for net in moved},
        {net.was.assigned_to_id for net in moved} - {None},
    )
    served = any(person in people for phone, person in still.items() if phone not in phones)
    if not moved or len(moved) > restarts.MAX_PHONES or not as_left or served:
        return ""
    return ",".join(f"{net.version.pgh_obj_id}-{net.was.assigned_to_id or ''}" for net in moved)


def write_sentences(nets: list[Net], names: Names) -> Iterator[str]:
    """Yield plain sentences for these changes; nothing if the rows are as before."""
    nets = [net for net in nets if not net.fleeting]
    addressed = {net.version.phone_id for net in nets if net.of is EmergencyAddress}
    wordless = any(net.differs for net in nets)
    for net in nets:
        pointed = net.of is Phone and net.version.pgh_obj_id not in addressed
        for said in (*SAYING[net.of](net, names), *(_pointer(net) if pointed else ())):
            wordless = False
            yield said
    for said in _credentials(nets, names):
        wordless = False
        yield said
    if wordless:
        yield _("Changed details that aren’t listed here.")


def name_phone(phone: Any) -> str:
    """Return a sentence's name for a phone, given one of its versions."""
    return f"{phone.label or phone.model_name} ({mac.format(phone.mac)})"


def _phone(net: Net, names: Names) -> Iterator[str]:
    now, was = net.version, net.was
    what = {"phone": name_phone(now), "person": names.person(now.assigned_to_id)}
    if net.deleted:
        yield _("Deleted %(phone)s.") % what
    elif was is None:
        yield (
            _("Added %(phone)s for %(person)s.") if now.assigned_to_id else _("Added %(phone)s.")
        ) % what
    else:
        if net.changed_hands:
            what["before"] = names.person(was.assigned_to_id)
            if now.assigned_to_id is None:
                yield _("Took %(phone)s from %(before)s.") % what
            elif was.assigned_to_id is None:
                yield _("Gave %(phone)s to %(person)s.") % what
            else:
                yield _("Took %(phone)s from %(before)s and gave it to %(person)s.") % what
        if now.kind != was.kind:
            yield (
                _("Made %(phone)s a common-area phone.")
                if now.kind == Kind.COMMON
                else _("Made %(phone)s a user phone.")
            ) % what
        changes = "; ".join(net.changes(**OF_PHONE))
        if changes:
            yield _("Changed %(phone)s: %(changes)s.") % (what | {"changes": changes})
        if now.retired_at and not was.retired_at:
            yield _("Removed %(phone)s.") % what
        elif was.retired_at and not now.retired_at:
            yield _("Brought %(phone)s back.") % what


def _pointer(net: Net) -> Iterator[str]:
    """Say that another address is in force, unless an address's own change says so."""
    now, was = net.version, net.was
    if (
        was
        and not net.deleted
        and not now.retired_at
        and now.current_address_id != was.current_address_id
    ):
        if now.current_address_id:
            yield _("Put another E911 address in force for %(phone)s.") % {"phone": name_phone(now)}
        else:
            yield _("%(phone)s no longer has an E911 address in force.") % {
                "phone": name_phone(now)
            }


def _address(net: Net, names: Names) -> Iterator[str]:
    now, was = net.version, net.was
    what = {"phone": names.phone(now.phone_id), "address": now.standardised, "words": now.words}
    if net.deleted:
        yield _("Deleted an E911 address of %(phone)s: %(address)s.") % what
    elif was is None or now.status != was.status:
        yield _became(was and was.status, now.status) % what
    if was and not net.deleted:
        if now.words and now.words != was.words:
            yield _("The E911 provider says of %(phone)s: %(words)s") % what
        if now.callback_number and (now.callback_number, now.caller_name) != (
            was.callback_number,
            was.caller_name,
        ):
            who = {"number": now.callback_number, "name": now.caller_name}
            yield _("The dispatcher calls %(phone)s back as %(name)s, %(number)s.") % (what | who)


def _became(was: str | None, now: str) -> str:
    """Describe a status change from `was` to `now`; `was` is None for a new address."""
    if was is None:
        if now == Status.ACCEPTED:
            return _("Set the E911 address of %(phone)s: %(address)s.")
        return _("Entered an E911 address of %(phone)s: %(address)s.")
    if now == Status.WITHDRAWN and was != Status.ACCEPTED:
        return _(
            "The E911 address of %(phone)s was withdrawn before it came into force: %(address)s."
        )
    return {
        Status.PENDING: _(
            "The E911 address of %(phone)s is waiting for the E911 provider again: %(address)s."
        ),
        Status.ACCEPTED: _("The E911 address of %(phone)s was accepted: %(address)s."),
        Status.REFUSED: _("The E911 address of %(phone)s was refused: %(address)s."),
        Status.WITHDRAWN: _("The E911 address of %(phone)s is no longer in force: %(address)s."),
    }[Status(now)]


def _person(net: Net, names: Names) -> Iterator[str]:
    now, was = net.version, net.was
    what = {
        "person": f"{now.first_name} {now.last_name}".strip() or now.email or f"#{now.pgh_obj_id}"
    }
    if net.deleted:
        yield _("Deleted %(person)s.") % what
    elif was is None:
        yield _("Added %(person)s.") % what
    else:
        changes = "; ".join(net.changes(**OF_PERSON))
        if changes:
            yield _("Changed %(person)s: %(changes)s.") % (what | {"changes": changes})
        if now.sign_in_blocked_at and not was.sign_in_blocked_at:
            yield _("Blocked the sign-in of %(person)s.") % what
        elif was.sign_in_blocked_at and not now.sign_in_blocked_at:
            yield _("Let %(person)s sign in again.") % what
    if INVITED in net.done:
        yield _("Invited %(person)s by email.") % what


def _credentials(nets: list[Net], names: Names) -> Iterator[str]:
    """Say whose credentials changed; those that come and go with a user or plan need no words."""
    hands = any(net.changed_hands for net in nets)
    people = {net.version.pgh_obj_id for net in nets if net.of is User}
    changed: set[str] = set()
    withdrawn: set[str] = set()
    for net in nets:
        if net.of is not SipAccount or net.version.kind != SipAccount.Kind.PERSON:
            continue  # a phone's own account comes and goes with what the phone is used for
        if (net.was and not net.deleted) or net.version.user_id not in people:
            (withdrawn if net.deleted else changed).add(names.person(net.version.user_id))
    if changed:
        said = (
            _("SIP credentials changed: %(people)s.")
            if hands
            else _("New SIP credentials: %(people)s.")
        )
        yield said % {"people": ", ".join(sorted(changed))}
    if withdrawn:
        yield _("SIP credentials withdrawn: %(people)s.") % {"people": ", ".join(sorted(withdrawn))}


def _account(net: Net, names: Names) -> Iterator[str]:
    if net.was is None:
        yield _("Added the account %(name)s.") % {"name": net.version.name}
    elif changes := "; ".join(net.changes(**OF_ACCOUNT)):
        yield _("Changed the account: %(changes)s.") % {"changes": changes}
    if VISITED in net.done:
        yield _("Looked at the pages of this account.")


def _number(net: Net, names: Names) -> Iterator[str]:
    now, was = net.version, net.was
    what = {"number": now.e164}
    if net.deleted:
        yield _("Removed the telephone number %(number)s.") % what
    elif now.confirmed_at and was is None:
        yield _("Added the telephone number %(number)s.") % what
    elif was is None:
        yield _("Added the telephone number %(number)s, not confirmed.") % what
    elif now.confirmed_at and not was.confirmed_at:
        yield _("Confirmed the telephone number %(number)s.") % what


def _restart(net: Net, names: Names) -> Iterator[str]:
    record = net.version
    said = {
        Answer.ASKED: _("Asked %(phone)s to restart."),
        Answer.SILENT: _("Asked %(phone)s to restart; it didn’t answer."),
        Answer.HELD: _("Didn’t ask %(phone)s to restart: another device had its line."),
        **dict.fromkeys(
            (Answer.NOT_SUBSCRIBED, Answer.NOT_KNOWN, Answer.NOT_TRUSTED, Answer.CANNOT),
            _("Asked %(phone)s to restart; it can’t be restarted this way."),
        ),
    }.get(record.answer, _("Tried to restart %(phone)s; it couldn’t be asked."))
    yield said % {"phone": name_phone(record.phone)}


def _look(net: Net, names: Names) -> Iterator[str]:
    what = {"owner": net.version.user_name}
    match net.version.what:
        case CredentialsRecord.What.LOCK:
            yield _("Looked at the password of the phone %(owner)s.") % what
        case CredentialsRecord.What.RELOCKED:
            yield _("Changed the password of the phone itself, %(owner)s.") % what
        case CredentialsRecord.What.CHANGED:
            yield _("Changed the SIP credentials of %(owner)s.") % what
        case _password:
            yield _("Looked at the SIP password of %(person)s.") % {"person": what["owner"]}


OF_PHONE = {
    "label": gettext_lazy("label"),
    "model_name": gettext_lazy("model"),
    "mac": gettext_lazy("MAC address"),
    "ext": gettext_lazy("extension"),
    "caller_id": gettext_lazy("caller number"),
    "time_zone": gettext_lazy("time zone"),
}
OF_PERSON = {
    "first_name": gettext_lazy("first name"),
    "last_name": gettext_lazy("last name"),
    "email": gettext_lazy("email"),
    "ext": gettext_lazy("extension"),
    "plan": gettext_lazy("plan"),
    "caller_id": gettext_lazy("caller number"),
    "is_administrator": gettext_lazy("administrator"),
    "is_active": gettext_lazy("active"),
    "has_second_factor": gettext_lazy("second factor"),
}
OF_ACCOUNT = {
    "name": gettext_lazy("name"),
    "second_factor_required": gettext_lazy("second factor for all administrators"),
    "time_zone": gettext_lazy("time zone"),
    "country": gettext_lazy("country"),
    "phone_language": gettext_lazy("language on phones"),
    "ext_length": gettext_lazy("digits of an extension"),
    "outside_prefix": gettext_lazy("digit before outside numbers"),
}
SAYING = {
    Phone: _phone,
    EmergencyAddress: _address,
    User: _person,
    SipAccount: lambda net, names: iter(()),
    Account: _account,
    CallerNumber: _number,
    Restart: _restart,
    CredentialsRecord: _look,
}
