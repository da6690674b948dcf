"""Set a phone's emergency address: type or paste, check, review its reading, store it (R27–R30).

Administrators do this in a dialog on their list, support staff in Django admin, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from e911 import records, tokens
from e911.addresses import checks, parsing
from e911.addresses.civic import CivicAddress
from e911.addresses.reading import Reading
from e911.forms import AddressForm, PasteForm, build_initial_values
from e911.judging import judge_address
from e911.models import EmergencyAddress, Status
from e911.providers import get_provider
from phones.acts import groups
from phones.acts.facts import facts_of, refuse_if_removed
from phones.models import Phone
from users.acting import Act, ActRefused, Audience, make_seen
from users.models import User
from users.refusals import REFUSALS as REFUSALS_OF_FORMS
from users.request_keys import Answer, KeyReused, carry_out_once, find_repeat


class SetAddress(Act[Phone]):
    """Set the address that a dispatcher gets. It takes several pages, so it answers by itself."""

    name, label, icon = "address", gettext_lazy("Set E911 address"), "map-pin"
    group = groups.PLACE

    def is_offered(self, row: Phone, by: User) -> bool:
        return row.retired_at is None

    def answer(self, request: HttpRequest, key: int, audience: Audience) -> HttpResponse:
        return AddressDialog(request, key, audience).answer()


class _CheckAddress(SetAddress):
    """All pages before the last. A check may ask the provider, and no one must wait for that."""

    is_quick = False


SET, CHECK = SetAddress(), _CheckAddress()


class _Changed(Exception):
    """The phone, its user or its addresses aren't what the page said."""


class _ReasonMissing(Exception):
    """What this audience is asked besides isn't answered."""

    def __init__(self, form: forms.Form) -> None:
        super().__init__()
        self.form = form


