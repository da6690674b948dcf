"""What administrators and support staff can do with a person of an account (R41)."""

from __future__ import annotations

from users.acting import Act, name_acts
from users.acts.person import Activate, ChangePlan, Deactivate, Delete, Edit
from users.acts.sign_in import (
    Invite,
    LiftBlock,
    MakeAdministrator,
    RemoveAdministrator,
    ResetSecondFactors,
)
from users.models import User

# In the order of menus.
ACTS: dict[str, Act[User]] = name_acts(
    [
        Edit(),
        ChangePlan(),
        MakeAdministrator(),
        RemoveAdministrator(),
        Invite(),
        ResetSecondFactors(),
        LiftBlock(),
        Deactivate(),
        Activate(),
        Delete(),
    ]
)
