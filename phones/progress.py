"""Say how far a phone is on its way to work: what is done, what is awaited, what is missing.

Every claim is what the records of fetches, the registrar and the E911 provider say (R34, R68).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from zlib import crc32

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from phones import emergency, line
from phones.fetching import CODE_LASTS
from phones.models import Kind, Phone, Provisioning
from phones.trouble import Trouble, find_trouble

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

# What the steps themselves say already.
SAID_ANYWAY = {"not_connected", "code_waits"}


class State(StrEnum):
    """How a step is doing; the names are those of its classes and icons."""

    DONE = "done"
    AWAITED = "awaited"  # it happens by itself
    TO_DO = "to-do"  # someone has to do it
    WRONG = "wrong"
    LATER = "later"  # another step comes first


@dataclass(frozen=True)
class Step:
    """One step: what it is called, how it is doing, and what can be done about it."""

    title: StrOrPromise
    state: State
    detail: StrOrPromise = ""
    action: StrOrPromise = ""
    url: str = ""
    is_dialog: bool = True


@dataclass(frozen=True)
class Progress:
    """How far a phone is; `said` is that in one sentence."""

    steps: tuple[Step, ...]
    said: StrOrPromise
    can_call: bool  # it is registered with a line that calls, and such a call gets out now
    call: StrOrPromise  # from when on it can call 911

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be done or awaited."""
        return all(step.state == State.DONE for step in self.steps)

    @property
    def version(self) -> str:
        """Changes with anything that is shown."""
        shown = [[str(each) for each in vars(step).values()] for step in self.steps]
        return f"{crc32(repr([shown, str(self.said), str(self.call)]).encode()):x}"


def load_progress(phone: Phone, *, to: int | None = None) -> Progress:
    """Return how far a phone is; `to` is the person whom it is meant for, if it is free yet.

    Runs at most eight queries. Its `assigned_to`, `sip`, `current_address`, `model` and
    `provisioning` must be loaded.
    """
    state = line.load_states(phone.account_id, [phone.pk])[phone.pk]
    fetched = _describe_fetch(phone)
    registered = _describe_registration(phone, state, has_fetched=fetched.state == State.DONE)
    whose = _describe_owner(phone, to)
    return Progress(
        steps=(whose, fetched, registered, _describe_address(phone)),
        said=_say(fetched, registered),
        can_call=_has_line(phone) and state.registered and emergency.gets_out_now(),
        call=_say_when_it_calls(phone, registered=state.registered),
    )


def _describe_owner(phone: Phone, to: int | None) -> Step:
    if phone.kind == Kind.COMMON:
        number = phone.caller_id or _("no caller number")
        if not phone.ext:
            return Step(_("Common-area phone"), State.DONE, _("It has no extension yet."))
        said = _("Extension %(ext)s, %(number)s") % {"ext": phone.ext, "number": number}
        return Step(_("Common-area phone"), State.DONE, said)
    if person := phone.assigned_to:
        said = _("Extension %(ext)s, %(number)s") % {
            "ext": person.ext,
            "number": person.caller_id or _("no caller number"),
        }
        return Step(_("Given to %(name)s") % {"name": person.name}, State.DONE, said)
    if not hasattr(phone, "sip"):
        return Step(
            _("No SIP account"),
            State.WRONG,
            _(
                "Line 1 is off: this phone has no SIP account. It can’t call anyone, 911 included."
                " Contact support."
            ),
        )
    url = reverse("phone_assigned", args=[phone.pk]) + (f"?to={to}" if to else "")
    return Step(
        _("Given to no one yet"),
        State.TO_DO,
        _(
            "Until you assign it, this phone is on standby: it registers, but it can’t call anyone,"
            " 911 included."
        ),
        _("Give it to someone") if to is None else _("Confirm who gets it"),
        url,
        is_dialog=to is not None,
    )