class AddressDialog:
    """One request to the pages of a phone's address."""

    phone: Phone

    def __init__(self, request: HttpRequest, key: int, audience: Audience) -> None:
        self.request, self.key, self.audience = request, key, audience
        self.sent: Any = request.POST
        self.account_of_keys = audience.get_account_of_keys(request)

    def answer(self) -> HttpResponse:
        """Show the page that is asked for, or store what was chosen."""
        if self.sent.get("chosen") or self.sent.get("do") == "retry":
            # A repeat is answered whatever has become of the phone since.
            if earlier := find_repeat(self.request, account_id=self.account_of_keys):
                return self.audience.respond(self.request, self.key, earlier)
            try:
                return self._store() if self.sent.get("chosen") else self._retry()
            except ActRefused as refusal:
                return self._show_refusal(refusal)
        self.phone = self.audience.find(self.request, CHECK, self.key)
        if self.phone.retired_at:
            raise Http404
        with self.audience.within(self.phone):
            return self._show()

    def _show(self) -> HttpResponse:
        if self.request.method != "POST":
            return self._begin()
        if self.sent.get("reading"):
            return self._take_reading(self.sent["reading"])
        if self.sent.get("do") == "fill" or self._has_unread_paste():
            return self._fill()
        if self.sent.get("do") == "change":
            paste = PasteForm(self.sent if self.sent.get("whole") else None)
            return self._ask(AddressForm(initial=self.sent.dict()), paste=paste)
        return self._check(AddressForm(self.sent))

    def _has_unread_paste(self) -> bool:
        """Tell whether a whole address was pasted, and sent without having the fields filled in.

        The fields may still hold the former address, which must not be checked in its place.
        """
        whole = self.sent.get("whole", "").strip()
        return self.sent.get("do") == "check" and whole not in (
            "",
            self.sent.get("read", "").strip(),
        )

    def _begin(self, **further: Any) -> HttpResponse:
        """Ask for an address, beginning with the one that waits or is in force."""
        waiting = self.phone.addresses.filter(is_open=True).first()
        latest = waiting or self.phone.current_address
        form = AddressForm(
            initial=build_initial_values(records.build_civic_address(latest)) if latest else {}
        )
        seen = _seen_waiting(self.phone, waiting)
        return self._ask(form, waiting=waiting, seen=seen, **further)

    def _ask(self, form: AddressForm, **further: Any) -> HttpResponse:
        context = {"form": form, "paste": PasteForm(), "provider": get_provider()} | further
        wrong = "findings" in further or "further" in further
        status = 409 if further.get("changed") else 422 if wrong else 200
        return self._render("e911/address.html", context, status=status)

    def _render(self, template: str, context: dict[str, Any], *, status: int) -> HttpResponse:
        """Show a page, with what this audience is asked before anything is stored."""
        around = self.audience.build_context(
            self.request, self.key, is_stale=bool(context.get("changed"))
        )
        shared = {
            "phone": self.phone,
            "here": self.audience.get_url(SET.name, self.key),
            "further": self.audience.build_form(SET, self.phone, None),
        }
        return render(self.request, template, around | shared | context, status=status)

    def _fill(self) -> HttpResponse:
        """Read a pasted address into the fields, for the person to review.

        What makes it no address at all, such as a PO box, is said here: the fields would not have
        it.
        """
        paste = PasteForm(self.sent)
        whole = self.sent.get("whole", "")
        reading = parsing.read_text(whole)
        if reading.verdict == "choose":
            return self._choose(reading, whole=whole, typed=f"whole: {whole}")
        fields = build_initial_values(reading.address)
        if reading.verdict == "accepted":
            form = AddressForm(initial=fields)
            return self._ask(form, paste=paste, pasted=True, set_aside=reading.set_aside)
        form = AddressForm(initial=self.sent.dict())
        if checks.is_visible_in_fields(reading.address):
            form = AddressForm(fields | {"whole": whole})
            form.show_findings(reading.findings)
        else:
            paste.show_findings(tuple(replace(each, field="whole") for each in reading.findings))
        return self._ask(
            form,
            paste=paste,
            findings=reading.findings,
            steps=checks.recommend_steps(reading.findings),
            set_aside=reading.set_aside,
        )

    def _check(self, form: AddressForm) -> HttpResponse:
        """Show how the fields were understood; two readings are shown as two."""
        reading, whole = form.read_fields(), self.sent.get("whole", "")
        if reading.verdict == "choose" and form.is_valid():
            return self._choose(reading, whole=whole, typed=form.typed_text)
        pasted = parsing.read_text(whole).set_aside if whole else ()
        set_aside = tuple(dict.fromkeys((*pasted, *reading.set_aside)))
        return self._review(form, reading.address, typed=form.typed_text, set_aside=set_aside)

    def _choose(self, reading: Reading, *, whole: str, typed: str) -> HttpResponse:
        """Show two readings of a text, the difference marked; choose none of them unasked (R29)."""
        one, other = reading.addresses
        choices = [
            {
                "difference": parsing.compare_texts(against.standardised, address.standardised),
                "address": address,
                "token": tokens.sign_address(
                    self.key,
                    address,
                    salt=tokens.READING,
                    typed=typed,
                    whole=whole,
                    set_aside=reading.set_aside,
                ),
            }
            for address, against in ((one, other), (other, one))
        ]
        context = {
            "choices": choices,
            "set_aside": reading.set_aside,
            "whole": whole,
            "fields": {name: self.sent.get(name, "") for name in parsing.FIELDS},
        }
        return self._render("e911/choose.html", context, status=200)

    def _take_reading(self, token: str) -> HttpResponse:
        """Show the reading that the person chose of two, to be stored."""
        try:
            value, understood = tokens.open_token(self.key, token, salt=tokens.READING)
        except ValueError as error:
            raise BadRequest(
                _("reading: this address wasn’t offered for this phone. Enter it again.")
            ) from error
        form = AddressForm(build_initial_values(understood) | {"whole": value["whole"]})
        set_aside = tuple(value["set_aside"])
        return self._review(form, understood, typed=value["typed"], set_aside=set_aside)

    def _review(
        self,
        form: AddressForm,
        understood: CivicAddress,
        *,
        typed: str,
        set_aside: tuple[str, ...] = (),
        **meanwhile: Any,
    ) -> HttpResponse:
        """Show an address as it was understood, to be stored; or what is wrong with it."""
        judged = judge_address(understood, ask_provider=form.is_valid())
        refused = judged.is_refused or not form.is_valid()
        findings, suggestion = judged.findings, judged.suggestion
        context = {
            "facts": facts_of(self.phone),
            "form": form,
            "paste": PasteForm(self.sent if self.sent.get("whole") else None),
            "provider": get_provider(),
            "findings": findings,
            "steps": checks.recommend_steps(findings) if refused else (),
            "words": judged.words,
            "understood": understood,
            "set_aside": set_aside,
            "whole": form.data.get("whole", ""),
            "mine": self._sign(understood, typed),
            "suggestion": suggestion,
            "suggested": self._sign(suggestion, typed) if suggestion else "",
            "difference": parsing.compare_texts(understood.standardised, suggestion.standardised)
            if suggestion
            else (),
        }
        if refused:
            form.show_findings(findings)
            return self._render("e911/address.html", context, status=422)
        status = 409 if "changed" in meanwhile else 422 if meanwhile else 200
        return self._render("e911/understood.html", context | meanwhile, status=status)

    def _store(self) -> HttpResponse:
        """Store exactly what the person saw and picked."""
        try:
            value, understood = tokens.open_token(
                self.key, self.sent["chosen"], salt=tokens.ADDRESS
            )
            if not checks.is_accepted(checks.check_address(understood)):
                raise ValueError
        except ValueError as error:
            raise BadRequest(
                _("chosen: this address wasn’t offered for this phone. Enter it again.")
            ) from error

        def store(by: User) -> EmergencyAddress:
            if value["seen"] != _seen(self.phone):
                raise _Changed
            return records.set_address(
                phone=self.phone, address=understood, typed=value["typed"], by=by
            )

        def ask_again(**why: Any) -> HttpResponse:
            form = AddressForm(build_initial_values(understood))
            return self._review(form, understood, typed=value["typed"], **why)

        return self._carry_out(store, ask_again)

    def _retry(self) -> HttpResponse:
        """Ask the provider once more about a pending or refused address."""
        if not self.sent.get("seen"):
            raise BadRequest(_("seen: this confirmation is incomplete. Open it again."))

        def retry(by: User) -> EmergencyAddress:
            waiting = self.phone.addresses.filter(is_open=True).first()
            if waiting is None or self.sent["seen"] != _seen_waiting(self.phone, waiting):
                raise _Changed
            version = records.try_again(phone=self.phone, by=by)
            assert version is not None
            return version

        return self._carry_out(retry, self._begin)

    def _carry_out(
        self, do: Callable[[User], EmergencyAddress], ask_again: Callable[..., HttpResponse]
    ) -> HttpResponse:
        """Do it once, in the scope of the phone's account, or show why not and ask again."""

        def within() -> Answer:
            self.phone = self.audience.find(self.request, SET, self.key)
            with self.audience.within(self.phone):
                refuse_if_removed(self.phone)
                further = self.audience.build_form(SET, self.phone, self.sent)
                if not further.is_valid():
                    raise _ReasonMissing(further)
                self.audience.record_reason(dict(further.cleaned_data))
                assert isinstance(self.request.user, User)
                return _told(self.phone, do(self.request.user))

        try:
            stored = carry_out_once(self.request, account_id=self.account_of_keys, do=within)
        except (_Changed, KeyReused, _ReasonMissing) as reason:
            self.phone = self.audience.find(self.request, CHECK, self.key)
            with self.audience.within(self.phone):
                return ask_again(**_tell_why(reason))
        return self.audience.respond(self.request, self.key, stored)

    def _sign(self, address: CivicAddress, typed: str) -> str:
        return tokens.sign_address(
            self.key, address, salt=tokens.ADDRESS, typed=typed, seen=_seen(self.phone)
        )

    def _show_refusal(self, refusal: ActRefused) -> HttpResponse:
        around = self.audience.build_context(self.request, self.key, is_stale=True)
        reason = str(refusal.reason) % refusal.facts
        refused = {"title": _("E911 address"), "reason": reason, "code": refusal.code}
        return render(self.request, "phones/refused.html", around | refused, status=422)


