"""The address dialog: type or paste, check, review the parsed address, store it (R27 to R30)."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.core import signing
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from e911 import records
from e911.addresses import checks, parsing
from e911.addresses.civic import CivicAddress
from e911.addresses.reading import Reading
from e911.forms import AddressForm, PasteForm, build_initial_values
from e911.models import EmergencyAddress, Status
from e911.providers import Misconfigured, Unavailable, get_provider
from e911.refusals import REFUSALS
from phones.act_pages import PhonePages
from phones.acts.facts import facts_of, refuse_if_removed
from phones.answers import get_phone
from phones.models import Phone
from users.access import AdministratorRequest, account_of
from users.acting import ActRefused, make_seen
from users.refusals import REFUSALS as REFUSALS_OF_FORMS
from users.request_keys import Answer, KeyReused, carry_out_once, find_repeat

SALT = "e911.address"
READING_SALT = "e911.reading"
HOURS = 3600


@require_http_methods(["GET", "POST"])
def address(request: AdministratorRequest, key: int) -> HttpResponse:
    """Add or update a phone's emergency address."""
    # Only these two lock the account: a check may ask the provider, and no one must wait for that.
    changes = bool(request.POST.get("chosen")) or request.POST.get("do") == "retry"
    # A repeat is answered whatever has become of the phone since.
    if changes and (earlier := find_repeat(request, account_id=account_of(request))):
        return PhonePages().respond(request, key, earlier)
    phone = get_phone(request, key, changes=changes, removed=changes)
    if request.method == "GET":
        return _begin(request, phone)
    try:
        if request.POST.get("chosen"):
            return _store(request, phone, request.POST["chosen"])
        if request.POST.get("do") == "retry":
            return _retry(request, phone)
    except ActRefused as refusal:
        reason = str(refusal.reason) % refusal.facts
        refused = {"title": _("E911 address"), "reason": reason, "code": refusal.code}
        return render(request, "phones/refused.html", refused, status=422)
    if request.POST.get("reading"):
        return _take_reading(request, phone, request.POST["reading"])
    if request.POST.get("do") == "fill":
        return _fill(request, phone)
    if request.POST.get("do") == "change":
        paste = PasteForm(request.POST if request.POST.get("whole") else None)
        return _ask(request, phone, AddressForm(initial=request.POST.dict()), paste=paste)
    return _check(request, phone, AddressForm(request.POST))


def _begin(request: AdministratorRequest, phone: Phone, **further: Any) -> HttpResponse:
    """Ask for an address, beginning with the one that waits or is in force."""
    waiting = phone.addresses.filter(is_open=True).first()
    latest = waiting or phone.current_address
    form = AddressForm(
        initial=build_initial_values(records.build_civic_address(latest)) if latest else {}
    )
    return _ask(
        request, phone, form, waiting=waiting, seen=_seen_waiting(phone, waiting), **further
    )


def _ask(
    request: AdministratorRequest, phone: Phone, form: AddressForm, **further: Any
) -> HttpResponse:
    context = {
        "phone": phone,
        "form": form,
        "paste": PasteForm(),
        "provider": get_provider(),
    } | further
    status = 409 if further.get("changed") else 422 if further.get("findings") else 200
    return render(request, "e911/address.html", context, status=status)


def _fill(request: AdministratorRequest, phone: Phone) -> HttpResponse:
    """Read a pasted address into the fields, for the person to review.

    What makes it no address at all, such as a PO box, is said here: the fields would not have it.
    """
    paste = PasteForm(request.POST)
    whole = request.POST.get("whole", "")
    reading = parsing.read_text(whole)
    if reading.verdict == "choose":
        return _choose(request, phone, reading, whole=whole, typed=f"whole: {whole}")
    fields = build_initial_values(reading.address)
    if reading.verdict == "accepted":
        form = AddressForm(initial=fields)
        shown = {"pasted": True, "set_aside": reading.set_aside}
        return _ask(request, phone, form, paste=paste, **shown)
    form = AddressForm(initial=request.POST.dict())
    if checks.is_visible_in_fields(reading.address):
        form = AddressForm(fields | {"whole": whole})
        form.show_findings(reading.findings)
    return _ask(
        request,
        phone,
        form,
        paste=paste,
        findings=reading.findings,
        problems=form.list_problems(reading.findings),
        steps=checks.recommend_steps(reading.findings),
        set_aside=reading.set_aside,
    )


