"""Clean text that people typed, so that it is kept in one form."""

from __future__ import annotations

import re
import unicodedata

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from users.tenancy.refusals import Catalog, Refusal

INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
UNSEEN = re.compile("[\u00ad\u034f\u180e\u200b\u2060-\u2064\ufeff]")  # without width
# Joiners have a meaning between Persian letters and in emoji, but none beside a Latin letter, a
# digit or a space.
JOINERS = re.compile("(?<![^\\0-\u024f])[\u200c\u200d]+|[\u200c\u200d]+(?![^\\0-\u024f])")
OTHER_SPACES = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")
REFUSALS: Catalog = {
    "no_text": Refusal("", _("This contains invalid characters."), "edit-people"),
    "invisible": Refusal(
        "",
        _("This contains characters that can’t be seen, such as line breaks. Remove them."),
        "edit-people",
    ),
}


def unify_text(text: str) -> str:
    """Return text without characters that have no width, with plain spaces, and none around it."""
    return JOINERS.sub("", OTHER_SPACES.sub(" ", UNSEEN.sub("", text)).strip()).strip()


def clean_text(text: str) -> str:
    """Return text in Unicode NFC, with plain spaces and none around it, and nothing without width.

    So names and labels that look the same are the same. Raises ValidationError for line breaks,
    controls and invalid characters.
    """
    text = unicodedata.normalize("NFC", unify_text(text))
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
