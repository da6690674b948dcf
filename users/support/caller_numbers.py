"""What support staff do with the telephone numbers of an account (R67)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from users import numbers
from users.acting import Act, ActRefused, Confirmation, Done
from users.forms import NumberField
from users.models import Account, CallerNumber, User
from users.numbers import NAMED
from users.refusals import NUMBER_REFUSALS

CALLED_BACK = _("911 calls this number back. Make sure it belongs to %(account)s.")


class NumberForm(forms.Form):
    """A telephone number to enter."""

    number = NumberField(
        label=_("Telephone number"), max_length=30, help_text=_("Such as +1 415 555 0100")
    )


class AddNumber(Act[Account]):
    """Enter a telephone number of an account, which its lines can then call out with."""

    name, label, icon, form = "number", _("Add a telephone number"), "phone", NumberForm

    def is_offered(self, row: Account, by: User) -> bool:
        return True

    def holds(self, row: Account, **answers: Any) -> bool:
        number = answers.get("number")
        has = row.caller_numbers.filter(e164=number, confirmed_at__isnull=False)
        return bool(number) and has.exists()

    def describe(self, row: Account, by: User) -> Confirmation:
        return Confirmation(
            title=_("Add a telephone number of %(account)s"),
            button=_("Add number"),
            facts={"key": row.pk, "account": str(row)},
            dangers=[CALLED_BACK],
            consequences=[_("People and common-area phones can have it as their caller number.")],
        )

    def carry_out(self, row: Account, by: User, **answers: Any) -> Done:
        numbers.add_caller_number(account_id=row.pk, number=answers["number"])
        facts = {"number": answers["number"], "account": str(row)}
        return Done(_("%(number)s is a number of %(account)s now."), facts)


class ConfirmNumber(Act[CallerNumber]):
    """Confirm that a number is the account’s, which nobody had checked."""

    name, label, icon = "confirm", _("Confirm"), "check"

    def holds(self, row: CallerNumber, **answers: Any) -> bool:
        return row.confirmed_at is not None

    def describe(self, row: CallerNumber, by: User) -> Confirmation:
        return Confirmation(
            title=_("Confirm %(number)s?"),
            button=_("Confirm number"),
            facts=facts_of(row),
            dangers=[CALLED_BACK],
            consequences=[_("Outside calls show it, and no other account can have it.")],
        )

    def carry_out(self, row: CallerNumber, by: User, **answers: Any) -> Done:
        numbers.confirm_caller_number(row)
        return Done(_("Confirmed %(number)s."), {"number": row.e164})


class RemoveNumber(Act[CallerNumber]):
    """Take a number from an account that no line uses."""

    name, label, icon = "remove-number", _("Remove"), "trash-2"

    def describe(self, row: CallerNumber, by: User) -> Confirmation:
        refuse_in_use(row)
        return Confirmation(
            title=_("Remove %(number)s from %(account)s?"),
            button=_("Remove number"),
            facts=facts_of(row),
            consequences=[_("No one uses it. It can be added again.")],
        )

    def carry_out(self, row: CallerNumber, by: User, **answers: Any) -> Done:
        facts = {"number": row.e164, "account": str(row.account)}
        numbers.remove_caller_number(row)
        return Done(_("Removed %(number)s from %(account)s."), facts)


def facts_of(row: CallerNumber) -> dict[str, Any]:
    """Return what confirmations about a number rest on. It comes from numbers.load_numbers."""
    return {
        "key": row.pk,
        "number": row.e164,
        "account": str(row.account),
        "confirmed": row.confirmed_at is not None,
        "users": "; ".join(list_users(row)),
    }


def list_users(row: CallerNumber) -> list[str]:
    """Return the names of people and places that use a number, at most one more than are named."""
    return [*row.people, *row.places][: NAMED + 1]  # type: ignore[attr-defined]  # load_numbers


def refuse_in_use(row: CallerNumber) -> None:
    """Refuse to remove a number that somebody uses. Raises ActRefused."""
    users = list_users(row)
    if not users:
        return
    code = "number_in_use_by_more" if len(users) > NAMED else "number_in_use"
    facts = {"number": row.e164, "users": "; ".join(users[:NAMED])}
    raise ActRefused(NUMBER_REFUSALS[code].sentence, code=code, facts=facts)
