"""Support staff's side of acts: the same as administrators', with a reason (R35 to R37, R41).

Django admin's own forms change nothing. An act runs in the account's scope, and the account reads
the reason in its Activity.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from users.access import require_still_allowed
from users.acting import Act, AlreadyDone, Link
from users.models import Account
from users.request_keys import Answer
from users.support.site import agent_of, site
from users.tenancy import history, scope
from users.tenancy.text import TextField

if TYPE_CHECKING:
    from users.support.register import Register

# What support staff have in place of an account's own pages.
PAGES: Mapping[str, str] = {
    "phone_assigned": "admin:phones_phone_assign",
    "user_edit": "admin:users_user_edit",
}


class ReasonForm(forms.Form):
    """Why someone does this. An act's other questions come before this one."""

    reason = TextField(
        label=_("Reason"), max_length=300, help_text=_("The account sees this in its Activity.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([*(name for name in self.fields if name != "reason"), "reason"])


class Support:
    """The audience of Django admin, for the rows of one register."""

    def __init__(self, register: Register) -> None:
        self.register = register

    def get_account_of_keys(self, request: HttpRequest) -> int | None:
        return None

    def find(self, request: HttpRequest, act: Act[Any], key: int) -> Any:
        """Return a row of an account; a POST locks its accounts in the order of their keys."""
        row = self._read(request, act, key)
        if request.method == "POST" and act.is_quick:
            for account_id in sorted(self.register.accounts_of(act, row)):
                Account.lock(account_id)
            require_still_allowed(agent_of(request), to_read=act.for_readers)
            row = self._read(request, act, key)
        return self.register.wrap(act, row)

    def _read(self, request: HttpRequest, act: Act[Any], key: int) -> Any:
        row = self.register.rows_for_acts(request).filter(pk=key).first()
        if row is not None:
            return row
        if self.register.was_done_to_gone_row(act, key):
            raise AlreadyDone
        raise Http404

    def within(self, row: Any) -> AbstractContextManager[None]:
        first = row[0] if isinstance(row, list) else row
        return scope.entered(account_id=getattr(first, "account_id", first.pk))

    def build_form(self, act: Act[Any], row: Any, data: Any) -> forms.Form:
        kind = type("ActForm", (ReasonForm, act.form), {})
        form = kind(data, initial=act.initial(row))
        act.offer_choices(form, row)
        return form

    def record_reason(self, answers: dict[str, Any]) -> dict[str, Any]:
        history.give_reason(answers.pop("reason"))
        return answers

    def build_context(self, request: HttpRequest, key: int, *, is_stale: bool) -> dict[str, Any]:
        back = self.register.get_url_of_row(key)
        return site.each_context(request) | {
            "layout": "admin/base_site.html",
            "back": back,
            "title": "",
        }

    def get_url(self, act: str, key: int) -> str:
        return self.register.get_url_of_act(act, key)

    def get_url_of_link(self, link: Link) -> str:
        return reverse(PAGES[link.page], args=[link.key]) + link.query

    def respond(self, request: HttpRequest, key: int, answer: Answer) -> HttpResponse:
        self.say(request, answer)
        return redirect(answer.url or self.register.get_url_after(key))

    def say(self, request: HttpRequest, answer: Answer) -> None:
        """Show what was done on the next page."""
        add = messages.warning if answer.is_problem else messages.success
        if answer.message:
            add(request, mark_safe(answer.message))


class Adding(Support):
    """Support staff who add a row: there is none yet."""

    def find(self, request: HttpRequest, act: Act[Any], key: int) -> Any:
        return None

    def within(self, row: Any) -> AbstractContextManager[None]:
        return nullcontext()

    def build_context(self, request: HttpRequest, key: int, *, is_stale: bool) -> dict[str, Any]:
        context = super().build_context(request, key, is_stale=is_stale)
        return context | {"back": self.register.get_url_of_list()}

    def respond(self, request: HttpRequest, key: int, answer: Answer) -> HttpResponse:
        self.say(request, answer)
        return redirect(self.register.get_url_of_list())
