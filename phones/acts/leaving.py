"""Take a phone out of an account, to another one, or to the other kind (R38)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from phones import lifecycle
from phones.acts.facts import DEVICE, explained, facts_of, list_losses, refuse_if_removed, words_of
from phones.forms import MoveForm
from phones.models import Kind, Phone
from users.acting import Act, Confirmation, Done
from users.models import Account, User


class Remove(Act[Phone]):
    """Take a phone out of the account (R38)."""

    name, label, icon = "remove", _("Remove phone"), "trash-2"

    def holds(self, row: Phone, **answers: Any) -> bool:
        return row.retired_at is not None

    def describe(self, row: Phone, by: User) -> Confirmation:
        facts = facts_of(row)
        losses, dangers = list_losses(facts)
        if facts["label"]:
            losses.append(_("Its label, %(label)s, is free for another phone."))
        return Confirmation(
            title=_("Remove %(phone)s?"),
            subtitle=DEVICE,
            button=_("Remove phone"),
            facts=facts,
            words=words_of(row),
            dangers=dangers,
            consequences=[
                *losses,
                _(
                    "It leaves the account’s list. Its history stays on record, and it can be added"
                    " again as a new phone."
                ),
            ],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        title = row.title
        with explained():
            lifecycle.remove_phone(row)
        return Done(_("Removed %(phone)s."), {"phone": title})


class ChangeKind(Act[Phone]):
    """Turn a person's phone into a place's, or back: retire it and add it again (R38)."""

    name, label, icon = "kind", _("Change kind"), "arrow-right-left"

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at

    def holds(self, row: Phone, **answers: Any) -> bool:
        return row.replaced_by is not None and row.replaced_by.kind != row.kind

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        facts = facts_of(row)
        losses, dangers = list_losses(facts)
        to_common = row.kind == Kind.USER
        becomes = (
            _(
                "It becomes a common-area phone. It belongs to no one and isn’t listed on User"
                " phones."
            )
            if to_common
            else _("It becomes a user phone. No one has it yet; you can assign it on User phones.")
        )
        title = (
            _("Make %(phone)s a common-area phone?")
            if to_common
            else _("Make %(phone)s a user phone?")
        )
        return Confirmation(
            title=title,
            subtitle=DEVICE,
            button=_("Change kind"),
            facts=facts,
            words=words_of(row),
            dangers=dangers,
            consequences=[
                *losses,
                becomes,
                _(
                    "This record stays as a removed phone. The new one has this model, MAC address"
                    " and label."
                ),
            ],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        with explained():
            new = lifecycle.change_kind(row)
        said = (
            _("%(phone)s is a common-area phone now. Connect it.")
            if new.kind == Kind.COMMON
            else _("%(phone)s is a user phone now. Connect it.")
        )
        return Done(said, {"phone": str(new)})


class MoveToAccount(Act[Phone]):
    """Retire a phone here and add it to another account (R38)."""

    name, label, icon, form = "move", _("Move to another account"), "building-2", MoveForm

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
            subtitle=DEVICE,
            button=_("Move phone"),
            facts=facts,
            words=words_of(row),
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