def _check(request: AdministratorRequest, phone: Phone, form: AddressForm) -> HttpResponse:
    """Show how the fields were understood; two readings are shown as two."""
    reading, whole = form.read_fields(), request.POST.get("whole", "")
    if reading.verdict == "choose" and form.is_valid():
        return _choose(request, phone, reading, whole=whole, typed=form.typed_text)
    pasted = parsing.read_text(whole).set_aside if whole else ()
    set_aside = tuple(dict.fromkeys((*pasted, *reading.set_aside)))
    return _review(
        request, phone, form, reading.address, typed=form.typed_text, set_aside=set_aside
    )


def _choose(
    request: AdministratorRequest, phone: Phone, reading: Reading, *, whole: str, typed: str
) -> HttpResponse:
    """Show two readings of a text, the difference marked; choose none of them unasked (R29)."""
    one, other = reading.addresses
    choices = [
        {
            "difference": parsing.compare_texts(against.standardised, address.standardised),
            "address": address,
            "token": signing.dumps(
                {
                    "phone": phone.pk,
                    "address": _list_parts(address),
                    "typed": typed,
                    "whole": whole,
                    "set_aside": reading.set_aside,
                },
                salt=READING_SALT,
                compress=True,
            ),
        }
        for address, against in ((one, other), (other, one))
    ]
    context = {"phone": phone, "choices": choices, "set_aside": reading.set_aside, "whole": whole}
    fields = {name: request.POST.get(name, "") for name in parsing.FIELDS}
    return render(request, "e911/choose.html", context | {"fields": fields})


def _take_reading(request: AdministratorRequest, phone: Phone, token: str) -> HttpResponse:
    """Show the reading that the person chose of two, to be stored."""
    try:
        value, understood = _open_token(phone, token, salt=READING_SALT)
    except ValueError as error:
        raise BadRequest(
            _("reading: this address was not offered for this phone. Enter it again.")
        ) from error
    form = AddressForm(build_initial_values(understood) | {"whole": value["whole"]})
    set_aside = tuple(value["set_aside"])
    return _review(request, phone, form, understood, typed=value["typed"], set_aside=set_aside)


def _review(
    request: AdministratorRequest,
    phone: Phone,
    form: AddressForm,
    understood: CivicAddress,
    *,
    typed: str,
    set_aside: tuple[str, ...] = (),
    **meanwhile: Any,
) -> HttpResponse:
    """Show an address as it was understood, to be stored; or what is wrong with it."""
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
                findings = (*findings, _find_refusal())
    if suggestion and not checks.is_accepted(checks.check_address(suggestion)):
        suggestion = None
    context = {
        "phone": phone,
        "facts": facts_of(phone),
        "form": form,
        "paste": PasteForm(request.POST if request.POST.get("whole") else None),
        "provider": get_provider(),
        "findings": findings,
        "steps": checks.recommend_steps(findings) if refused else (),
        "words": words,
        "understood": understood,
        "set_aside": set_aside,
        "whole": form.data.get("whole", ""),
        "mine": _signed(phone, understood, typed),
        "suggestion": suggestion,
        "suggested": _signed(phone, suggestion, typed) if suggestion else "",
        "difference": parsing.compare_texts(understood.standardised, suggestion.standardised)
        if suggestion
        else (),
    }
    if refused:
        form.show_findings(findings)
        context["problems"] = form.list_problems(findings)
        return render(request, "e911/address.html", context, status=422)
    context |= meanwhile
    return render(request, "e911/understood.html", context, status=409 if meanwhile else 200)


