"""Phones of both kinds for support staff, to be looked at (R35)."""

from __future__ import annotations

from django.contrib import admin

from phones.models import Phone, PhoneModel
from users.admin import ReadOnly


@admin.register(PhoneModel)
class PhoneModelAdmin(admin.ModelAdmin):
    list_display = ["name", "family"]
    list_filter = ["family"]
    search_fields = ["name"]


@admin.register(Phone)
class PhoneAdmin(ReadOnly):
    list_display = ["mac_shown", "model_name", "label", "kind", "assigned_to", "account", "retired_at"]
    list_select_related = ["assigned_to", "account"]
    list_filter = ["kind", "model"]
    search_fields = ["search"]  # holds the MAC address in every usual notation (R6)
    fields = [
        "account", "kind", "model", "mac_shown", "label", "assigned_to", "current_address", "created_at", "fetched_at",
        "retired_at",
    ]  # fmt: skip
