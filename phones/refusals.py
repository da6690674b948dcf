"""What this app refuses: the one catalog of its constraints and rules, in words."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from users import refusals as users_refusals
from users.tenancy.refusals import Catalog, Refusal

REFUSALS: Catalog = {
    # The phone may belong to another company, so the sentence must not say who has it (R6).
    "phones_phone_mac": Refusal(
        "mac",
        _("This MAC address is already in use. If it isn’t one of your phones, contact support."),
        "mac-in-use",
    ),
    "phones_phone_label": Refusal(
        "label", _("Another phone in your account already has this label."), "labels"
    ),
    "phones_phone_common_area_has_label": Refusal(
        "label",
        _("A common-area phone needs a label that says where it is."),
        "labels",
    ),
    "mac_was_used": Refusal(
        "mac",
        _(
            "This phone has been in use with its MAC address. If it’s another phone, replace it"
            " instead."
        ),
        "correct",
    ),
    "removed": Refusal("", _("%(phone)s has been removed."), "changed-meanwhile"),
    # Assignments: rules
    "common_area": Refusal(
        "",
        _("This is a common-area phone. It belongs to a place and can’t be given to a person."),
        "cannot-assign",
    ),
    "cannot_have_phone": Refusal(
        "", _("%(name)s can’t be given a phone: %(reason)s"), "cannot-assign"
    ),
    "moved_twice": Refusal(
        "", _("A phone or a person is in this list twice. Each can be moved only once."), "undo"
    ),
}
# The line of a common-area phone, whose numbers are the account's like a person's (R58).
LINE_REFUSALS: Catalog = {
    **REFUSALS,
    **{
        name: users_refusals.REFUSALS[name]
        for name in (
            "users_number_pkey",
            "users_number_digits",
            "users_number_no_emergency_number",
        )
    },
    "phones_phone_line_of_its_own": Refusal(
        "ext",
        _("A user phone has the extension and caller number of its person. Leave them empty."),
        "common-area",
    ),
    "phones_phone_caller_id_of_account": Refusal(
        "caller_id",
        users_refusals.REFUSALS["users_user_caller_id_of_account"].sentence,
        "common-area",
    ),
}
# Assignments: constraints, which refuse only if hand-written SQL changed something past our locks.
OVERTAKEN: Catalog = {
    "phones_phone_assigned_to_may_have_phone": Refusal(
        "",
        _("This person can’t be given a phone anymore. Reload the page to see why."),
        "changed-meanwhile",
    ),
    "phones_phone_assigned_to_id_key": Refusal(
        "",
        _("This person was just given another phone. Reload the page."),
        "changed-meanwhile",
    ),
    "phones_phone_common_area_is_nobodys": Refusal(
        "", _("This is a common-area phone. It belongs to no one."), "changed-meanwhile"
    ),
    "phones_phone_retired_is_nobodys": Refusal(
        "", _("This phone has been removed."), "changed-meanwhile"
    ),
}
