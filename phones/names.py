"""What people call a phone (R45)."""

import re
from collections.abc import Sequence

from django.utils.text import get_text_list
from django.utils.translation import get_language
from django.utils.translation import gettext as _

# Before the sound of an i, except in a diphthong such as hie-, Spanish says "e" for "y".
SOUNDS_LIKE_I = re.compile(r"h?[ií](?![aeo])|y(?![aeiouáéíóú])", re.IGNORECASE)


def name_phone(label: str, device: str, person: str, ext: str | None) -> str:
    """Return the label if there is one, else whose phone it is, else model and MAC address."""
    return name_in_heading(label, person, ext) if label or person else device


def name_in_heading(label: str, person: str, ext: str | None = None) -> str:
    """Return the same for a heading that model and MAC address follow, so it needs neither.

    Without `ext` it's for headings that the extension follows, too.
    """
    if label:
        return label
    if not person:
        return _("this phone")
    if ext:
        return _("%(name)s’s phone, %(ext)s") % {"name": person, "ext": ext}
    return _("%(name)s’s phone") % {"name": person}


def join_names(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: A, B and C."""
    last_word = _("and")
    if names and (get_language() or "").startswith("es") and SOUNDS_LIKE_I.match(names[-1]):
        last_word = "e"
    return get_text_list(list(names), last_word)
