"""Give a common-area phone its line: label, extension and caller number (R58)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from phones import lifecycle
from phones.acts import groups
from phones.acts.facts import describe_device, facts_of, heading_of, refuse_if_removed, words_of
from phones.forms import LineForm
from phones.models import Kind, Phone
from users.acting import Act, ActRefused, Confirmation, Done
from users.models import User

# What a common-area phone can have; it has no person.
KNOWN = ("key", "kind", "model", "mac", "label", "ext", "number", "address", "waiting", "fetched")


class SetLine(Act[Phone]):
    """Set what a common-area phone is called, where it rings, and who seems to call."""

    name, label, icon, form = "line", _("Set line"), "phone", LineForm
    group = groups.PLACE

    def initial(self, row: Phone) -> dict[str, Any]:
        return {"label": row.label, "ext": row.ext, "caller_id": row.caller_id}

    def offer_choices(self, form: forms.Form, row: Phone) -> None:
        assert isinstance(form, LineForm)
        form.offer_numbers(row.account_id)

    def is_offered(self, row: Phone, by: User) -> bool:
        return row.kind == Kind.COMMON and row.retired_at is None

    def holds(self, row: Phone, **answers: Any) -> bool:
        there = bool(answers) and row.retired_at is None
        return there and all(
            getattr(row, name) == it for name, it in answers.items() if name in LINE
        )

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        if row.kind != Kind.COMMON:
            raise ActRefused(
                _("%(phone)s is a user phone, so it has the line of its person."),
                code="common_area",
                facts=words_of(row),
            )
        facts = {name: it for name, it in facts_of(row).items() if name in KNOWN}
        consequences = [_("The phone shows a new label or extension once it restarts.")]
        if facts["address"] or facts["waiting"]:
            consequences.append(_("The E911 provider gets the number to call back."))
        dangers = [] if facts["number"] else [NO_NUMBER]
        return Confirmation(
            title=_("Line of %(phone)s"),
            subtitle=describe_device(row),
            button=_("Save line"),
            facts=facts,
            words=heading_of(row),
            dangers=dangers,
            consequences=consequences,
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        lifecycle.set_line_of_place(row, **answers)
        return Done(_("Saved the line of %(phone)s."), {"phone": row.label}, rows=(row.pk,))


LINE = tuple(LineForm.base_fields)
NO_NUMBER = _(
    "It has no caller number yet. Without one, 911 can’t call it back, and its E911 address can’t"
    " be registered."
)
