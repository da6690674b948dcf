"""Forms for what an administrator types about a person or the company."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from users.models import Plan
from users.refusals import REFUSALS
from users.tenancy.text import TextField


class EmailField(forms.EmailField):
    """An email address, lowercased before its length is checked."""

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").lower()


class PersonForm(forms.Form):
    """Names, email, extension and so on; people who lack one can't have a phone (R19)."""

    first_name = TextField(label=_("First name"), max_length=60, required=False)
    last_name = TextField(label=_("Last name"), max_length=60, required=False)
    email = EmailField(label=_("Email"), max_length=254, required=False)
    ext = forms.RegexField(
        r"^[0-9]{1,10}$",
        label=_("Extension"),
        required=False,
        error_messages={"invalid": REFUSALS["users_user_ext_digits"].sentence},
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    caller_id = TextField(
        label=_("Outbound caller ID"),
        max_length=30,
        required=False,
        help_text=_("Such as +1 415 555 0100"),
    )

    def clean_email(self) -> str | None:
        return self.cleaned_data["email"] or None

    def clean_ext(self) -> str | None:
        return self.cleaned_data["ext"] or None

    def clean_caller_id(self) -> str:
        """Return the number in E.164, treating ten digits as a North American number."""
        number = re.sub(r"[\s().-]", "", self.cleaned_data["caller_id"])
        if re.fullmatch(r"[2-9][0-9]{9}", number):
            return "+1" + number
        if number and not re.fullmatch(r"\+[1-9][0-9]{6,14}", number):
            raise forms.ValidationError(REFUSALS["caller_id"].sentence, code="caller_id")
        return number

    def clean(self) -> None:
        if not self.errors and not any(
            self.cleaned_data.get(name) for name in ("first_name", "last_name", "email")
        ):
            raise forms.ValidationError(REFUSALS["nameless"].sentence, code="nameless")


class NewPersonForm(PersonForm):
    """A new person, with a plan; an existing person's plan has its own dialog."""

    is_administrator = forms.BooleanField(label=_("Administrator of this account"), required=False)
    plan = forms.ChoiceField(label=_("Plan"), choices=Plan.choices, initial=Plan.BASIC)


class EmailForm(forms.Form):
    """The address that a person signs in with."""

    email = EmailField(label=_("Email"), max_length=254)


class PlanForm(forms.Form):
    """One of the three plans."""

    plan = forms.ChoiceField(label=_("Plan"), choices=Plan.choices, widget=forms.RadioSelect)


class CompanyForm(forms.Form):
    """Rules for all administrators of an account."""

    second_factor_required = forms.BooleanField(
        label=_("Every administrator needs a second factor"),
        required=False,
        help_text=_("Whoever has none sets one up at the next click, before anything else."),
    )
