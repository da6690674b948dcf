"""Show support staff phones of both kinds, and let them act on a phone (R35, R36, R38)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from phones import assignment, lifecycle, line, restarts
from phones import support_questions as questions
from phones.assignment_views import NOBODY, confirm_moves, find_people, parse_person
from phones.forms import DeviceForm
from phones.models import Fetch, Kind, Phone, PhoneModel, Restart
from phones.plans import Move, Plan
from users.access import KeyConverter, parse_query
from users.models import Account, User
from users.support.acting import Question, ReasonForm, act, ask
from users.support.lists import find_keys, make_choice_filter, make_key_filter
from users.support.register import Register
from users.support.site import site
from users.tenancy import history, scope
from users.tenancy.listing import Filters

WORDS = gettext_lazy("The phone’s MAC address in any notation, label, model, person or extension")


class DeviceAndReasonForm(ReasonForm, DeviceForm):
    """Ask which device it is, and why."""


class MoveForm(ReasonForm):
    """Ask to which account, and why."""

    to = forms.ModelChoiceField(Account.objects.all(), widget=forms.HiddenInput)
    reason_help = gettext_lazy("Both accounts read it in their Activity.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].help_text = self.reason_help


def is_in_use(phone: Phone) -> bool:
    """Tell whether a phone has not been removed."""
    return phone.retired_at is None


@admin.register(Phone, site=site)
class PhoneRegister(Register):
    """Phones of both kinds, including removed ones."""

    list_display = [
        "mac_shown",
        "model_name",
        "label",
        "kind",
        "assigned_to",
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
        make_key_filter(gettext_lazy("account"), "account", Account),
    ]
    fields = [
        "account",
        "kind",
        "model",
        "mac_shown",
        "label",
        "assigned_to",
        "line_1",
        "current_address",
        "created_at",
        "fetched_at",
        "retired_at",
    ]
    searched, searched_by = Phone, "pk"
    search_help_text = gettext_lazy(
        "MAC address in any notation, label, model, person or extension"
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Phone]:
        return super().get_queryset(request).defer("search")

    @admin.display(description=gettext_lazy("MAC address"))
    def mac_shown(self, phone: Phone) -> str:
        return phone.mac_shown

    @admin.display(description=gettext_lazy("line 1"))
    def line_1(self, phone: Phone) -> str:
        """Return the state of its line, in the words of the account's page (R34)."""
        state = line.load_states(phone.account_id, [phone.pk])[phone.pk]
        known = {
            _("off"): state.free,
            _("registered"): state.registered,
            _("not registered"): state.unregistered,
            _("needs restart"): state.needs_restart,
        }
        return ", ".join(words for words, holds in known.items() if holds) or _("not known now")

    @admin.display(description=gettext_lazy("fetched its configuration"))
    def fetched_at(self, phone: Phone) -> Any:
        return phone.fetched_at

    def links(self, row: Phone) -> Iterator[tuple[str, str]]:
        yield _("Activity"), self.activity_of(row.account_id, phone=row.pk)
        yield _("Account’s pages"), reverse("admin:users_account_visit", args=[row.account_id])
        for label, name in (
            (_("Addresses"), "e911_emergencyaddress"),
            (_("Restarts"), "phones_restart"),
            (_("Fetches"), "phones_fetch"),
        ):
            yield label, reverse(f"admin:{name}_changelist") + f"?phone={row.pk}"

    def accounts_of(self, request: HttpRequest, row: Phone) -> set[int]:
        to = _account(request.POST.get("to", "")) if request.path.endswith("/move/") else None
        return {row.account_id} | ({to.pk} if to else set())

    # --- acts ---

    @act(gettext_lazy("Assign"), when=lambda phone: is_in_use(phone) and phone.kind == Kind.USER)
    def assign(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Assign it, with the choice, confirmations and rule of the account's own page (R36)."""
        scope.enter(account_id=phone.account_id)
        back = self.url_of(phone)
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
            history.add_context(reason=form.cleaned_data["reason"])

        def done(plan: Plan) -> HttpResponse:
            for change in plan.changes:
                what = {"phone": change.title, "name": change.after.name if change.after else ""}
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

    @act(gettext_lazy("Restart"), when=is_in_use, waits=True)
    def restart(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Ask it to fetch its configuration again and restart (R34)."""

        def do() -> SafeString:
            outcomes = restarts.request_restarts([phone], by=cast(User, request.user))
            return mark_safe(render_to_string("phones/_restarts.html", {"outcomes": outcomes}))

        question = questions.ask_to_restart(phone)
        return self._ask(request, phone, question, do)

    @act(gettext_lazy("Correct"), when=is_in_use)
    def correct(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Correct a model or MAC address that was entered wrongly (R38)."""

        def do(**device: Any) -> str:
            lifecycle.correct_phone(phone, **device)
            return _("Corrected %(phone)s.") % {"phone": phone}

        question = questions.ask_to_correct(phone)
        initial = {"mac": phone.mac_shown, "model": phone.model_id}
        return self._ask(
            request, phone, question, do, DeviceAndReasonForm(request.POST or None, initial=initial)
        )

    @act(gettext_lazy("Replace"), when=is_in_use)
    def replace(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Put another device in a broken one's place (R38)."""

        def do(**device: Any) -> str:
            new = lifecycle.replace_phone(phone, **device)
            return _("Replaced. Now connect the new phone, %(phone)s.") % {"phone": new}

        question = questions.ask_to_replace(phone, questions.plan_unassigning(phone))
        form = DeviceAndReasonForm(request.POST or None, initial={"model": phone.model_id})
        return self._ask(request, phone, question, do, form)

    @act(gettext_lazy("Move to another account"), when=is_in_use)
    def move(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Retire it here and add it to the other account (R38)."""
        asked = (request.POST if request.method == "POST" else request.GET).get("to")
        if asked is None:
            return self._choose_account(request, phone)
        to = _account(asked)
        if to is None:
            raise Http404
        if to.pk == phone.account_id:
            messages.warning(request, _("It is of this account already."))
            return redirect(self.url_of(phone))
        plan = questions.plan_unassigning(phone)

        def do(to: Account) -> str:
            lifecycle.move_phone(phone, account_id=to.pk, seen=plan.seen)
            return _("%(phone)s is of %(account)s now. Connect it there.") % {
                "phone": phone,
                "account": to,
            }

        question = questions.ask_to_move(phone, to, plan)
        form = MoveForm(request.POST or None, initial={"to": to.pk})
        return self._ask(request, phone, question, do, form)

    @act(gettext_lazy("Change kind"), when=is_in_use)
    def kind(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Turn a person's phone into a place's, or back: retire it and add it again (R38)."""
        plan = questions.plan_unassigning(phone)

        def do() -> str:
            new = lifecycle.change_kind(phone, seen=plan.seen)
            return _("%(phone)s is a %(kind)s now. Connect it.") % {
                "phone": new,
                "kind": new.get_kind_display().lower(),
            }

        question = questions.ask_to_change_kind(phone, plan)
        return self._ask(request, phone, question, do)

    @act(gettext_lazy("Remove"), when=is_in_use)
    def remove(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Take it out of the account (R38)."""
        plan = questions.plan_unassigning(phone)

        def do() -> str:
            lifecycle.remove_phone(phone, seen=plan.seen)
            return _("Removed %(phone)s.") % {"phone": phone}

        question = questions.ask_to_remove(phone, plan)
        return self._ask(request, phone, question, do)

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
            "back": self.url_of(phone),
        }
        return render(request, "admin/choose_account.html", site.each_context(request) | context)

    def _ask(
        self,
        request: HttpRequest,
        phone: Phone,
        question: Question,
        do: Any,
        form: ReasonForm | None = None,
    ) -> HttpResponse:
        def told(**answers: Any) -> str:
            try:
                return do(**answers)
            except assignment.AssignmentRefused as refusal:
                raise ValidationError(str(refusal)) from refusal

        return ask(
            request,
            question,
            form=form or ReasonForm(request.POST or None),
            do=told,
            back=self.url_of(phone),
            account_id=phone.account_id,
        )


def _account(key: str) -> Account | None:
    """Return the account with a key from a request, or None."""
    return (
        Account.objects.filter(pk=key).first()
        if re.fullmatch(KeyConverter.regex, key, re.ASCII)
        else None
    )


@admin.register(PhoneModel, site=site)
class PhoneModelRegister(Register):
    """Models of desk phone, shared by all accounts; Django admin's own form edits nothing else."""

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
