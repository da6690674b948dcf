"""Accounts and people for support staff, to be looked at (R35)."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from users.models import Account, User


class ReadOnly(admin.ModelAdmin):
    """Shows, and changes nothing: what may be changed goes through the rules of the pages."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: object) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: object) -> bool:
        return False


@admin.register(Account)
class AccountAdmin(ReadOnly):
    list_display = ["name", "created_at"]
    search_fields = ["name"]


@admin.register(User)
class UserAdmin(ReadOnly):
    list_display = ["__str__", "ext", "email", "plan", "account", "is_administrator", "is_active"]
    list_select_related = ["account"]
    list_filter = ["plan", "is_administrator", "is_staff", "is_active"]
    search_fields = ["search"]
    fields = [
        "account", "first_name", "last_name", "email", "ext", "plan", "caller_id", "is_administrator", "is_staff",
        "is_active", "created_at", "last_login",
    ]  # fmt: skip
