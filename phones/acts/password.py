"""Give a phone another password of its own (R47)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from phones import lock
from phones.acts import groups
from phones.acts.facts import NAMED, describe_device, facts_of, heading_of, refuse_if_removed
from phones.models import Phone
from users.acting import Act, Confirmation, Done
from users.models import User


class NewPassword(Act[Phone]):
    """Change the password of a phone's own web page and menu."""

    name, label, icon = "new-password", _("New password for the phone"), "lock-keyhole"
    group = groups.DEVICE

    def is_offered(self, row: Phone, by: User) -> bool:
        # Administrators get there from the page that shows the password.
        return by.is_staff and not row.retired_at

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        facts = {name: it for name, it in facts_of(row).items() if name in NAMED}
        return Confirmation(
            title=_("Change the password of %(phone)s itself?"),
            subtitle=describe_device(row),
            button=_("Change password"),
            facts=facts | {"generation": row.provisioning.admin_generation},
            words=heading_of(row),
            consequences=[
                _(
                    "The password protects the phone’s own web page and menu. Calls and SIP"
                    " credentials don’t change."
                ),
                _("The phone keeps its current password until it restarts."),
            ],
        )

    def carry_out(self, row: Phone, by: User, **answers: object) -> Done:
        lock.change_passwords([row], by=by)
        return Done(
            _("%(phone)s gets its new password when it restarts."),
            {"phone": row.title},
            rows=(row.pk,),
        )
