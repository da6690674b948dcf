"""Label, correct and replace a phone (R5, R38)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from phones import lifecycle
from phones.acts import groups
from phones.acts.facts import (
    NAMED,
    OWN_PASSWORD,
    describe_device,
    explained,
    facts_of,
    heading_of,
    refuse_if_removed,
)
from phones.forms import DeviceForm, LabelForm
from phones.models import Phone
from users.acting import Act, Confirmation, Done
from users.models import User


class Label(Act[Phone]):
    """Give a phone a label, or none (R5)."""

    name, label, icon, form = "label", _("Label"), "pencil", LabelForm
    template = "phones/label.html"

    def initial(self, row: Phone) -> dict[str, Any]:
        return {"label": row.label}

    def is_offered(self, row: Phone, by: User) -> bool:
        return False  # it's in the table itself

    def holds(self, row: Phone, **answers: Any) -> bool:
        return bool(answers) and row.retired_at is None and row.label == answers["label"]

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        return Confirmation(
            title=_("Label of %(phone)s"),
            subtitle=describe_device(row),
            button=_("Save label"),
            facts={name: it for name, it in facts_of(row).items() if name in NAMED},
            words=heading_of(row),
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        lifecycle.relabel_phone(row, answers["label"])
        return Done(_("Label saved."), rows=(row.pk,))


class Correct(Act[Phone]):
    """Correct a model or MAC address that was entered wrongly (R38)."""

    name, label, icon, form = "correct", _("Correct model or MAC"), "pencil", DeviceForm
    group = groups.DEVICE

    def initial(self, row: Phone) -> dict[str, Any]:
        return {"mac": row.mac_shown, "model": row.model_id}

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at

    def holds(self, row: Phone, **answers: Any) -> bool:
        there = bool(answers) and row.retired_at is None
        return there and (row.mac, row.model) == (answers["mac"], answers["model"])

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        facts = facts_of(row)
        consequences = [_("The person, label and E911 address stay the same.")]
        if facts["fetched"]:
            consequences.append(
                _(
                    "This phone has been in use, so its MAC address can’t change. If it’s another"
                    " phone, replace it instead."
                )
            )
        return Confirmation(
            title=_("Correct %(phone)s"),
            subtitle=describe_device(row),
            button=_("Save correction"),
            facts=facts,
            words=heading_of(row),
            consequences=consequences,
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        lifecycle.correct_phone(row, **answers)
        return Done(_("Corrected %(phone)s."), {"phone": row.title}, rows=(row.pk,))


class Replace(Act[Phone]):
    """Put another device in a broken one's place: label, person and addresses pass on (R38)."""

    name, label, icon, form = "replace", _("Replace phone"), "replace", DeviceForm
    group = groups.DEVICE

    def initial(self, row: Phone) -> dict[str, Any]:
        return {"model": row.model_id}

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at

    def holds(self, row: Phone, **answers: Any) -> bool:
        new = row.replaced_by
        if new is None or new.kind != row.kind:
            return False
        return (new.mac, new.model) == (answers.get("mac"), answers.get("model"))

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        facts = facts_of(row)
        consequences = [_("The phone with MAC %(mac)s is removed."), OWN_PASSWORD]
        if facts["label"]:
            consequences.append(_("The new phone gets its label."))
        dangers = []
        if facts["name"]:
            consequences.append(_("The new phone goes to %(name)s, %(ext)s."))
            dangers.append(
                _(
                    "When you confirm, the old phone stops working, and the SIP credentials of"
                    " %(name)s change. Until the new phone has started with its configuration,"
                    " neither can call, 911 included."
                )
            )
        if facts["address"]:
            consequences.append(_("The E911 address, %(address)s, passes to the new phone."))
        if facts["waiting"]:
            consequences.append(
                _("The pending E911 address, %(waiting)s, passes to the new phone, too.")
            )
        return Confirmation(
            title=_("Replace %(phone)s"),
            subtitle=describe_device(row),
            button=_("Replace phone"),
            facts=facts,
            words=heading_of(row),
            consequences=consequences,
            dangers=dangers,
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        with explained():
            new = lifecycle.replace_phone(row, **answers)
        return Done(_("Replaced. Now connect the new phone, %(phone)s."), {"phone": new.device})
