"""Change what is known of a person, let them in or keep them out, delete them (R23 to R25)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from users import people
from users.acting import Act, Confirmation, Done
from users.acts import groups
from users.acts.facts import (
    facts_of,
    link_to_unassign,
    refuse_for_last_administrator,
    refuse_with_phone,
    tell_of_role_news,
    warn_of_own_access,
)
from users.forms import PersonForm, PlanForm
from users.models import Plan, User
from users.refusals import HAS_PHONE

KEEPS_PLAN = _("%(name)s can’t go to Basic while they have a phone, %(phone)s. Unassign it first.")
LOSES_LINE = _("With Basic, their SIP credentials are deleted, and softphones stop working.")


class Edit(Act[User]):
    """Change names, email, extension, plan and caller ID."""

    name, label, icon, form = "edit", _("Edit user"), "user-pen", PersonForm
    group = groups.PERSON

    def initial(self, row: User) -> dict[str, Any]:
        return {name: getattr(row, name) for name in PersonForm.base_fields}

    def offer_choices(self, form: forms.Form, row: User) -> None:
        assert isinstance(form, PersonForm)
        form.offer_numbers(row.own_account_id)
        if getattr(row, "phone", None):
            form.require_for_phone()

    def is_offered(self, row: User, by: User) -> bool:
        return True

    def holds(self, row: User, **answers: Any) -> bool:
        told = {name: it for name, it in answers.items() if name in PersonForm.base_fields}
        return bool(told) and all(getattr(row, name) == it for name, it in told.items())

    def describe(self, row: User, by: User) -> Confirmation:
        consequences = []
        has_phone = bool(getattr(row, "phone", None))
        if has_phone:
            consequences.append(
                _(
                    "Their desk phone, %(phone)s, shows a new name, extension or caller number once"
                    " it restarts."
                )
            )
            consequences.append(KEEPS_PLAN)
        elif row.has_line:
            consequences.append(LOSES_LINE)
        if row.email:
            consequences.append(
                _(
                    "Changing the email signs them out everywhere. The old address, the new one and"
                    " the administrators get an email."
                )
            )
            consequences.append(
                _(
                    "Anyone who can read mail sent to the new address can sign in as this person."
                    " Check that it’s theirs some other way, such as by phone."
                )
            )
        return Confirmation(
            title=_("Edit %(name)s"),
            button=_("Save user"),
            facts=facts_of(row, by),
            consequences=consequences,
            remedies={HAS_PHONE: link_to_unassign(row)} if has_phone else {},
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        plan = answers.pop("plan")
        with transaction.atomic():
            if plan != row.plan:
                people.change_plan(row, plan)
            people.edit(row, **answers)
        return Done(_("Saved %(name)s."), {"name": str(row)})


class ChangePlan(Act[User]):
    """Change the plan; a person with a phone can't go to Basic (R23, R24)."""

    name, label, icon, form = "plan", _("Change plan"), "arrow-right-left", PlanForm
    group = groups.PERSON

    def initial(self, row: User) -> dict[str, Any]:
        return {"plan": row.plan}

    def is_offered(self, row: User, by: User) -> bool:
        return True

    def holds(self, row: User, **answers: Any) -> bool:
        return answers.get("plan") == row.plan

    def describe(self, row: User, by: User) -> Confirmation:
        has_phone = bool(getattr(row, "phone", None))
        consequences = [
            _("Plus and Pro come with a line and SIP credentials. Basic has neither."),
        ]
        if has_phone:
            consequences.append(KEEPS_PLAN)
        elif row.has_line:
            consequences.append(LOSES_LINE)
        return Confirmation(
            title=_("Plan of %(name)s"),
            button=_("Change plan"),
            facts=facts_of(row, by),
            consequences=consequences,
            first=link_to_unassign(row) if has_phone else None,
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        people.change_plan(row, answers["plan"])
        facts = {"name": str(row), "plan": Plan(answers["plan"]).label}
        return Done(_("%(name)s is on %(plan)s now."), facts)


class Deactivate(Act[User]):
    """Keep a person out, with everything they have (R25)."""

    name, label, icon = "deactivate", _("Deactivate"), "user-x"
    group = groups.LEAVING
    is_dangerous = True

    def holds(self, row: User, **answers: Any) -> bool:
        return not row.is_active

    def describe(self, row: User, by: User) -> Confirmation:
        refuse_with_phone(row)
        refuse_for_last_administrator(row)
        return Confirmation(
            title=_("Deactivate %(name)s?"),
            button=_("Deactivate user"),
            facts=facts_of(row, by),
            consequences=[
                _("They can no longer sign in or be given a phone."),
                _("Everything else stays, and you can activate them again."),
                *tell_of_role_news(row),
            ],
            dangers=warn_of_own_access(row, by),
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        people.set_active(row, False)
        return Done(_("Deactivated %(name)s."), {"name": str(row)}, undo="activate")


class Activate(Act[User]):
    """Let a person in again (R25)."""

    name, label, icon = "activate", _("Activate"), "user-check"
    group = groups.PERSON

    def holds(self, row: User, **answers: Any) -> bool:
        return row.is_active

    def describe(self, row: User, by: User) -> Confirmation:
        return Confirmation(
            title=_("Activate %(name)s?"),
            button=_("Activate user"),
            facts=facts_of(row, by),
            consequences=[
                _("They can sign in and be given a phone again."),
                *tell_of_role_news(row),
            ],
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        people.set_active(row, True)
        return Done(_("Activated %(name)s."), {"name": str(row)}, undo="deactivate")


class Delete(Act[User]):
    """Delete a person for good (R25)."""

    name, label, icon = "delete", _("Delete user"), "trash-2"
    group = groups.LEAVING
    is_dangerous = True

    def is_offered(self, row: User, by: User) -> bool:
        return True

    def describe(self, row: User, by: User) -> Confirmation:
        refuse_with_phone(row)
        refuse_for_last_administrator(row)
        return Confirmation(
            title=_("Delete %(name)s?"),
            button=_("Delete user"),
            facts=facts_of(row, by),
            consequences=[
                _("The person, extension %(ext)s and the SIP credentials are deleted for good."),
                _("To keep them, deactivate this person instead."),
                *tell_of_role_news(row),
            ],
            dangers=warn_of_own_access(row, by),
        )

    def carry_out(self, row: User, by: User, **answers: Any) -> Done:
        name = str(row)
        people.delete(row)
        return Done(_("Deleted %(name)s."), {"name": name})
