"""The pages of acts for an account's administrators: a dialog on a list, or a page by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods

from users import people
from users.access import AdministratorRequest, account_of, lock_account_for_write
from users.acting import Act, AlreadyDone, Link, answer
from users.acts.facts import load_people
from users.models import User
from users.request_keys import Answer


class Administrators:
    """The audience of an account's own pages. Subclasses know one list and its rows."""

    list_name: str  # of the list's URL
    prefix: str  # of the names of the acts' URLs

    def get_list_name(self, request: Any, key: int) -> str:
        """Return the name of the URL of the list that the row is on."""
        return self.list_name

    def get_account_of_keys(self, request: Any) -> int | None:
        return account_of(request)

    def find(self, request: Any, act: Act[Any], key: int) -> Any:
        raise NotImplementedError

    def within(self, row: Any) -> AbstractContextManager[None]:
        return nullcontext()  # the request is in the scope of the account already

    def build_form(self, act: Act[Any], row: Any, data: Any) -> forms.Form:
        form = act.form(data, initial=act.initial(row))
        act.offer_choices(form, row)
        return form

    def record_reason(self, answers: dict[str, Any]) -> dict[str, Any]:
        return answers

    def build_context(self, request: Any, key: int, *, is_stale: bool) -> dict[str, Any]:
        return {"back": reverse(self.get_list_name(request, key))}

    def get_url(self, act: str, key: int) -> str:
        return reverse(f"{self.prefix}_{act}", args=[key])

    def get_url_of_link(self, link: Link) -> str:
        return reverse(link.page, args=[link.key]) + link.query

    def respond(self, request: Any, key: int, answer: Answer) -> HttpResponse:
        """Show the list again, because rows may have come or gone, or the page that goes on."""
        add = messages.warning if answer.is_problem else messages.success
        add(request, answer.message, extra_tags="safe")
        if answer.url or not request.htmx:
            return redirect(answer.url or self.get_list_name(request, key))
        response = HttpResponse(status=204)
        response.headers["HX-Refresh"] = "true"
        return response


class UserPages(Administrators):
    """Acts on the people of an account, from Users."""

    list_name, prefix = "users", "user"

    def find(self, request: Any, act: Act[Any], key: int) -> Any:
        lock_account_for_write(request)
        account_id = account_of(request)
        try:
            return load_people(User.objects.filter(account_id=account_id)).get(pk=key)
        except User.DoesNotExist as error:
            if act.name == "delete" and people.was_deleted(account_id=account_id, key=key):
                raise AlreadyDone from error
            raise Http404 from error


def list_pages(acts: Iterable[Act[Any]], audience: Administrators) -> list[URLPattern]:
    """Return the URLs of acts on an account's pages: each act's name after the row's key."""

    def make_page(act: Act[Any]) -> Callable[..., HttpResponse]:
        @require_http_methods(["GET", "POST"])
        def page(request: AdministratorRequest, key: int) -> HttpResponse:
            return answer(request, act, key, audience)

        return page

    return [
        path(f"<key:key>/{act.name}/", make_page(act), name=f"{audience.prefix}_{act.name}")
        for act in acts
    ]
