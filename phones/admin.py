"""Show support staff phones of both kinds, and let them act on a phone (R35, R36, R38)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

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
from phones.assignment import Move
from phones.assignment_views import NOBODY, confirm_moves, find_people, parse_person
from phones.forms import DeviceForm
from phones.models import Fetch, Kind, Phone, PhoneModel, Restart
from users.access import KeyConverter, parse_query
from users.models import Account
from users.support.acting import Question, ReasonForm, act, ask
from users.support.lists import find_keys, make_choice_filter, make_key_filter
from users.support.register import Register
from users.support.site import site
from users.tenancy import history, scope
from users.tenancy.listing import Filters

WORDS = gettext_lazy("The phone’s MAC address in any notation, label, model, person or extension")


class DeviceAndReasonForm(ReasonForm, DeviceForm):
    """Which device it is, and why."""


class MoveForm(ReasonForm):
    """To which account, and why."""

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
    """Phones of both kinds, those that were removed included."""

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
        """Return how its line is doing, as the row of the account's page says it (R34)."""
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

        def done(plan: assignment.Plan) -> HttpResponse:
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
        """Asking it to fetch its configuration anew (R34)."""

        def do() -> SafeString:
            outcomes = restarts.request_restarts([phone], by=request.user)
            return mark_safe(render_to_string("phones/_restarts.html", {"outcomes": outcomes}))

        question = Question(
            title=_("Restart %(phone)s?") % {"phone": phone},
            button=_("Restart phone"),
            consequences=[_("A call in progress goes on first.")],
            dangers=[_("While it restarts, for a minute or two, it cannot call, 911 included.")],
        )
        return self._ask(request, phone, question, do)

    @act(gettext_lazy("Correct"), when=is_in_use)
    def correct(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """A model or MAC address that was entered wrongly (R38)."""

        def do(**device: Any) -> str:
            lifecycle.correct_phone(phone, **device)
            return _("Corrected %(phone)s.") % {"phone": phone}

        question = Question(
            title=_("Correct %(phone)s") % {"phone": phone},
            button=_("Save correction"),
            consequences=[_("Person, label and E911 address stay.")],
            facts=[phone.mac, phone.model_id, phone.fetched_at],
        )
        initial = {"mac": phone.mac_shown, "model": phone.model_id}
        return self._ask(
            request, phone, question, do, DeviceAndReasonForm(request.POST or None, initial=initial)
        )

    @act(gettext_lazy("Replace"), when=is_in_use)
    def replace(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Another device in a broken one's place (R38)."""

        def do(**device: Any) -> str:
            new = lifecycle.replace_phone(phone, **device)
            return _("Replaced. Now connect the new phone, %(phone)s.") % {"phone": new}

        what, plan = _what(phone), self._unassigning(phone)
        dangers, consequences = (
            [],
            [_("The phone with MAC %(mac)s is removed. The new one gets its label.") % what],
        )
        if phone.assigned_to:
            consequences.append(_("It is %(name)s’s, %(ext)s, and so will be the new one.") % what)
            dangers.append(
                _(
                    "The SIP credentials of %(name)s change. Until the new phone has started with "
                    "its configuration,"
                    " %(name)s cannot call from a desk phone, 911 included."
                )
                % what
            )
        if phone.current_address:
            consequences.append(
                _("The E911 address, %(address)s, passes on to the new one.") % what
            )
        question = Question(
            title=_("Replace %(phone)s") % what,
            button=_("Replace phone"),
            consequences=consequences,
            dangers=dangers,
            facts=[phone.label, plan.seen],
        )
        form = DeviceAndReasonForm(request.POST or None, initial={"model": phone.model_id})
        return self._ask(request, phone, question, do, form)

    @act(gettext_lazy("Move to another account"), when=is_in_use)
    def move(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Retiring it, and making it anew where it is now (R38)."""
        asked = (request.POST if request.method == "POST" else request.GET).get("to")
        if asked is None:
            return self._choose_account(request, phone)
        to = _account(asked)
        if to is None:
            raise Http404
        if to.pk == phone.account_id:
            messages.warning(request, _("It is of this account already."))
            return redirect(self.url_of(phone))
        plan = self._unassigning(phone)

        def do(to: Account) -> str:
            lifecycle.move_phone(phone, account_id=to.pk, seen=plan.seen)
            return _("%(phone)s is of %(account)s now. Connect it there.") % {
                "phone": phone,
                "account": to,
            }

        loses, dangers = _lost(phone)
        what = _what(phone) | {"account": to, "from": phone.account}
        question = Question(
            title=_("Move %(phone)s from %(from)s to %(account)s?") % what,
            button=_("Move phone"),
            dangers=dangers,
            consequences=[
                *loses,
                _("%(from)s keeps the record of it as a phone that was removed.") % what,
                _(
                    "%(account)s gets a new record with this model, MAC address and kind, and "
                    "sees nothing of the past."
                )
                % what,
            ],
            facts=[plan.seen, to.pk, phone.label, phone.kind],
        )
        form = MoveForm(request.POST or None, initial={"to": to.pk})
        return self._ask(request, phone, question, do, form)

    @act(gettext_lazy("Change kind"), when=is_in_use)
    def kind(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """From a person's phone to a place's, or back: retired, and made anew (R38)."""
        plan = self._unassigning(phone)

        def do() -> str:
            new = lifecycle.change_kind(phone, seen=plan.seen)
            return _("%(phone)s is a %(kind)s now. Connect it.") % {
                "phone": new,
                "kind": new.get_kind_display().lower(),
            }

        loses, dangers = _lost(phone)
        to_common = phone.kind == Kind.USER
        title = (
            _("Make %(phone)s a common-area phone?")
            if to_common
            else _("Make %(phone)s a user phone?")
        )
        question = Question(
            title=title % _what(phone),
            button=_("Change kind"),
            dangers=dangers,
            consequences=[
                *loses,
                _(
                    "This record stays as a phone that was removed. The new one has this model, "
                    "MAC address and label."
                ),
                _("A common-area phone is nobody’s, and is not on User phones.")
                if to_common
                else _("The new one is free. It can be assigned on User phones."),
            ],
            facts=[plan.seen, phone.label],
        )
        return self._ask(request, phone, question, do)

    @act(gettext_lazy("Remove"), when=is_in_use)
    def remove(self, request: HttpRequest, phone: Phone) -> HttpResponse:
        """Taking it out of the account (R38)."""
        plan = self._unassigning(phone)

        def do() -> str:
            lifecycle.remove_phone(phone, seen=plan.seen)
            return _("Removed %(phone)s.") % {"phone": phone}

        loses, dangers = _lost(phone)
        question = Question(
            title=_("Remove %(phone)s?") % _what(phone),
            button=_("Remove phone"),
            dangers=dangers,
            consequences=[
                *loses,
                _("It leaves the account’s list. What happened with it stays on record."),
            ],
            facts=[plan.seen, phone.label],
        )
        return self._ask(request, phone, question, do)

    def _unassigning(self, phone: Phone) -> assignment.Plan:
        """Return the plan that makes it nobody's; it stands for the person's credentials too."""
        if phone.kind == Kind.COMMON:
            return assignment.Plan(moves=(), changes=())
        return assignment.plan(account_id=phone.account_id, moves=[Move(phone.pk, None)])

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
    """Return the account with the key that somebody sent, if there is one."""
    return (
        Account.objects.filter(pk=key).first()
        if re.fullmatch(KeyConverter.regex, key, re.ASCII)
        else None
    )


def _what(phone: Phone) -> dict[str, Any]:
    """Return what sentences name of a phone."""
    user = phone.assigned_to
    return {
        "phone": phone,
        "mac": phone.mac_shown,
        "name": user,
        "ext": user.ext if user else "",
        "address": phone.current_address,
    }


def _lost(phone: Phone) -> tuple[list[str], list[str]]:
    """Return what goes when a record is retired: consequences, and those that endanger somebody."""
    what, dangers, loses = _what(phone), [], []
    if phone.assigned_to:
        dangers.append(
            _(
                "It is %(name)s’s, %(ext)s. It can no longer make or receive calls, 911 included,"
                " and %(name)s will have no desk phone."
            )
            % what
        )
        loses.append(
            _("The SIP credentials of %(name)s change. Apps and softphones keep working.") % what
        )
    if phone.current_address:
        dangers.append(_("Its E911 address, %(address)s, is withdrawn at the provider.") % what)
    for waiting in phone.addresses.filter(status="pending"):
        loses.append(
            _("The E911 address that waits, %(address)s, is withdrawn.") % {"address": waiting}
        )
    loses.append(
        _("It can no longer fetch its configuration. To be used again it must be connected anew.")
    )
    return loses, dangers


@admin.register(PhoneModel, site=site)
class PhoneModelRegister(Register):
    """Models of desk phone, shared by all accounts; Django admin's own form edits nothing else."""

    list_display = ["name", "family"]
    fields = ["family", "name"]

    def has_add_permission(self, request: HttpRequest, *args: object) -> bool:
        return request.user.may_act

    def has_change_permission(self, request: HttpRequest, *args: object) -> bool:
        return request.user.may_act


@admin.register(Restart, site=site)
class RestartRegister(Register):
    """Who asked which phone to restart, and what it answered (R34)."""

    list_display = ["at", "phone", "account", "by", "answer"]
    list_select_related = ["phone", "account", "by"]
    list_filter = [make_key_filter(gettext_lazy("phone"), "phone", Phone)]
    fields = ["at", "phone", "account", "by", "answer"]
    searched, searched_by, search_help_text = Phone, "phone__id", WORDS


@admin.register(Fetch, site=site)
class FetchRegister(Register):
    """Which phone fetched its configuration, from where (R32)."""

    list_display = ["last_at", "phone", "account", "sender", "times", "first_at"]
    list_select_related = ["phone", "account"]
    list_filter = [make_key_filter(gettext_lazy("phone"), "phone", Phone)]
    fields = ["phone", "account", "sender", "first_at", "last_at", "times"]
    searched, searched_by, search_help_text = Phone, "phone__id", WORDS
