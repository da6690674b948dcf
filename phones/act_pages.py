"""The pages of acts on phones for an account's administrators: dialogs on User phones."""

from __future__ import annotations

import re
from typing import Any, cast

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from phones.acts.facts import load_phones
from phones.answers import find_phones, list_context, read_rows
from phones.forms import ChosenPhonesForm
from phones.models import LIST_NAMES, Kind, Phone
from phones.rows import render_rows
from users.access import account_of, lock_account_for_write, parse_query
from users.act_pages import Administrators
from users.acting import Act
from users.request_keys import Answer

PAGE_OF_PHONE = re.compile(r"/phones/[0-9]+/")


class PhonePages(Administrators):
    """Acts on one phone of an account."""

    list_name, prefix = LIST_NAMES[Kind.USER], "phone"

    def get_list_name(self, request: Any, key: int) -> str:
        """Return the list that the phones are on; that of user phones, if some are on each."""
        phones = Phone.objects.filter(
            account_id=account_of(request), pk__in=self.list_keys(request, key)
        )
        kinds = set(phones.values_list("kind", flat=True))
        return LIST_NAMES[Kind(kinds.pop())] if len(kinds) == 1 else self.list_name

    def find(self, request: Any, act: Act[Any], key: int) -> Any:
        """Return a phone of the account, a removed one too: the act says what became of it."""
        if act.is_quick:
            lock_account_for_write(request)
        phones = load_phones(Phone.objects.filter(account_id=account_of(request)))
        return get_object_or_404(phones, pk=key)

    def build_context(self, request: Any, key: int, *, is_stale: bool) -> dict[str, Any]:
        context = super().build_context(request, key, is_stale=is_stale)
        if is_stale and request.htmx:  # the row behind the dialog is as old as what was seen
            keys = self.list_keys(request, key)
            rows = read_rows(request, keys)
            if len(rows) == len(keys):  # otherwise a phone was removed, and the list is reloaded
                regions = {"rows_html": render_rows(rows, out_of_band=True)}
                context["rows_html"] = render_to_string(
                    "phones/_changed_regions.html", regions, request
                )
        return context

    def list_keys(self, request: Any, key: int) -> list[int]:
        """Return the keys of the phones that the act is about."""
        return [key]

    def get_url(self, act: str, key: int) -> str:
        if act == "assign":
            return reverse("phone_assigned", args=[key])
        if act == "restart":
            return f"{reverse('phones_restart')}?phones={key}"
        return super().get_url(act, key)

    def respond(self, request: Any, key: int, answer: Answer) -> HttpResponse:
        """Swap the rows that changed; show the page anew if rows came or went, or it has none."""
        is_list = request.htmx and not PAGE_OF_PHONE.fullmatch(
            request.htmx.current_url_abs_path or ""
        )
        if not (is_list and answer.rows) or answer.url:
            return super().respond(request, key, answer)
        context = list_context(request, list(answer.rows))
        context |= {"message": answer.message, "safe": True}
        context["problem"] = "warning" if answer.is_problem else ""
        return render(request, "phones/_changed.html", context)


class LabelPages(PhonePages):
    """The label, which is edited in its row (R5)."""

    def respond(self, request: Any, key: int, answer: Answer) -> HttpResponse:
        """Say it to screen readers only: the row itself shows the label."""
        if not request.htmx:
            return super().respond(request, key, answer)
        context = list_context(request, [key]) | {"message": _("Label saved."), "quiet": True}
        return render(request, "phones/_changed.html", context)


class RestartPages(PhonePages):
    """Restarting phones, which are named in the query: one, or all of an assignment."""

    def list_keys(self, request: Any, key: int) -> list[int]:
        data = request.POST if "phones" in request.POST else request.GET
        return cast("list[int]", parse_query(ChosenPhonesForm(data))["phones"])

    def find(self, request: Any, act: Act[Any], key: int) -> Any:
        """Return the phones. They answer slowly, so the account isn't locked meanwhile."""
        return find_phones(request, self.list_keys(request, key))
