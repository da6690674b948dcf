"""List what can be done with a phone: for its row's menu and for its page (R41)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from phones.acts import ACTS, groups
from phones.models import Kind, Phone
from users.acting import group_offered
from users.models import User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Entry:
    """One line of the menu, and where it leads."""

    label: StrOrPromise
    icon: str
    url: str
    group: StrOrPromise
    is_dialog: bool = True
    is_dangerous: bool = False


def list_entries(
    phone: Phone, by: User, *, read_only: bool
) -> list[tuple[StrOrPromise, list[Entry]]]:
    """Return what can be done with a phone under the names of its groups, the dangerous last.

    `read_only` is for support staff on a visit, who change nothing.
    """
    entries = [*_list_links(phone, read_only=read_only)]
    if not read_only:
        entries += [
            Entry(
                act.label,
                act.icon,
                reverse(f"phone_{act.name}", args=[phone.pk]),
                act.group,
                is_dangerous=act.is_dangerous,
            )
            for act in ACTS.values()
            if act.is_offered(phone, by)
        ]
    return group_offered(entries)


def _list_links(phone: Phone, *, read_only: bool) -> list[Entry]:
    """Return the pages about a phone that aren't acts on it."""
    key = phone.pk

    def link(label: str, icon: str, page: str, group: StrOrPromise) -> Entry:
        return Entry(label, icon, reverse(page, args=[key]), group)

    addresses = link(_("E911 addresses on record"), "map-pinned", "phone_addresses", groups.RECORDS)
    activity = Entry(
        _("Activity"),
        "history",
        f"{reverse('activity')}?phone={key}",
        groups.RECORDS,
        is_dialog=False,
    )
    if read_only:
        return [addresses, activity]
    assign = Entry(
        _("Assign"), "user-check", reverse("phone_assigned", args=[key]), groups.PLACE, False
    )
    restart = f"{reverse('phones_restart')}?phones={key}"
    credentials = link(_("Show SIP credentials"), "key-round", "phone_credentials", groups.DEVICE)
    return [
        *([assign] if phone.kind == Kind.USER else []),
        link(_("E911 address"), "map-pin", "phone_address", groups.PLACE),
        Entry(_("Restart"), "rotate-cw", restart, groups.DEVICE),
        link(_("Connect this phone"), "plug", "phone_setup", groups.DEVICE),
        *([credentials] if phone.has_line else []),
        link(_("Phone’s own password"), "lock-keyhole", "phone_password", groups.DEVICE),
        addresses,
        activity,
    ]
