"""Say what is wrong with a form's field in our own words instead of Django's."""

from __future__ import annotations

from django import forms
from django.core import validators
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

CHOOSE = _("Choose one from the list.")
SENTENCES: dict[type[forms.Field], dict[str, object]] = {
    forms.Field: {"required": _("This is required.")},
    forms.ChoiceField: {"invalid_choice": CHOOSE},
    forms.ModelChoiceField: {"invalid_choice": CHOOSE},
    forms.DateField: {"invalid": _("Enter a date such as 2025-10-25.")},
    forms.IntegerField: {"invalid": _("Enter a whole number.")},
}
TOO_LONG = ngettext_lazy(
    "Use at most %(limit_value)d character. This has %(show_value)d.",
    "Use at most %(limit_value)d characters. This has %(show_value)d.",
    "limit_value",
)


def use_our_words() -> None:
    """Replace Django's sentences, before any form is declared."""
    for field, sentences in SENTENCES.items():
        field.default_error_messages = {**field.default_error_messages, **sentences}  # type: ignore[dict-item]
    validators.MaxLengthValidator.message = TOO_LONG
    validators.EmailValidator.message = _("Enter a valid email address, such as ann@example.com.")
