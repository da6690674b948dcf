"""Show support staff phones of both kinds, and let them act on a phone (R35, R36, R38)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from phones import line, preview
from phones.acts import ACTS, ASSIGN, MOVE, RESTART
from phones.acts.facts import load_phones
from phones.acts.leaving import MoveToAccount
from phones.assignment_plan import Move, Plan
from phones.assignment_views import NOBODY, confirm_moves, find_people, parse_person
from phones.models import Fetch, Kind, Phone, PhoneModel, Restart
from phones.provisioning.makes import MAKES
from users.access import KeyConverter, parse_query
from users.acting import Act, name_acts
from users.admin import LIKE_EMERGENCY_FILTER
from users.models import LIKE_EMERGENCY, Account, User
from users.support.acting import ReasonForm
from users.support.lists import find_keys, make_choice_filter, make_key_filter
from users.support.register import Register
from users.support.site import site
from users.tenancy import history, scope
from users.tenancy.listing import Filters

WORDS = gettext_lazy("The phone’s MAC address in any notation, label, model, person or extension")


@admin.register(Phone, site=site)
class PhoneRegister(Register):
    """Phones of both kinds, including removed ones."""

    section, place = gettext_lazy("Look up"), 3
    list_display = [
        "called",
        "mac_shown",
        "model_name",
        "kind",
        "account",
        "retired_at",
    ]
    list_select_related = ["assigned_to", "account"]
    list_filter = [
        make_choice_filter(
            gettext_lazy("kind"),
            "kind",
            {
                "user": (gettext_lazy("User phones"), Q(kind=Kind.USER)),
                "common": (gettext_lazy("Common-area phones"), Q(kind=Kind.COMMON)),
            },
        ),
        make_choice_filter(
            gettext_lazy("state"),
            "state",
            {"removed": (gettext_lazy("Removed"), Q(retired_at__isnull=False))},
        ),
        LIKE_EMERGENCY_FILTER,
        make_key_filter(gettext_lazy("account"), "account", Account),
    ]
    fields = [
        "account",
        "kind",
        "model",
        "mac_shown",
        "label",
        "ext",
        "caller_id",
        "assigned_to",
        "line_1",
        "current_address",
        "created_at",
        "fetched_at",
        "retired_at",
        "configuration",
    ]
    searched, searched_by = Phone, "pk"
    row_acts = {**name_acts([ASSIGN, RESTART]), **ACTS, **name_acts([MOVE])}
    search_help_text = gettext_lazy(
        "MAC address in any notation, label, model, person or extension"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phone]:
        return super().get_queryset(request).defer("search")

    @admin.display(description=gettext_lazy("phone"))
    def called(self, phone: Phone) -> str:
        """Return its label, or whose it is, and who has it (R45)."""
        person = phone.assigned_to
        if not (phone.label and person):
            return phone.title if phone.label or person else "–"
        return f"{phone.label} ({person}, {person.ext})"

    @admin.display(description=gettext_lazy("MAC address"))
    def mac_shown(self, phone: Phone) -> str:
        return phone.mac_shown

    @admin.display(description=gettext_lazy("line 1"))
    def line_1(self, phone: Phone) -> str:
        """Return the state of its line, in the words of the account's page (R34)."""
        state = line.load_states(phone.account_id, [phone.pk])[phone.pk]
        known = {
            _("free"): state.free,
            _("registered"): state.registered,
            _("not registered"): state.unregistered,
            _("another device has the line"): bool(state.held_by),
            _("needs restart"): state.needs_restart,
        }
        return ", ".join(words for words, holds in known.items() if holds) or _("not known now")

    @admin.display(description=gettext_lazy("fetched its configuration"))
    def fetched_at(self, phone: Phone) -> Any:
        return phone.fetched_at or _("never")

    @admin.display(description=gettext_lazy("what it will get"))
    def configuration(self, phone: Phone) -> str:
        """Return the file that it would fetch, without secrets and SIP username (R52)."""
        facts = line.load_facts([phone.pk])[phone.pk]
        return format_html(
            "<details><summary>{}</summary><pre>{}</pre></details>",
            MAKES[facts.make].name,
            preview.preview_file(facts, has_usernames=False),
        )

    def links(self, row: Phone) -> Iterator[tuple[str, str]]:
        yield _("Activity"), self.activity_of(row.account_id, phone=row.pk)
        yield _("Account’s pages"), reverse("admin:users_account_visit", args=[row.account_id])
        for label, name in (
            (_("Addresses"), "e911_emergencyaddress"),
            (_("Restarts"), "phones_restart"),
            (_("Fetches"), "phones_fetch"),
        ):
            yield label, reverse(f"admin:{name}_changelist") + f"?phone={row.pk}"

    def notices(self) -> Iterator[tuple[str, str]]:
        if count := Phone.objects.filter(ext__regex=LIKE_EMERGENCY).count():
            text = ngettext(
                "%(count)d common-area phone’s extension begins with an emergency number.",
                "%(count)d common-area phones’ extensions begin with an emergency number.",
                count,
            )
            yield text % {"count": count}, f"{self.get_url_of_list()}?ext=emergency"

    def rows_for_acts(self, request: HttpRequest) -> QuerySet[Phone]:
        return load_phones(super().get_queryset(request))

    def wrap(self, act: Act[Any], row: Phone) -> Any:
        return [row] if act is RESTART else row

    def accounts_of(self, act: Act[Any], row: Phone) -> set[int]:
        to = act.to if isinstance(act, MoveToAccount) else None
        return {row.account_id} | ({to.pk} if to else set())

    def answer_act(self, request: HttpRequest, act: Act[Any], key: int) -> HttpResponse:
        """Choose a person or an account first, where an act needs one."""
        if act is ASSIGN:
            return self._assign(request, get_object_or_404(self.get_queryset(request), pk=key))
        if not isinstance(act, MoveToAccount):
            return super().answer_act(request, act, key)
        if "to" not in request.GET:
            phone = get_object_or_404(self.get_queryset(request), pk=key)
            return self._choose_account(request, phone)
        to = find_account(request.GET["to"])
        if to is None:
            raise Http404
        if self.get_queryset(request).filter(pk=key, account=to, retired_at=None).exists():
            messages.warning(request, _("It’s in this account already."))
            return redirect(self.get_url_of_row(key))
        return super().answer_act(request, MoveToAccount(to), key)

    def _assign(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Assign it, with the choice, confirmations and rule of the account's own page (R36)."""
        scope.enter(account_id=phone.account_id)
        back = self.get_url_of_row(phone.pk)
        context = site.each_context(request) | {
            "layout": "admin/base_site.html",
            "back": back,
            "title": "",
        }
        if request.method != "POST" and "to" not in request.GET:
            asked = parse_query(Filters(request.GET))
            context |= {
                "phone": phone,
                "choices": find_people(phone, asked),
                "q": asked["q"],
                "nobody": NOBODY,
            }
            return render(request, "phones/choose_person.html", context)
        to = (request.POST if request.method == "POST" else request.GET).get("to", "")
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            history.give_reason(form.cleaned_data["reason"])

        def done(plan: Plan) -> HttpResponse:
            for change in plan.changes:
                what = {
                    "phone": change.title,
                    "name": change.after.name if change.after else "",
                }
                said = (
                    _("%(phone)s is %(name)s’s now. Restart it.")
                    if change.after
                    else _("%(phone)s is free now. Restart it.")
                )
                messages.success(request, said % what)
            return redirect(back)

        return confirm_moves(
            request,
            account_id=phone.account_id,
            moves=[Move(phone.pk, parse_person(to))],
            fields={"to": to},
            done=done,
            form=form,
            **context,
        )

    def _choose_account(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        q = parse_query(Filters(request.GET))["q"]
        keys = find_keys(Account, q) if q else []
        accounts = (
            Account.objects.filter(pk__any=keys[:50])
            .exclude(pk=phone.account_id)
            .order_by("name", "pk")
        )
        context = {
            "phone": phone,
            "q": q,
            "accounts": accounts,
            "more": len(keys) > 50,
            "back": self.get_url_of_row(phone.pk),
        }
        return render(request, "admin/choose_account.html", site.each_context(request) | context)


def find_account(key: str) -> Account | None:
    """Return the account with a key from a request, or None."""
    return (
        Account.objects.filter(pk=key).first()
        if re.fullmatch(KeyConverter.regex, key, re.ASCII)
        else None
    )


@admin.register(PhoneModel, site=site)
class PhoneModelRegister(Register):
    """Models of desk phone, shared by all accounts; Django admin's own form edits nothing else."""

    section, place = gettext_lazy("Catalog"), 10
    list_display = ["name", "family"]
    fields = ["family", "name"]

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        return cast(User, request.user).may_act

    def has_change_permission(self, request: HttpRequest, *args: object) -> bool:
        return cast(User, request.user).may_act


@admin.register(Restart, site=site)
class RestartRegister(Register):
    """Requests to restart: who asked which phone, and what it answered (R34)."""

    list_display = ["at", "phone", "account", "by", "answer"]
    list_select_related = ["phone", "account", "by"]
    list_filter = [make_key_filter(gettext_lazy("phone"), "phone", Phone)]
    fields = ["at", "phone", "account", "by", "answer"]
    searched, searched_by, search_help_text = Phone, "phone__id", WORDS


@admin.register(Fetch, site=site)
class FetchRegister(Register):
    """Fetches: which phone got its configuration, and from where (R32)."""

    list_display = ["last_at", "phone", "account", "sender", "times", "first_at"]
    list_select_related = ["phone", "account"]
    list_filter = [make_key_filter(gettext_lazy("phone"), "phone", Phone)]
    fields = ["phone", "account", "sender", "first_at", "last_at", "times"]
    searched, searched_by, search_help_text = Phone, "phone__id", WORDS
