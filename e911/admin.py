"""Emergency addresses for support staff, to be looked at (R35)."""

from __future__ import annotations

from django.contrib import admin

from e911.models import EmergencyAddress
from users.admin import ReadOnly


@admin.register(EmergencyAddress)
class EmergencyAddressAdmin(ReadOnly):
    list_display = ["standardised", "phone", "status", "set_by", "set_at"]
    list_select_related = ["phone", "set_by"]
    list_filter = ["status", "country"]
    search_fields = ["standardised"]
