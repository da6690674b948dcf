"""Emergency addresses in Django admin: every version on record, and setting one (R31, R35)."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from e911 import dialog
from e911.models import EmergencyAddress
from phones.admin import PhoneRegister
from phones.models import Phone
from users.support.lists import make_choice_filter, make_key_filter
from users.support.register import Register
from users.support.site import site

PhoneRegister.row_acts = {**PhoneRegister.row_acts, dialog.SET.name: dialog.SET}


@admin.register(EmergencyAddress, site=site)
class EmergencyAddressRegister(Register):
    """Every version of every phone's address, with the provider's messages."""

    section, place = _("Look up"), 4
    list_display = ["standardised", "phone", "account", "status", "set_by_name", "set_at"]
    list_select_related = ["phone", "account"]
    list_filter = [
        make_choice_filter(
            _("state"), "state", {"open": (_("Waiting or refused"), Q(is_open=True))}
        ),
        make_key_filter(_("phone"), "phone", Phone),
    ]
    fields = [
        "account", "phone", "status", "typed", "standardised", "set_by_name", "set_at", "provider",
        "callback_number", "caller_name", "words", "settled_at",
    ]  # fmt: skip
    searched, searched_by = Phone, "phone__id"
    search_help_text = _(
        "The phone’s MAC address in any notation, label, model, person or extension"
    )