def _find_refusal() -> checks.Finding:
    """Return the finding that the provider doesn't know an address."""
    refusal = REFUSALS[checks.NOT_FOUND]
    sentence = str(refusal.sentence) % {"provider": get_provider().name}
    return checks.Finding(checks.NOT_FOUND, refusal.field, sentence)


def _store(request: AdministratorRequest, phone: Phone, chosen: str) -> HttpResponse:
    """Store exactly what the person saw and picked."""
    try:
        value, understood = _open_token(phone, chosen, salt=SALT)
        if not checks.is_accepted(checks.check_address(understood)):
            raise ValueError
    except ValueError as error:
        raise BadRequest(
            _("chosen: this address was not offered for this phone. Enter it again.")
        ) from error

    def store() -> Answer:
        refuse_if_removed(phone)
        if value["seen"] != _seen(phone):
            raise _Changed
        version = records.set_address(
            phone=phone, address=understood, typed=value["typed"], by=request.user
        )
        return _told(phone, version)

    try:
        stored = carry_out_once(request, account_id=phone.account_id, do=store)
    except (_Changed, KeyReused) as reason:
        form, why = AddressForm(build_initial_values(understood)), _tell_why(reason)
        return _review(request, phone, form, understood, typed=value["typed"], **why)
    return PhonePages().respond(request, phone.pk, stored)


class _Changed(Exception):
    """The phone, its user or its addresses aren't what the page said."""


def _tell_why(reason: Exception) -> dict[str, Any]:
    """Return what pages need to say why nothing was done."""
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
        said = _(
            "Saved. The E911 address of %(phone)s is %(address)s. Its form was checked, and"
            " nothing else."
        )
    else:
        said = _(
            "%(address)s waits for %(provider)s. Until it is accepted, the E911 address of"
            " %(phone)s stays what it was before, if it had one."
        )
    return Answer(format_html("<p>{}</p>", said % names), rows=(phone.pk,))


def _signed(phone: Phone, understood: CivicAddress, typed: str) -> str:
    value = {
        "phone": phone.pk,
        "address": _list_parts(understood),
        "typed": typed,
        "seen": _seen(phone),
    }
    return signing.dumps(value, salt=SALT, compress=True)


def _open_token(phone: Phone, token: str, *, salt: str) -> tuple[dict[str, Any], CivicAddress]:
    """Return what was signed for this phone, and its address. Raises ValueError."""
    try:
        value = signing.loads(token, salt=salt, max_age=12 * HOURS)
        address = CivicAddress(**value["address"])
        if value["phone"] == phone.pk:
            return value, address
    except (signing.BadSignature, TypeError, KeyError) as error:
        raise ValueError from error
    raise ValueError


def _list_parts(address: CivicAddress) -> dict[str, Any]:
    """Return the parts of an address that are known, without remarks."""
    return {name: value for name, value in asdict(address).items() if value and name != "remarks"}


def _retry(request: AdministratorRequest, phone: Phone) -> HttpResponse:
    """Ask the provider once more about a pending or refused address."""
    waiting = phone.addresses.filter(is_open=True).first()

    def ask_again() -> Answer:
        refuse_if_removed(phone)
        if waiting is None or request.POST.get("seen") != _seen_waiting(phone, waiting):
            raise _Changed
        version = records.try_again(phone=phone, by=request.user)
        assert version is not None
        return _told(phone, version)

    if not request.POST.get("seen"):
        raise BadRequest(_("seen: this confirmation is incomplete. Open it again."))
    try:
        asked = carry_out_once(request, account_id=phone.account_id, do=ask_again)
    except (_Changed, KeyReused) as reason:
        return _begin(request, phone, **_tell_why(reason))
    return PhonePages().respond(request, phone.pk, asked)


@require_GET
def on_record(request: AdministratorRequest, key: int) -> HttpResponse:
    """Show every address that a phone has had (R31)."""
    phone = get_phone(request, key)
    return render(
        request,
        "e911/on_record.html",
        {"phone": phone, "versions": phone.addresses.order_by("-id")[:100]},
    )
