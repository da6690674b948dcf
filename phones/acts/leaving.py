"""Take a phone out of an account, or to another one (R38)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from phones import lifecycle
from phones.acts import groups
from phones.acts.facts import (
    describe_device,
    explained,
    facts_of,
    heading_of,
    list_losses,
    refuse_if_removed,
)
from phones.forms import MoveForm
from phones.models import Phone
from users.acting import Act, Confirmation, Done
from users.models import Account, User


class Remove(Act[Phone]):
    """Take a phone out of the account (R38)."""

    name, label, icon = "remove", _("Remove phone"), "trash-2"
    group = groups.LEAVING
    is_dangerous = True

    def holds(self, row: Phone, **answers: Any) -> bool:
        return row.retired_at is not None

    def describe(self, row: Phone, by: User) -> Confirmation:
        facts = facts_of(row)
        losses, dangers = list_losses(facts)
        if facts["label"]:
            losses.append(_("Another phone can have its label, %(label)s."))
        return Confirmation(
            title=_("Remove %(phone)s?"),
            subtitle=describe_device(row),
            button=_("Remove phone"),
            facts=facts,
            words=heading_of(row),
            dangers=dangers,
            consequences=[
                *losses,
                _(
                    "It’s no longer listed. Its history stays on record, and it can be added again"
                    " as a new phone."
                ),
            ],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        title = row.title
        with explained():
            lifecycle.remove_phone(row)
        return Done(_("Removed %(phone)s."), {"phone": title})


class MoveToAccount(Act[Phone]):
    """Retire a phone here and add it to another account (R38)."""

    name, label, icon, form = "move", _("Move to another account"), "building-2", MoveForm
    group = groups.LEAVING
    is_dangerous = True

    def __init__(self, to: Account | None = None) -> None:
        self.to = to  # chosen on a page before the question

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at

    def holds(self, row: Phone, **answers: Any) -> bool:
        assert self.to is not None
        if row.retired_at is None:
            return False
        return lifecycle.is_in_account(account_id=self.to.pk, mac=row.mac)

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        assert self.to is not None
        facts = facts_of(row) | {
            "from": str(row.account),
            "to_key": self.to.pk,
            "account": str(self.to),
        }
        losses, dangers = list_losses(facts)
        return Confirmation(
            title=_("Move %(phone)s from %(from)s to %(account)s?"),
            subtitle=describe_device(row),
            button=_("Move phone"),
            facts=facts,
            words=heading_of(row),
            dangers=dangers,
            consequences=[
                *losses,
                _("%(from)s keeps this record as a removed phone."),
                _(
                    "%(account)s gets a new record with this model, MAC address and kind, and sees"
                    " none of its history."
                ),
            ],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        assert self.to is not None
        with explained():
            lifecycle.move_phone(row, account_id=self.to.pk, reason=answers["reason_there"])
        facts = {"phone": row.device, "account": str(self.to)}
        return Done(_("Moved %(phone)s to %(account)s. Connect it there."), facts)