def _describe_fetch(phone: Phone) -> Step:
    provisioning, title = phone.provisioning, _("Fetching its configuration")
    if _has_fetched(provisioning):
        last = phone.fetches.order_by("-id").first()
        when = provisioning.delivered_at if last is None else last.last_at
        said = _("Last on %(at)s.") % {"at": _show(when)} if when else ""
        if last:
            said = _("Last on %(at)s, from %(address)s.") % {
                "at": _show(last.last_at),
                "address": last.sender,
            }
        return Step(title, State.DONE, said)
    until = provisioning.code_until
    if until is None:
        return Step(title, State.TO_DO, _("Get the address, and enter it on the phone."))
    if until <= timezone.now():
        expired = _("The address expired on %(at)s. Get another one.") % {"at": _show(until)}
        return Step(title, State.WRONG, expired)
    waits = _("The address is good until %(at)s.") % {"at": _show(until)}
    return Step(_("Waiting for it to fetch its configuration"), State.AWAITED, waits)


def _has_fetched(provisioning: Provisioning) -> bool:
    """Tell whether the phone has fetched since its latest code was made, if there is one."""
    made = provisioning.code_until and provisioning.code_until - CODE_LASTS
    return bool(provisioning.delivered_at and (made is None or provisioning.delivered_at >= made))


def _describe_registration(phone: Phone, state: line.State, *, has_fetched: bool) -> Step:
    title = _("Registered")
    if state.registered and not state.needs_restart:
        return Step(title, State.DONE)
    if state.registered:
        again = reverse("phones_restart") + f"?phones={phone.pk}"
        said = _("It’s registered, but something has changed since. It needs a restart.")
        return Step(title, State.TO_DO, said, _("Restart"), again)
    if not state.unregistered:
        said = _("Not known: the SIP registrar can’t be reached right now.")
        return Step(title, State.WRONG, said)
    if not has_fetched:
        return Step(title, State.LATER)
    trouble = find_trouble(phone)
    if trouble is None:  # it has just registered
        return Step(title, State.DONE)
    if trouble.code in ("fetched", "fetched_once", "restarting") and _is_recent(phone):
        return Step(_("Waiting for it to register"), State.AWAITED)
    return _say_trouble(title, trouble)


def _is_recent(phone: Phone) -> bool:
    """Tell whether a phone that is starting may still need its time."""
    at = phone.provisioning.delivered_at
    return bool(at and timezone.now() - at < STARTS)


STARTS = CODE_LASTS / 20  # three minutes


def _say_trouble(title: str, trouble: Trouble) -> Step:
    if trouble.code in SAID_ANYWAY:
        return Step(title, State.LATER)
    return Step(title, State.WRONG, f"{trouble.reason} {trouble.advice}")


def _describe_address(phone: Phone) -> Step:
    title, url = _("E911 address on record"), reverse("phone_address", args=[phone.pk])
    waiting = phone.addresses.filter(is_open=True).first()
    if phone.current_address:
        return Step(title, State.DONE, str(phone.current_address), _("Update"), url)
    if waiting and waiting.status == "pending":
        said = waiting.words or _("It waits for the provider.")
        return Step(
            _("E911 address pending"), State.AWAITED, f"{waiting}. {said}", _("Update"), url
        )
    if waiting:
        said = f"{waiting}. {waiting.words}".strip()
        return Step(_("E911 address refused"), State.WRONG, said, _("Update"), url)
    said = _("None yet: the dispatcher wouldn’t know where to send help.")
    return Step(title, State.TO_DO, said, _("Add address"), url)


def _say(fetched: Step, registered: Step) -> str:
    """Say in one sentence how far the phone is."""
    if registered.state == State.DONE:
        return _("The phone is registered.")
    if fetched.state != State.DONE:
        return str(fetched.title) if fetched.state == State.AWAITED else str(fetched.detail)
    if registered.state == State.AWAITED:
        return _("It has fetched its configuration. Waiting for it to register.")
    return str(registered.detail)


def _has_line(phone: Phone) -> bool:
    return phone.kind == Kind.COMMON or phone.assigned_to_id is not None


def _say_when_it_calls(phone: Phone, *, registered: bool) -> str:
    """Say plainly from when on the phone can call 911, and where such a call goes (R40)."""
    if not _has_line(phone):
        return _("It can’t call 911 until someone has it.")
    where = emergency.describe_emergency_calls_now()
    if not emergency.gets_out_now():
        return where
    when = (
        _("It can call 911 now.") if registered else _("It can’t call 911 until it’s registered.")
    )
    return f"{when} {where}"


def _show(moment: datetime) -> str:
    """Return a moment in the reader's time zone and notation."""
    there = timezone.localtime(moment)
    return f"{date_format(there, 'DATETIME_FORMAT')} {date_format(there, 'T')}"
