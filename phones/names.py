"""What people call a phone (R45)."""

from collections.abc import Sequence

from django.utils.text import get_text_list
from django.utils.translation import gettext as _


def name_phone(label: str, device: str, person: str, ext: str | None) -> str:
    """Return the label if there is one, else whose phone it is, else model and MAC address."""
    if label or not person:
        return label or device
    return _("%(name)s’s phone, %(ext)s") % {"name": person, "ext": ext}


def join_names(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: A, B and C."""
    return get_text_list(list(names), _("and"))