def _tell_why(reason: Exception) -> dict[str, Any]:
    """Return what pages need to say why nothing was done."""
    if isinstance(reason, _ReasonMissing):
        return {"further": reason.form}
    was_sent = REFUSALS_OF_FORMS["form_sent"] if isinstance(reason, KeyReused) else None
    return {"changed": True, "was_sent": was_sent}


def _seen(phone: Phone) -> str:
    """Return a hash of what the page about a phone's new address shows of it."""
    facts = facts_of(phone)
    shown = ("key", "model", "mac", "label", "name", "ext", "address", "waiting")
    return make_seen({name: facts[name] for name in shown})


def _seen_waiting(phone: Phone, version: EmergencyAddress | None) -> str:
    """Return a hash of the address that waits or was refused, and of the phone it's for."""
    waiting = [version.pk, version.status] if version else []
    return make_seen({"phone": _seen(phone), "waiting": waiting})


def _told(phone: Phone, version: EmergencyAddress) -> Answer:
    """Describe the state of a version that was just set, and no more (R30)."""
    names = {"phone": phone.title, "address": version, "provider": get_provider().name}
    if version.status == Status.ACCEPTED:
        said = _("Saved. The E911 address of %(phone)s is %(address)s. Only its form was checked.")
    else:
        said = _(
            "%(address)s is waiting for %(provider)s. Until it’s accepted, %(phone)s keeps its"
            " previous E911 address, if it had one."
        )
    return Answer(format_html("<p>{}</p>", said % names), rows=(phone.pk,))
