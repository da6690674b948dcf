"""Make a user phone a common-area phone, or the other way, without cutting it off (R35, R58)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from phones import emergency, lifecycle, restarts
from phones.acts import groups
from phones.acts.assign import Assign
from phones.acts.facts import (
    describe_device,
    explained,
    facts_of,
    heading_of,
    refuse_if_removed,
    words_of,
)
from phones.acts.place import KNOWN, SetLine
from phones.acts.restart import Restart
from phones.forms import LineForm
from phones.models import Kind, Phone
from users.acting import Act, ActRefused, Confirmation, Done
from users.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

STAYS = _("It stays connected, and fetches its new line when it restarts.")
CALL = _("A call in progress goes on. It may end when its phone restarts.")
UNABLE = _(
    "When you confirm, it stops making and receiving calls, 911 included, until it restarts."
)
STILL_UNABLE = _("Until it restarts, it can’t make or receive calls, 911 included.")
NO_ADDRESS = _("It has no E911 address. Add one, so that an ambulance finds it.")
PENDING = _("Its pending E911 address, %(waiting)s, stays pending.")


class MakeCommonArea(Act[Phone]):
    """Make a user phone a common-area phone: no one's, with a line of its own."""

    name, label, icon = "make-common-area", _("Make common-area phone"), "arrow-right-left"
    group, form = groups.PLACE, LineForm

    def initial(self, row: Phone) -> dict[str, Any]:
        # Its person keeps their extension and caller number, so the phone needs others.
        return {"label": row.label}

    def offer_choices(self, form: forms.Form, row: Phone) -> None:
        assert isinstance(form, LineForm)
        form.offer_numbers(row.account_id)

    def is_offered(self, row: Phone, by: User) -> bool:
        return row.kind == Kind.USER and row.retired_at is None

    def holds(self, row: Phone, **answers: Any) -> bool:
        if row.kind != Kind.COMMON or row.retired_at:
            return False
        return not answers or SetLine().holds(row, **answers)

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        if row.kind == Kind.COMMON:
            raise ActRefused(
                _("%(phone)s is a common-area phone already."), code="changed", facts=words_of(row)
            )
        gets_out = emergency.gets_out_now()
        facts = facts_of(row) | {"gets_out": gets_out}
        dangers: list[StrOrPromise] = [
            UNABLE if facts["name"] else STILL_UNABLE,
            _(
                "Unless you choose a caller number, 911 can’t call it back, and its E911 address"
                " isn’t registered."
            ),
        ]
        consequences: list[StrOrPromise] = [
            _(
                "It gets a line of its own: it rings at its own extension, and calls with its own"
                " caller number."
            )
        ]
        (consequences if gets_out else dangers).append(emergency.describe_emergency_calls_now())
        if facts["name"]:
            consequences.append(_("%(name)s, %(ext)s, will have no desk phone."))
            consequences.append(
                _(
                    "The SIP credentials of %(name)s change. The company’s own apps keep working."
                    " Any device set up by hand with these SIP credentials stops working."
                )
            )
        if facts["address"]:
            consequences.append(
                _(
                    "Its E911 address, %(address)s, stays, and the E911 provider is told its caller"
                    " number. If the phone moves, update the address."
                )
            )
        elif not facts["waiting"]:
            dangers.append(NO_ADDRESS)
        if facts["waiting"]:
            consequences.append(PENDING)
        return Confirmation(
            title=_("Make %(phone)s a common-area phone?"),
            subtitle=describe_device(row),
            button=_("Make common-area phone"),
            facts=facts,
            words=heading_of(row),
            dangers=dangers,
            consequences=[*consequences, STAYS, CALL],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        with explained():
            lifecycle.make_common_area(row, **answers)
        said = _("%(phone)s is a common-area phone now.")
        further, is_askable = say_how_to_restart(row)
        if not row.caller_id:
            said = _(
                "%(phone)s is a common-area phone now. It has no caller number yet, so 911 can’t"
                " call it back, and its E911 address isn’t registered."
            )
        return Done(
            said, {"phone": row.label}, further=further, then=Restart() if is_askable else None
        )


class MakeUserPhone(Act[Phone]):
    """Make a common-area phone a user phone, which no one has yet."""

    name, label, icon = "make-user-phone", _("Make user phone"), "arrow-right-left"
    group = groups.PLACE

    def is_offered(self, row: Phone, by: User) -> bool:
        return row.kind == Kind.COMMON and row.retired_at is None

    def holds(self, row: Phone, **answers: Any) -> bool:
        return row.kind == Kind.USER and row.retired_at is None

    def describe(self, row: Phone, by: User) -> Confirmation:
        refuse_if_removed(row)
        account = getattr(row, "sip", None)
        facts = {name: it for name, it in facts_of(row).items() if name in KNOWN}
        facts["credentials"] = account.username if account else ""
        consequences: list[StrOrPromise] = []
        if facts["credentials"]:
            consequences.append(
                _("Its SIP credentials end. Any device set up by hand with them stops working.")
            )
        if facts["ext"]:
            consequences.append(_("Its extension, %(ext)s, is free for another phone or person."))
        if facts["number"]:
            consequences.append(_("It gives up its caller number, %(number)s."))
        if facts["address"]:
            consequences.append(
                _(
                    "Its E911 address, %(address)s, stays. The E911 provider is told the number of"
                    " whoever gets the phone. If the phone moves, update the address."
                )
            )
        if facts["waiting"]:
            consequences.append(PENDING)
        return Confirmation(
            title=_("Make %(phone)s a user phone?"),
            subtitle=describe_device(row),
            button=_("Make user phone"),
            facts=facts,
            words=heading_of(row),
            dangers=[
                _(
                    "When you confirm, it stops making and receiving calls, 911 included, until you"
                    " assign it to someone."
                )
            ],
            consequences=[*consequences, STAYS, CALL],
        )

    def carry_out(self, row: Phone, by: User, **answers: Any) -> Done:
        lifecycle.make_user_phone(row)
        return Done(
            _(
                "%(phone)s is a user phone now. Assign it: until then, it can’t call anyone, 911"
                " included."
            ),
            {"phone": row.title},
            then=Assign(),
        )


def say_how_to_restart(row: Phone) -> tuple[StrOrPromise, bool]:
    """Return how a phone gets its new line, and whether it can be asked to restart for it."""
    if row.pk in restarts.find_reachable([row]):
        return _("Restart it, so that it can call."), True
    if row.fetched_at is None:
        return _("Connect it, so that it can call."), False
    return (
        _(
            "It isn’t registered, so it can’t be asked to restart. Unplug it and plug it back in,"
            " so that it can call."
        ),
        False,
    )
