"""Give a phone a time zone of its own: it stands elsewhere than most of its account (R47)."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from phones import lifecycle
from phones.acts import groups
from phones.acts.facts import NAMED, describe_device, facts_of, heading_of, refuse_if_removed
from phones.forms import TimeZoneForm
from phones.models import Phone
from users.acting import Act, Confirmation, Done
from users.models import User


class SetTimeZone(Act[Phone]):
    """Set the time that a phone shows."""

    name, label, icon, form = "time-zone", _("Time zone"), "clock", TimeZoneForm
    group = groups.DEVICE

    def initial(self, row: Phone) -> dict[str, Any]:
        return {"phone_time_zone": row.time_zone or ""}

    def is_offered(self, row: Phone, by: User) -> bool:
        return not row.retired_at

    def holds(self, row: Phone, **answers: Any) -> bool:
        there = bool(answers) and row.retired_at is None
        return there and row.time_zone == answers["phone_time_zone"]

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        facts = {name: it for name, it in facts_of(row).items() if name in NAMED}
        return Confirmation(
            title=_("Time zone of %(phone)s"),
            subtitle=describe_device(row),
            button=_("Save time zone"),
            facts=facts | {"time_zone": row.time_zone},
            words=heading_of(row),
            consequences=[_("The phone shows the new time once it restarts.")],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        lifecycle.change_time_zone(row, answers["phone_time_zone"])
        return Done(_("Saved the time zone of %(phone)s."), {"phone": row.title}, rows=(row.pk,))
