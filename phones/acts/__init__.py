"""What administrators and support staff can do with a phone (R41)."""

from __future__ import annotations

from phones.acts.assign import Assign
from phones.acts.device import Correct, Label, Replace
from phones.acts.kind import MakeCommonArea, MakeUserPhone
from phones.acts.leaving import MoveToAccount, Remove
from phones.acts.password import NewPassword
from phones.acts.place import SetLine
from phones.acts.restart import Restart
from phones.acts.time_zone import SetTimeZone
from phones.models import Phone
from users.acting import Act, name_acts

ASSIGN, LABEL, RESTART, MOVE = Assign(), Label(), Restart(), MoveToAccount()
# In the order of menus. Restart is about several phones at once, so it has a page of its own.
ACTS: dict[str, Act[Phone]] = name_acts(
    [
        SetLine(),
        Correct(),
        SetTimeZone(),
        Replace(),
        NewPassword(),
        MakeCommonArea(),
        MakeUserPhone(),
        Remove(),
    ]
)
