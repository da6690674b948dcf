"""Ask support staff before they act on a phone: consequences first, then dangers (R17, R38)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from phones import assignment
from phones.models import Kind, Phone
from phones.plans import Move, Plan
from users.models import Account
from users.support.acting import Question


def plan_unassigning(phone: Phone) -> Plan:
    """Return the plan that unassigns a phone; it stands for the person's credentials too."""
    if phone.kind == Kind.COMMON:
        return Plan(moves=(), changes=())
    return assignment.plan(account_id=phone.account_id, moves=[Move(phone.pk, None)])


def name_facts(phone: Phone) -> dict[str, Any]:
    """Return what sentences about a phone can name."""
    user = phone.assigned_to
    return {
        "phone": phone,
        "mac": phone.mac_shown,
        "name": user,
        "ext": user.ext if user else "",
        "address": phone.current_address,
    }


def list_losses(phone: Phone) -> tuple[list[str], list[str]]:
    """Return the consequences of retiring a record, and those that endanger somebody."""
    what, dangers, loses = name_facts(phone), [], []
    if phone.assigned_to:
        dangers.append(
            _(
                "It is %(name)s’s, %(ext)s. It can no longer make or receive calls, 911 included,"
                " and %(name)s will have no desk phone."
            )
            % what
        )
        loses.append(
            _("The SIP credentials of %(name)s change. Apps and softphones keep working.") % what
        )
    if phone.current_address:
        dangers.append(_("Its E911 address, %(address)s, is withdrawn at the provider.") % what)
    for waiting in phone.addresses.filter(status="pending"):
        loses.append(
            _("The E911 address that waits, %(address)s, is withdrawn.") % {"address": waiting}
        )
    loses.append(
        _("It can no longer fetch its configuration. To be used again it must be connected anew.")
    )
    return loses, dangers


def ask_to_restart(phone: Phone) -> Question:
    """Ask whether to restart a phone (R34)."""
    return Question(
        title=_("Restart %(phone)s?") % {"phone": phone},
        button=_("Restart phone"),
        consequences=[_("A call in progress goes on first.")],
        dangers=[_("While it restarts, for a minute or two, it cannot call, 911 included.")],
    )


def ask_to_correct(phone: Phone) -> Question:
    """Ask for the correct model and MAC address of a phone (R38)."""
    return Question(
        title=_("Correct %(phone)s") % {"phone": phone},
        button=_("Save correction"),
        consequences=[_("Person, label and E911 address stay.")],
        facts=[phone.mac, phone.model_id, phone.fetched_at],
    )


def ask_to_replace(phone: Phone, plan: Plan) -> Question:
    """Ask which device takes a broken phone's place (R38)."""
    what = name_facts(phone)
    dangers, consequences = (
        [],
        [_("The phone with MAC %(mac)s is removed. The new one gets its label.") % what],
    )
    if phone.assigned_to:
        consequences.append(_("It is %(name)s’s, %(ext)s, and so will be the new one.") % what)
        dangers.append(
            _(
                "The SIP credentials of %(name)s change. Until the new phone has started with "
                "its configuration,"
                " %(name)s cannot call from a desk phone, 911 included."
            )
            % what
        )
    if phone.current_address:
        consequences.append(_("The E911 address, %(address)s, passes on to the new one.") % what)
    return Question(
        title=_("Replace %(phone)s") % what,
        button=_("Replace phone"),
        consequences=consequences,
        dangers=dangers,
        facts=[phone.label, plan.seen],
    )


def ask_to_move(phone: Phone, to: Account, plan: Plan) -> Question:
    """Ask whether to move a phone to another account (R38)."""
    loses, dangers = list_losses(phone)
    what = name_facts(phone) | {"account": to, "from": phone.account}
    return Question(
        title=_("Move %(phone)s from %(from)s to %(account)s?") % what,
        button=_("Move phone"),
        dangers=dangers,
        consequences=[
            *loses,
            _("%(from)s keeps the record of it as a phone that was removed.") % what,
            _(
                "%(account)s gets a new record with this model, MAC address and kind, and "
                "sees nothing of the past."
            )
            % what,
        ],
        facts=[plan.seen, to.pk, phone.label, phone.kind],
    )


def ask_to_change_kind(phone: Phone, plan: Plan) -> Question:
    """Ask whether a person's phone becomes a place's, or the other way round (R38)."""
    loses, dangers = list_losses(phone)
    to_common = phone.kind == Kind.USER
    title = (
        _("Make %(phone)s a common-area phone?") if to_common else _("Make %(phone)s a user phone?")
    )
    return Question(
        title=title % name_facts(phone),
        button=_("Change kind"),
        dangers=dangers,
        consequences=[
            *loses,
            _(
                "This record stays as a phone that was removed. The new one has this model, "
                "MAC address and label."
            ),
            _("A common-area phone is nobody’s, and is not on User phones.")
            if to_common
            else _("The new one is free. It can be assigned on User phones."),
        ],
        facts=[plan.seen, phone.label],
    )


def ask_to_remove(phone: Phone, plan: Plan) -> Question:
    """Ask whether to take a phone out of its account (R38)."""
    loses, dangers = list_losses(phone)
    return Question(
        title=_("Remove %(phone)s?") % name_facts(phone),
        button=_("Remove phone"),
        dangers=dangers,
        consequences=[
            *loses,
            _("It leaves the account’s list. What happened with it stays on record."),
        ],
        facts=[plan.seen, phone.label],
    )
