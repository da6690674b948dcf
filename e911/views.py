"""The address dialog: type or paste, check, review the parsed address, store it (R27 to R30)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core import signing
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from e911 import records
from e911.addresses import checks, parsing
from e911.addresses.civic import CivicAddress
from e911.forms import AddressForm, PasteForm, build_initial_values
from e911.models import EmergencyAddress, Status
from e911.providers import Misconfigured, Unavailable, get_provider
from e911.refusals import REFUSALS
from phones.answers import answer_with_phones, get_phone
from phones.models import Phone
from users.access import AdministratorRequest

SALT = "e911.address"
HOURS = 3600


@require_http_methods(["GET", "POST"])
def address(request: AdministratorRequest, key: int) -> HttpResponse:
    """Add or update a phone's emergency address."""
    # Only these two lock the account: a check may ask the provider, and no one must wait for that.
    changes = bool(request.POST.get("chosen")) or request.POST.get("do") == "retry"
    phone = get_phone(request, key, changes=changes)
    if request.method == "GET":
        waiting = phone.addresses.filter(is_open=True).first()
        latest = waiting or phone.current_address
        form = AddressForm(
            initial=build_initial_values(records.build_civic_address(latest)) if latest else {}
        )
        return _ask(request, phone, form, waiting=waiting)
    if request.POST.get("chosen"):
        return _store(request, phone, request.POST["chosen"])
    if request.POST.get("do") == "fill":
        return _fill(request, phone)
    if request.POST.get("do") == "retry":
        return _retry(request, phone)
    if request.POST.get("do") == "change":
        return _ask(request, phone, AddressForm(initial=request.POST.dict()))
    return _check(request, phone, AddressForm(request.POST))


def _ask(
    request: AdministratorRequest, phone: Phone, form: AddressForm, **further: Any
) -> HttpResponse:
    context = {
        "phone": phone,
        "form": form,
        "paste": PasteForm(),
        "provider": get_provider(),
    } | further
    return render(
        request, "e911/address.html", context, status=422 if further.get("findings") else 200
    )


def _fill(request: AdministratorRequest, phone: Phone) -> HttpResponse:
    """Parse a pasted address into the fields, for the person to review."""
    paste = PasteForm(request.POST)
    if not paste.is_valid():
        return _unread(request, phone, paste, checks.check_address(parsing.parse_address("")))
    understood = parsing.parse_address(paste.cleaned_data["whole"])
    if unread := tuple(f for f in checks.check_address(understood) if f.code in checks.UNREAD):
        return _unread(request, phone, paste, unread)
    return _ask(
        request,
        phone,
        AddressForm(initial=build_initial_values(understood)),
        paste=paste,
        pasted=True,
    )


def _unread(
    request: AdministratorRequest,
    phone: Phone,
    paste: PasteForm,
    findings: tuple[checks.Finding, ...],
) -> HttpResponse:
    """Say why a pasted text couldn't be read, and keep everything as typed."""
    form = AddressForm(initial=request.POST.dict())
    return _ask(
        request, phone, form, paste=paste, findings=findings, steps=checks.recommend_steps(findings)
    )


def _check(request: AdministratorRequest, phone: Phone, form: AddressForm) -> HttpResponse:
    understood = form.parse_address()
    findings = checks.check_address(understood)
    suggestion, words = checks.suggest_correction(understood), ""
    refused = not form.is_valid() or not checks.is_accepted(findings)
    if not refused and get_provider().verifies:
        try:
            answer = get_provider().validate(understood)
        except (Unavailable, Misconfigured):
            pass  # the address waits as pending then, and the worker asks again
        else:
            words, suggestion = answer.words, answer.suggestion or suggestion
            if answer.verdict == "invalid":
                refused = True
                refusal = REFUSALS[checks.NOT_FOUND]
                sentence = str(refusal.sentence) % {"provider": get_provider().name}
                findings = (
                    *findings,
                    checks.Finding(checks.NOT_FOUND, refusal.field, sentence),
                )
    offered = (
        suggestion if suggestion and checks.is_accepted(checks.check_address(suggestion)) else None
    )
    context = {
        "phone": phone,
        "form": form,
        "provider": get_provider(),
        "findings": findings,
        "steps": checks.recommend_steps(findings) if refused else (),
        "words": words,
        "understood": understood,
        "mine": _signed(phone, understood, form.typed_text),
        "suggestion": offered,
        "suggested": _signed(phone, offered, form.typed_text) if offered else "",
        "difference": parsing.compare_texts(understood.standardised, offered.standardised)
        if offered
        else (),
    }
    if refused:
        form.show_findings(findings)
        return render(request, "e911/address.html", context | {"paste": PasteForm()}, status=422)
    return render(request, "e911/understood.html", context)


def _store(request: AdministratorRequest, phone: Phone, chosen: str) -> HttpResponse:
    """Store exactly what the person saw and picked."""
    try:
        value = signing.loads(chosen, salt=SALT, max_age=12 * HOURS)
        understood = CivicAddress(**value["address"])
        if value["phone"] != phone.pk or not checks.is_accepted(checks.check_address(understood)):
            raise ValueError
    except (signing.BadSignature, ValueError, TypeError, KeyError) as error:
        raise BadRequest(
            _("chosen: this address was not offered for this phone. Enter it again.")
        ) from error
    version = records.set_address(
        phone=phone, address=understood, typed=value["typed"], by=request.user
    )
    return answer_with_phones(request, [phone.pk], _told(phone, version))


def _told(phone: Phone, version: EmergencyAddress) -> str:
    """Describe the state of a version that was just set, and no more (R30)."""
    names = {"phone": phone, "address": version, "provider": get_provider().name}
    if version.status == Status.ACCEPTED:
        return (
            _(
                "Saved. The E911 address of %(phone)s is %(address)s. Its form was checked, and"
                " nothing else."
            )
            % names
        )
    return (
        _(
            "%(address)s waits for %(provider)s. Until it is accepted, the E911 address of"
            " %(phone)s stays what it was"
            " before, if it had one."
        )
        % names
    )


def _signed(phone: Phone, understood: CivicAddress, typed: str) -> str:
    parts = {
        name: value for name, value in asdict(understood).items() if value and name != "remarks"
    }
    return signing.dumps(
        {"phone": phone.pk, "address": parts, "typed": typed}, salt=SALT, compress=True
    )


def _retry(request: AdministratorRequest, phone: Phone) -> HttpResponse:
    """Ask the provider once more about a pending or refused address."""
    version = records.try_again(phone=phone, by=request.user)
    message = _told(phone, version) if version else _("Nothing is waiting for this phone any more.")
    return answer_with_phones(request, [phone.pk], message)


@require_GET
def on_record(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show every address that a phone has had (R31)."""
    phone = get_phone(request, key)
    return render(
        request,
        "e911/on_record.html",
        {"phone": phone, "versions": phone.addresses.order_by("-id")[:100]},
    )
