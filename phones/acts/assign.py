"""Give a phone to a person, as an act among others (R35)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from phones.acts import groups
from phones.models import Kind, Phone
from users.acting import Act
from users.models import User


class Assign(Act[Phone]):
    """Give a phone to a person. What it says and does is the rule's (phones/assignment.py)."""

    name, label, icon = "assign", _("Assign"), "user-check"
    group, has_page = groups.PLACE, True

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at and row.kind == Kind.USER
