"""Restart phones (R34, R43)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from phones import registrar_client as registrar
from phones import restarts
from phones.acts import groups
from phones.acts.facts import describe_device, refuse_if_removed
from phones.assignment_plan import Restarted, restart_facts
from phones.forms import RestartForm
from phones.models import Phone
from phones.names import join_names
from users.acting import Act, ActRefused, Confirmation, Done
from users.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Restart(Act[Sequence[Phone]]):
    """Ask phones to fetch their configuration again and restart (R34, R43)."""

    name, label, icon, form = "restart", _("Restart"), "rotate-cw", RestartForm
    group = groups.DEVICE
    is_quick = False

    def initial(self, row: Sequence[Phone]) -> dict[str, Any]:
        return {"phones": ",".join(str(phone.pk) for phone in row)}

    def is_offered(self, row: Any, by: User) -> bool:
        return not row.retired_at

    def describe(self, row: Sequence[Phone], by: User) -> Confirmation:
        for phone in row:
            refuse_if_removed(phone)
        if not registrar.is_reachable():
            raise ActRefused(
                _(
                    "The SIP registrar can’t be reached right now, so phones can’t be asked to"
                    " restart. Unplug the phone and plug it back in, or try again later."
                ),
                code="not_restarted",
            )
        reachable, held = restarts.find_reachable(row), restarts.find_holders(row)
        missed = [phone for phone in row if phone.pk not in reachable]
        away = [phone for phone in missed if phone.pk not in held]
        ousted = [phone for phone in missed if phone.pk in held]
        reasons = [say_missed(len(away))] if away else []
        if ousted:
            reasons.append(say_held(len(ousted)))
        names = {
            "phones": row[0].heading if len(row) == 1 else name_all(row),
            "missed": name_all(away),
            "held": name_all(ousted),
            "devices": join_names(list(dict.fromkeys(held[phone.pk] for phone in ousted))),
            "model": row[0].model_name,
            "mac": row[0].mac_shown,
            "name": row[0].assigned_to.name if row[0].assigned_to else "",
            "ext": row[0].assigned_to.ext if row[0].assigned_to else "",
        }
        if len(missed) == len(row):
            raise ActRefused(
                " ".join(str(reason) for reason in reasons), code="not_restarted", facts=names
            )
        return Confirmation(
            title=_("Restart %(phones)s?"),
            subtitle=describe_device(row[0]) if len(row) == 1 else "",
            button=ngettext_lazy("Restart phone", "Restart phones", len(row)),
            facts=restart_facts(
                [name_restarted(phone) for phone in row], missed=[phone.pk for phone in missed]
            ),
            words=names,
            consequences=reasons,
            dangers=[
                ngettext_lazy(
                    "While it restarts, for a minute or two, it can’t make or receive calls, 911"
                    " included.",
                    "While they restart, for a minute or two, they can’t make or receive calls, 911"
                    " included.",
                    len(row),
                ),
                CALLS,
            ],
        )

    def carry_out(self, row: Sequence[Phone], by: User, **answers: Any) -> Done:
        outcomes = restarts.request_restarts(row, by=by)
        context = {"outcomes": outcomes, "undo": answers.get("undo")}
        said = render_to_string("phones/_restarts.html", context)
        return Done(
            said,
            rows=tuple(phone.pk for phone in row),
            is_problem=any(not outcome.was_asked for outcome in outcomes),
        )


# Cisco's phones wait until they are idle; Yealink's guide says they reboot immediately.
CALLS = _("A call in progress may be cut off, even one to 911: not every phone finishes it first.")


def say_missed(number: int) -> StrOrPromise:
    """Return the sentence about phones that can't be asked to restart."""
    return ngettext_lazy(
        "%(missed)s isn’t registered, so it can’t be asked to restart. Unplug it and plug it back"
        " in.",
        "%(missed)s aren’t registered, so they can’t be asked to restart. Unplug them and plug them"
        " back in.",
        number,
    )


def say_held(number: int) -> StrOrPromise:
    """Return the sentence about phones whose lines other devices hold (R51)."""
    return ngettext_lazy(
        "Another device has the line of %(held)s: %(devices)s. So the phone can’t be asked to"
        " restart. Unplug it and plug it back in to give it the line back.",
        "Other devices have the lines of %(held)s: %(devices)s. So the phones can’t be asked to"
        " restart. Unplug them and plug them back in to give them their lines back.",
        number,
    )


def name_restarted(phone: Phone) -> Restarted:
    """Return what a restart's confirmation shows of a phone."""
    user = phone.assigned_to
    name, ext = (user.name, user.ext or "") if user else ("", "")
    return phone.pk, phone.device, phone.label, name, ext


def name_all(phones: Sequence[Phone]) -> str:
    """Return phones as a sentence names them."""
    return join_names([phone.title for phone in phones])
