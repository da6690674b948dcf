"""Decide who may use Django admin, and which of its pages exist (R35).

Support staff see all accounts. Those who may not act see as much but change nothing: here, in one
place, the site refuses them everything but GET and HEAD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import update_wrapper
from typing import TYPE_CHECKING, Any

from django.contrib.admin import AdminSite
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.translation import gettext_lazy as _

from users.models import User
from users.sign_in import admin_password_change, admin_sign_in

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from users.support.register import Register

READING = ("GET", "HEAD")


def agent_of(request: HttpRequest) -> User:
    """Return the support agent who sent a request that the site let in."""
    assert isinstance(request.user, User)
    return request.user


class SupportSite(AdminSite):
    """Django admin with our own pages added, and without those that we have elsewhere."""

    site_title = site_header = _("phoneadmin support")
    index_title = _("All accounts")
    site_url = None
    LEFT_OUT = {"logout", "password_change_done", "autocomplete", "view_on_site"}

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._pages: list[URLPattern] = []

    def page(self, route: str, view: Callable[..., HttpResponse], name: str) -> None:
        """Add a page that isn't about one kind of row."""
        self._pages.append(path(route, self.admin_view(view), name=name))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        kept = [
            url for url in super().get_urls() if getattr(url, "name", None) not in self.LEFT_OUT
        ]
        return [*self._pages, *kept]

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Check access before the view. If it's `for_readers`, all support staff may POST."""
        inner = super().admin_view(view, cacheable)
        for_readers = getattr(view, "for_readers", False)

        def checked(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            user = request.user
            if not user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not (user.is_staff and (user.may_act or for_readers or request.method in READING)):
                raise PermissionDenied
            return inner(request, *args, **kwargs)

        return update_wrapper(checked, view)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Return the registers by what support looks for, not by Django's apps."""
        listed = {
            model["model"]: model
            for app in super().get_app_list(request, app_label)
            for model in app["models"]
        }
        sections: dict[StrOrPromise, list[Any]] = {}
        for model in sorted(listed, key=lambda model: self._register_of(model).place):
            sections.setdefault(self._register_of(model).section, []).append(listed[model])
        return [
            {"name": name, "app_label": "", "app_url": "", "models": models}
            for name, models in sections.items()
        ]

    def _register_of(self, model: type[Model]) -> Register:
        register: Any = self._registry[model]
        return register

    def index(self, request: HttpRequest, extra_context: Any = None) -> TemplateResponse:
        """Show the registers, and what in them someone should look at."""
        registers: Iterable[Any] = self._registry.values()
        notices = [notice for each in registers for notice in each.notices()]
        return super().index(request, {"notices": notices} | (extra_context or {}))

    def login(self, request: HttpRequest, extra_context: object = None) -> HttpResponse:
        return admin_sign_in(request, extra_context)

    def password_change(  # type: ignore[override]  # a redirect has no template
        self, request: HttpRequest, extra_context: object = None
    ) -> HttpResponse:
        return admin_password_change(request, extra_context)


site = SupportSite(name="admin")
