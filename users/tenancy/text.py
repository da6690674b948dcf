"""Text that people typed, in the one form in which it is kept."""

from __future__ import annotations

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def clean_text(text: str) -> str:
    """Return text without space around it and in Unicode NFC. Raises ValidationError for characters nobody can see."""
    text = unicodedata.normalize("NFC", text.strip())
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValidationError(
            _("This holds characters that are no text."), code="no_text"
        ) from None
    if "\ufffd" in text:  # what Django made of bytes that are no UTF-8
        raise ValidationError(_("This holds characters that are no text."), code="no_text")
    if INVISIBLE.search(text):
        raise ValidationError(
            _("This holds characters that cannot be seen, such as line breaks. Take them out."),
            code="invisible",
        )
    return text


class TextField(forms.CharField):
    """A line of text, tidied."""

    def to_python(self, value: object) -> str:
        return clean_text(super().to_python(value) or "")
