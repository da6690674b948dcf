"""Clean text that people typed, so that it is kept in one form."""

from __future__ import annotations

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from users.tenancy.refusals import Catalog, Refusal

INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
REFUSALS: Catalog = {
    "no_text": Refusal("", _("This holds characters that are no text."), "edit-people"),
    "invisible": Refusal(
        "",
        _("This holds characters that cannot be seen, such as line breaks. Take them out."),
        "edit-people",
    ),
}


def clean_text(text: str) -> str:
    """Return text in Unicode NFC, without space around it.

    Raises ValidationError for invisible or invalid characters.
    """
    text = unicodedata.normalize("NFC", text.strip())
    # Django puts U+FFFD in place of bytes that aren't UTF-8.
    if "\ufffd" in text or not _is_encodable(text):
        raise ValidationError(REFUSALS["no_text"].sentence, code="no_text")
    if INVISIBLE.search(text):
        raise ValidationError(REFUSALS["invisible"].sentence, code="invisible")
    return text


def _is_encodable(text: str) -> bool:
    """Tell whether text has no unpaired surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


class TextField(forms.CharField):
    """Takes a line of text, and returns it as `clean_text` does."""

    def to_python(self, value: object) -> str:
        return clean_text(super().to_python(value) or "")
