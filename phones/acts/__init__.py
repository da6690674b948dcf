"""What administrators and support staff can do with a phone (R41)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from phones.acts.device import Correct, Label, Replace
from phones.acts.leaving import ChangeKind, MoveToAccount, Remove
from phones.acts.password import NewPassword
from phones.acts.place import SetLine
from phones.acts.restart import Restart
from phones.acts.time_zone import SetTimeZone
from phones.models import Kind, Phone
from users.acting import Act, name_acts
from users.models import User


class Assign(Act[Phone]):
    """Give a phone to a person. What it says and does is the rule's (phones/assignment.py)."""

    name, label, icon = "assign", _("Assign"), "user-check"

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at and row.kind == Kind.USER


ASSIGN, LABEL, RESTART, MOVE = Assign(), Label(), Restart(), MoveToAccount()
# In the order of menus. Restart is about several phones at once, so it has a page of its own.
ACTS: dict[str, Act[Phone]] = name_acts(
    [Correct(), SetTimeZone(), Replace(), NewPassword(), Remove()]
)
SUPPORT_ACTS = name_acts(
    [SetLine(), Correct(), SetTimeZone(), Replace(), NewPassword(), ChangeKind(), Remove()]
)
