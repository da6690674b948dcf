"""The project's URLs, a bare hello, and Django admin's list of phones without any tuning."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from phoneadmin.urls import urlpatterns as project
from phones.models import Kind, Phone
from tests.benchmarks.hello import INSIDE, hello
from users.tenancy import scope


class PhoneAdmin(admin.ModelAdmin):
    """The columns of User phones, 50 rows a page, in the order that costs least: by key."""

    list_display = ("label", "ext", "person", "model_name", "mac_shown", "address")
    list_select_related = ("assigned_to", "current_address")
    list_per_page = 50

    def allowed(self, request: HttpRequest, obj: Phone | None = None) -> bool:
        return True  # no user here has Django's own permissions

    has_view_permission = has_add_permission = has_change_permission = has_delete_permission = (
        allowed
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phone]:
        scope.enter(scope="support")
        # Support staff see all accounts; this list shows one, like ours.
        account = request.GET["account"]
        phones = super().get_queryset(request)
        return phones.filter(account_id=account, kind=Kind.USER, retired_at=None)

    @admin.display(description="Ext")
    def ext(self, phone: Phone) -> str | None:
        return phone.assigned_to and phone.assigned_to.ext

    @admin.display(description="Assigned to")
    def person(self, phone: Phone) -> str | None:
        return phone.assigned_to and phone.assigned_to.name

    @admin.display(description="E911 Address")
    def address(self, phone: Phone) -> Any:
        return phone.current_address


site = admin.AdminSite(name="benchmark")
site.register(Phone, PhoneAdmin)

urlpatterns = [path("admin/benchmark/", site.urls), path(INSIDE.lstrip("/"), hello), *project]
