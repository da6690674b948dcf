"""A register of one kind of row over all accounts: the list, each row's page, and its acts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_safe

from users.acting import Act, group_offered
from users.support.acting import Support
from users.support.lists import MOST, PagedList, find_keys, key_from
from users.support.site import agent_of

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Button:
    """An act that a row's page offers."""

    label: StrOrPromise
    icon: str
    url: str
    group: StrOrPromise
    is_dangerous: bool


class Register(admin.ModelAdmin):
    """Django admin's read-only pages of one kind of row; only acts change anything."""

    # Where the site lists it: under which heading, and at which place.
    section: StrOrPromise = _("Records")
    place = 9
    list_per_page = 50
    ordering = ("-pk",)
    sortable_by = ()
    list_select_related: ClassVar[list[str]] = []
    actions = None
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    view_on_site = False
    # The model to search, and a row's path to it. Without `searched_by` there is no search box.
    searched: type[Model]
    searched_by = ""
    row_acts: Mapping[str, Act[Any]] = {}

    # --- permissions: the site lets in support staff only ---

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, *args: object) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, *args: object) -> bool:
        return False

    # --- the list ---

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PagedList]:
        return PagedList

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        return (self.searched_by,) if self.searched_by else ()

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not self.searched_by or not search_term.split():
            return queryset, False
        keys = find_keys(self.searched, search_term, account_id=key_from(request, "account"))
        request.cut_short = len(keys) > MOST  # type: ignore[attr-defined]
        return queryset.filter(**{f"{self.searched_by}__any": keys[:MOST]}), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow only our filters' parameters: any other would search without an index."""
        ours: Any = self.list_filter  # each is a SimpleListFilter
        return lookup in {known.parameter_name for known in ours}

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {"title": capfirst(self.opts.verbose_name_plural)} | (extra_context or {})
        return require_safe(super().changelist_view)(request, context)

    # --- one row ---

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        row = self.get_object(request, object_id)
        acts = group_offered(self._list_buttons(request, row))
        context = {"title": str(row), "subtitle": "", "links": list(self.links(row)), "acts": acts}
        context |= extra_context or {}
        return super().change_view(request, object_id, form_url, context)

    def links(self, row: Any) -> Iterator[tuple[str, str]]:
        """Yield label and URL of each link on a row's page."""
        yield from ()

    def activity_of(self, account_id: int, **asked: int) -> str:
        """Return the URL of an account's activity, or of one phone or person named in `asked`."""
        query = "&".join(f"{name}={key}" for name, key in asked.items())
        return reverse("admin:activity", args=[account_id]) + (f"?{query}" if query else "")

    def notices(self) -> Iterator[tuple[str, str]]:
        """Yield text and URL of what support staff should look at, for the first page."""
        yield from ()

    # --- acts ---

    def rows_for_acts(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of accounts, with everything that the descriptions of acts read."""
        return self.get_queryset(request)

    def wrap(self, act: Act[Any], row: Any) -> Any:
        """Return a row as an act takes it."""
        return row

    def accounts_of(self, act: Act[Any], row: Any) -> set[int]:
        """Return the keys of the accounts that an act changes."""
        return {row.account_id}

    def was_done_to_gone_row(self, act: Act[Any], key: int) -> bool:
        """Tell whether there was such a row, and its end was the goal of this act."""
        return False

    def has_acts(self, row: Any) -> bool:
        """Tell whether anything can be done with a row."""
        return True

    def get_url_of_row(self, key: int) -> str:
        """Return the URL of a row's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[key])

    def get_url_after(self, key: int) -> str:
        """Return the page to go on with after an act: the row's, or the list if it's gone."""
        if self.model._default_manager.filter(pk=key).exists():
            return self.get_url_of_row(key)
        return self.get_url_of_list()

    def get_url_of_list(self) -> str:
        """Return the URL of the list."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")

    def get_url_of_act(self, name: str, key: int) -> str:
        """Return the URL of an act's page."""
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_{name}", args=[key])

    def get_urls(self) -> list[URLPattern]:
        prefix = f"{self.opts.app_label}_{self.opts.model_name}"
        kept = {f"{prefix}_changelist", f"{prefix}_add", f"{prefix}_change"}
        acts = [
            path(
                f"<key:key>/{name}/",
                self.admin_site.admin_view(self._make_page(act)),
                name=f"{prefix}_{name}",
            )
            for name, act in self.row_acts.items()
        ]
        return [*acts, *(url for url in super().get_urls() if url.name in kept)]

    def answer_act(self, request: HttpRequest, act: Act[Any], key: int) -> HttpResponse:
        """Ask about an act, or do it. Some registers choose something before they ask."""
        return act.answer(request, key, Support(self))

    def _make_page(self, act: Act[Any]) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "HEAD", "POST"])
        def page(request: HttpRequest, key: int) -> HttpResponse:
            if not (agent_of(request).may_act or act.for_readers):
                raise PermissionDenied
            return self.answer_act(request, act, key)

        page.for_readers = act.for_readers  # type: ignore[attr-defined]
        return page

    def _list_buttons(self, request: HttpRequest, row: Any) -> Iterator[Button]:
        agent = agent_of(request)
        for name, act in self.row_acts.items() if self.has_acts(row) else ():
            if (agent.may_act or act.for_readers) and act.is_offered(row, agent):
                url = self.get_url_of_act(name, row.pk)
                yield Button(act.label, act.icon, url, act.group, act.is_dangerous)
