"""What support staff can do with an account."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from users import invitations, phone_settings, time_zones
from users.acting import Act, Confirmation, Done, name_acts
from users.acts.sign_in import invite_if_new
from users.forms import EmailField, PhoneSettingsForm, TimeZoneField
from users.models import Account, User
from users.refusals import ACCOUNT_REFUSALS
from users.support import visits
from users.support.caller_numbers import AddNumber
from users.tenancy.refusals import explain_refusals
from users.tenancy.text import TextField


class AccountForm(forms.Form):
    """A new account, and the person to invite as its administrator."""

    name = TextField(label=_("Company"), max_length=100)
    time_zone = TimeZoneField()
    email = EmailField(label=_("Email of the first administrator"), max_length=254)
    first_name = TextField(label=_("First name"), max_length=60, required=False)
    last_name = TextField(label=_("Last name"), max_length=60, required=False)


class AddAccount(Act[None]):
    """Add an account and invite its first administrator (R39)."""

    name, label, icon, form = "add", _("Add an account"), "building-2", AccountForm

    def initial(self, row: None) -> dict[str, Any]:
        return {"time_zone": time_zones.guess_zone()}

    def describe(self, row: None, by: User) -> Confirmation:
        return Confirmation(
            title=_("Add an account"),
            button=_("Add account and invite"),
            facts={},
            consequences=[_("The administrator gets an email with a link to choose a password.")],
        )

    def carry_out(self, row: None, by: User, **answers: Any) -> Done:
        name = answers.pop("name")
        with explain_refusals(ACCOUNT_REFUSALS):
            Account.objects.create(name=name, time_zone=answers.pop("time_zone"))
        user = invitations.add_administrator(account=name, **answers)
        return invite_if_new(user, by, _("Added %(account)s."), account=name)


class Visit(Act[Account]):
    """Open the account's own pages, read-only (R35)."""

    name, label, icon = "visit", _("Open the account’s pages"), "eye"
    for_readers = True

    def __init__(self, request: HttpRequest | None = None) -> None:
        self.request = request  # whose session gets to see the pages

    def is_offered(self, row: Account, by: User) -> bool:
        return True

    def describe(self, row: Account, by: User) -> Confirmation:
        return Confirmation(
            title=_("Open the pages of %(account)s?"),
            button=_("Open pages"),
            facts={"key": row.pk, "account": str(row), "minutes": visits.LASTS.seconds // 60},
            consequences=[
                _(
                    "You see them as its administrators do, for %(minutes)s minutes. You can’t"
                    " change anything there."
                ),
                _("The account’s Activity shows that you looked, and why."),
            ],
        )

    def carry_out(self, row: Account, by: User, **answers: Any) -> Done:
        assert self.request is not None
        visits.start_visit(self.request, row)
        return Done("", url=reverse("user_phones"))


class SetPhones(Act[Account]):
    """Change what all phones of an account are set to (R47)."""

    name, label, icon, form = "phones", _("Phone settings"), "settings", PhoneSettingsForm

    def initial(self, row: Account) -> dict[str, Any]:
        return phone_settings.get_phone_settings(row)

    def offer_choices(self, form: forms.Form, row: Account) -> None:
        assert isinstance(form, PhoneSettingsForm)
        form.prepare(row)

    def is_offered(self, row: Account, by: User) -> bool:
        return True

    def holds(self, row: Account, **answers: Any) -> bool:
        settings = {name: it for name, it in answers.items() if name in phone_settings.SETTINGS}
        return bool(settings) and settings == self.initial(row)

    def describe(self, row: Account, by: User) -> Confirmation:
        return Confirmation(
            title=_("Phones of %(account)s"),
            button=_("Save settings"),
            facts={"key": row.pk, "account": str(row), **self.initial(row)},
            consequences=[
                _(
                    "Phones get this when they restart; most get it within an hour anyway. Fanvil"
                    " phones have to be restarted."
                )
            ],
        )

    def carry_out(self, row: Account, by: User, **answers: Any) -> Done:
        count = phone_settings.set_phone_settings(row, **answers)
        further = phone_settings.tell_phones(count)
        return Done(_("Saved the phone settings of %(account)s."), {"account": str(row)}, further)


ACTS: dict[str, Act[Account]] = name_acts([Visit(), AddNumber(), SetPhones()])
