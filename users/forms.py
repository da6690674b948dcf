"""Forms for what an administrator types about a person or the company."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.conf import settings
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from users import numbers, phone_settings, time_zones
from users.models import Account, Country, PhoneLanguage, Plan
from users.refusals import HAS_PHONE, REFUSALS
from users.tenancy.text import TextField


class EmailField(forms.EmailField):
    """An email address, lowercased before its length is checked."""

    def to_python(self, value: object) -> str:
        return (super().to_python(value) or "").lower()


class NumberField(TextField):
    """A telephone number in a usual notation, returned in E.164; None if nothing was typed.

    Ten digits are a North American number.
    """

    def clean(self, value: object) -> str | None:
        number = re.sub(r"[\s().-]", "", super().clean(value))
        if re.fullmatch(r"[2-9][0-9]{9}", number):
            return "+1" + number
        if number and not re.fullmatch(r"\+(1[2-9][0-9]{9}|[2-9][0-9]{6,14})", number):
            raise forms.ValidationError(REFUSALS["caller_id"].sentence, code="caller_id")
        return number or None


class LongSelect(forms.Select):
    """A select for thousands of choices: Django's own renders a template for each option.

    10,000 took 3 s.
    """

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        chosen = str(value or "")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            (
                (key, mark_safe(" selected") if key == chosen else "", label)
                for key, label in self.choices
            ),
        )
        given = self.build_attrs(self.attrs, {"name": name, **(attrs or {})})
        return format_html("<select{}>{}</select>", flatatt(given), options)


class CallerIdField(forms.ChoiceField):
    """One of the account's telephone numbers, which `offer_numbers` lists, or None (R67)."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Caller number"),
            required=False,
            widget=LongSelect,
            help_text=_("One of your company’s telephone numbers. Support adds them."),
        )

    def offer_numbers(self, account_id: int) -> None:
        """Offer the numbers of an account."""
        self.choices = numbers.list_choices(account_id)

    def clean(self, value: object) -> str | None:
        return super().clean(value) or None

    def validate(self, value: str) -> None:
        if value and not self.valid_value(value):
            code = "users_user_caller_id_of_account"
            raise forms.ValidationError(REFUSALS[code].sentence, code=code)


class ExtensionField(forms.RegexField):
    """An extension, or None if nothing was typed."""

    def __init__(self) -> None:
        super().__init__(
            r"^[0-9]{1,10}$",
            label=_("Extension"),
            required=False,
            error_messages={"invalid": REFUSALS["users_number_digits"].sentence},
            widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        )

    def clean(self, value: object) -> str | None:
        return super().clean(value) or None


class NamesForm(forms.Form):
    """Names, email and extension; people who lack one can't have a phone (R19)."""

    needed_for_phone = ("first_name", "last_name", "email", "ext")

    first_name = TextField(label=_("First name"), max_length=60, required=False)
    last_name = TextField(label=_("Last name"), max_length=60, required=False)
    email = EmailField(label=_("Email"), max_length=254, required=False)
    ext = ExtensionField()

    def clean_email(self) -> str | None:
        return self.cleaned_data["email"] or None

    def clean(self) -> None:
        if not self.errors and not any(
            self.cleaned_data.get(name) for name in ("first_name", "last_name", "email")
        ):
            raise forms.ValidationError(REFUSALS["nameless"].sentence, code="nameless")


class PersonForm(NamesForm):
    """What is known of a person and their plan, with the account's numbers to choose from (R67)."""

    plan = forms.ChoiceField(label=_("Plan"), choices=Plan.choices, initial=Plan.BASIC)
    caller_id = CallerIdField()

    def offer_numbers(self, account_id: int) -> None:
        """Offer the caller IDs that people of an account can have."""
        field = self.fields["caller_id"]
        assert isinstance(field, CallerIdField)
        field.offer_numbers(account_id)

    def require_for_phone(self) -> None:
        """Require what a person with a phone can't be without (R25), and say why."""
        self.use_required_attribute = False  # a browser wouldn't say why
        why: Any = forms.ValidationError(REFUSALS[HAS_PHONE].sentence, code=HAS_PHONE)
        for name in NamesForm.base_fields:
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = why


class NewPersonForm(PersonForm):
    """A new person; for an existing one, the role has acts of its own."""

    is_administrator = forms.BooleanField(label=_("Administrator of this account"), required=False)


class PlanForm(forms.Form):
    """One of the three plans."""

    plan = forms.ChoiceField(label=_("Plan"), choices=Plan.choices, widget=forms.RadioSelect)


class TimeZoneField(forms.ChoiceField):
    """A time zone of the United States or Canada, or None for the operator's default."""

    def __init__(self) -> None:
        super().__init__(label=_("Time zone"), required=False, choices=self._list_choices())

    def offer_present(self, zone: str | None) -> None:
        """Offer the zone that is set too, if it is none of ours, so that saving keeps it."""
        if zone and zone not in time_zones.ZONES:
            self.choices = [*self._list_choices(), (zone, zone)]

    def _list_choices(self) -> list[Any]:
        default = settings.PHONE_TIME_ZONE
        zone = time_zones.ZONES.get(default, default)
        unset = format_lazy(_("Phone company’s default: {zone}"), zone=zone)
        return [("", unset), *time_zones.GROUPS]

    def clean(self, value: object) -> str | None:
        return super().clean(value) or None


class PhoneSettingsForm(forms.Form):
    """What all phones of an account are set to."""

    time_zone = TimeZoneField()
    country = forms.ChoiceField(
        label=_("Country"), choices=Country.choices, help_text=_("For tones and dates.")
    )
    phone_language = forms.ChoiceField(label=_("Language on phones"), choices=PhoneLanguage.choices)
    ext_length = forms.IntegerField(
        label=_("Digits in an extension"),
        min_value=2,
        max_value=10,
        help_text=_("How many digits most of your extensions have."),
    )
    outside_prefix = forms.ChoiceField(
        label=_("Digit before outside numbers"),
        required=False,
        choices=[("", _("None")), *((digit, digit) for digit in "9876543210")],
        help_text=_(
            "With one, phones dial extensions right away. Without one, they wait for a pause or the"
            " send key. Emergency numbers always go out right away."
        ),
    )
    # Asked only if something speaks against it.
    anyway = forms.BooleanField(label=_("Save it anyway"), required=False, widget=forms.HiddenInput)
    account: Account

    def prepare(self, account: Account) -> None:
        """Take the account whose phones are set, and offer what it has set."""
        self.account = account
        zone = self.fields["time_zone"]
        assert isinstance(zone, TimeZoneField)
        zone.offer_present(account.time_zone)

    def clean(self) -> dict[str, Any]:
        """Say what speaks against the way to dial, once."""
        values = self.cleaned_data
        anyway = values.pop("anyway", False)
        if {"ext_length", "outside_prefix"} <= values.keys() and not anyway:
            doubts = phone_settings.find_doubts(
                self.account,
                ext_length=values["ext_length"],
                outside_prefix=values["outside_prefix"],
            )
            for doubt in doubts:
                self.fields["anyway"].widget = forms.CheckboxInput()
                self.add_error(None, forms.ValidationError(doubt, code="dial_plan"))
        return values


class CompanyForm(forms.Form):
    """Rules for all administrators of an account."""

    second_factor_required = forms.BooleanField(
        label=_("Require a second factor for every administrator"),
        required=False,
        help_text=_("Administrators without one set it up at their next click."),
    )
