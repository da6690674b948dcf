"""The page Add phones: a phone, whose it is and its E911 address, in one step (R3, R27 to R30).

Nothing is stored before all of it is right. If the phone gets a person or an address, what that
means is shown first, and only what was shown is done (R14, R17, R29).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core import signing
from django.core.exceptions import BadRequest, ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from e911 import records
from e911.addresses import checks, parsing
from e911.addresses.civic import CivicAddress, Remark
from e911.addresses.reading import Reading
from e911.forms import AddressForm, PasteForm, build_initial_values
from e911.judging import Judgment, judge_address
from e911.providers import get_provider
from e911.tokens import HOURS, list_parts
from phones import adding, fetching
from phones.adding import AddingForm, Lookup, NewPhone
from phones.assignment import AssignmentRefused
from phones.counts import count_phones
from phones.provisioning.makes import MAKES
from users.access import (
    AdministratorRequest,
    account_of,
    is_visit,
    lock_account_for_write,
    parse_query,
)
from users.request_keys import Answer, find_repeat, submit_once

SALT, READING_SALT = "e911.adding", "e911.adding.reading"
# What is asked of an address besides its country, which the form fills in by itself.
TYPED = tuple(name for name in parsing.FIELDS if name != "country")


class _Changed(Exception):
    """The person, or what else was shown, has changed meanwhile."""


@dataclass
class Entered:
    """The address as it was entered: what came of reading it, and its forms."""

    fields: AddressForm
    paste: PasteForm
    judgment: Judgment | None = None  # None: no address was entered, or it can't be read
    choices: tuple[CivicAddress, ...] = ()  # two readings of one text
    set_aside: tuple[str, ...] = ()
    typed: str = ""
    steps: tuple[Any, ...] = ()

    @property
    def is_wrong(self) -> bool:
        """Whether it keeps the phone from being added."""
        refused = self.judgment is not None and self.judgment.is_refused
        return refused or bool(self.choices or self.fields.errors or self.paste.errors)


@require_http_methods(["GET", "POST"])
def add_phone(request: AdministratorRequest) -> HttpResponse:
    """The page Add phones; fragments of it while someone types."""
    account_id = account_of(request)
    if request.method == "GET":
        return _begin(request, account_id)
    if earlier := find_repeat(request, account_id=account_id):
        return _go_on(request, earlier)
    if request.POST.get("do"):
        return _fill_in(request, account_id)
    form = AddingForm(account_id, request.POST)
    if chosen := request.POST.get("chosen"):
        return _confirm(request, form, chosen)
    entered = _read_address(request)
    if not form.is_valid() or entered.is_wrong:
        return _ask(request, form, entered, status=422)
    new = NewPhone.read(account_id, form)
    if new.person or entered.judgment:
        return _review(request, new, entered.judgment, entered.typed, entered.set_aside)
    return _add(request, form, "", None, "")


def _begin(request: AdministratorRequest, account_id: int) -> HttpResponse:
    """Show the empty form; to htmx, only the part that follows what was typed."""
    asked = parse_query(Lookup(request.GET))
    target = request.htmx.target if request.htmx else ""
    if target == "models-found":
        models = adding.list_models(asked["mac"], asked["model"])
        return render(request, "phones/_models.html", {"models": models})
    if target == "people-found":
        people = adding.find_people(account_id, asked["q"], asked["person"])
        context = {"people": people, "q": asked["q"]}
        return render(request, "phones/_people_to_choose.html", context)
    form = AddingForm(account_id, initial={name: asked[name] for name in ("mac", "model")})
    return _ask(request, form, Entered(AddressForm(), PasteForm()))


def _ask(
    request: AdministratorRequest, form: AddingForm, entered: Entered, *, status: int = 200
) -> HttpResponse:
    """Show the form with everything that was typed."""
    data = request.POST if request.method == "POST" else request.GET
    account_id = account_of(request)
    url = fetching.build_url("…")
    context = {
        "form": form,
        "entered": entered,
        "choices": [_offer(each, entered) for each in entered.choices],
        "suggestion": _suggest(entered),
        "models": adding.list_models(data.get("mac", ""), data.get("model", "")),
        "people": adding.find_people(account_id, data.get("q", "")[:200], data.get("person", "")),
        "q": data.get("q", ""),
        "provider": get_provider(),
        "is_open": bool(entered.fields.errors) or any(map(data.get, TYPED)),
        "makes": [(make.name, make.list_steps(url)) for make in MAKES.values()],
        "is_first": not count_phones(account_id).any,
        "read_only": is_visit(request),
    }
    return render(request, "phones/add_phone.html", context, status=status)


def _fill_in(request: AdministratorRequest, account_id: int) -> HttpResponse:
    """Do what other buttons of the form ask for: find people, or read a pasted address."""
    form = AddingForm(account_id, initial=request.POST.dict())
    entered = Entered(
        AddressForm(initial=request.POST.dict()),
        PasteForm(initial={"whole": request.POST.get("whole", "")}),
    )
    if request.POST["do"] == "fill":
        entered = _read_address(request, is_pasted=True)
        if not entered.is_wrong and entered.judgment:
            entered.fields = AddressForm(initial=build_initial_values(entered.judgment.address))
    return _ask(request, form, entered, status=422 if entered.is_wrong else 200)


# --- the address ----------------------------------------------------------------------------------


def _read_address(request: AdministratorRequest, *, is_pasted: bool = False) -> Entered:
    """Read the address that was entered: pasted in one piece, in parts, or chosen of two readings.

    What was pasted counts, with the parts typed besides it, until it has been read into the fields
    once; then the fields do.
    """
    data = request.POST
    whole = data.get("whole", "")
    paste = PasteForm(data if whole else None)
    if token := data.get("reading"):
        return _take_reading(request, token, paste)
    has_parts = any(data.get(name, "").strip() for name in TYPED)
    is_read = whole == data.get("whole_read", "") and data.get("street", "").strip()
    if whole.strip() and (is_pasted or not is_read):
        parts = _find_typed_parts(data)
        if "street" in parts and not is_pasted:
            return _ask_which(whole, data, paste)
        if "street" in parts:  # the text is to take the place of that address
            parts = {}
        said = "\n".join(f"{name}: {part}" for name, part in (*parts.items(), ("whole", whole)))
        # A city or the like makes of the text the street line of an address in parts.
        return _judge(parsing.read_fields(**parts, street=whole), data, paste, said)
    if not has_parts:
        return Entered(AddressForm(initial=data.dict()), PasteForm())
    fields = AddressForm(data)
    if not fields.is_valid():
        return Entered(fields, paste)
    return _judge(fields.read_fields(), data, paste, fields.typed_text, fields)


def _find_typed_parts(data: Any) -> dict[str, str]:
    """Return the parts that somebody typed, without those read from a text pasted earlier."""
    earlier = data.get("whole_read", "")
    read = build_initial_values(parsing.read_text(earlier).address) if earlier.strip() else {}
    typed = {name: data.get(name, "") for name in TYPED}
    return {name: part for name, part in typed.items() if part.strip() and part != read.get(name)}


def _ask_which(whole: str, data: Any, paste: PasteForm) -> Entered:
    """Refuse a text pasted besides a street: either could be where the phone is (R28)."""
    fields = AddressForm(data)
    reading = fields.read_fields()
    two = Remark("two_addresses", "street", whole)
    address = replace(reading.address, remarks=(*reading.address.remarks, two))
    return _judge(replace(reading, addresses=(address,)), data, paste, fields.typed_text, fields)


def _judge(
    reading: Reading,
    data: Any,
    paste: PasteForm,
    typed: str,
    fields: AddressForm | None = None,
) -> Entered:
    """Say what is to be said about a reading, at the fields that it was read into."""
    if reading.verdict == "choose":
        shown = fields or AddressForm(initial=data.dict())
        return Entered(shown, paste, None, reading.addresses, reading.set_aside, typed)
    judgment = judge_address(reading.address)
    entered = Entered(
        fields or AddressForm(build_initial_values(reading.address)),
        paste,
        judgment,
        set_aside=reading.set_aside,
        typed=typed,
    )
    if judgment.is_refused:
        entered.steps = tuple(checks.recommend_steps(judgment.findings))
        if fields is None and not checks.is_visible_in_fields(reading.address):
            entered.fields = AddressForm(initial=data.dict())
            entered.paste.show_findings(  # such as that it's a PO box
                tuple(replace(finding, field="whole") for finding in judgment.findings)
            )
        else:
            entered.fields.show_findings(judgment.findings)
    return entered


def _take_reading(request: AdministratorRequest, token: str, paste: PasteForm) -> Entered:
    """Return the reading that the person chose of two, or the correction that they took."""
    try:
        value, address = _open(token, READING_SALT)
        if address is None:
            raise ValueError
    except ValueError as error:
        raise BadRequest(
            _("reading: this address was not offered for this phone. Enter it again.")
        ) from error
    fields = AddressForm(build_initial_values(address))
    judgment = judge_address(address)
    entered = Entered(fields, paste, judgment, (), tuple(value["set_aside"]), value["typed"])
    if judgment.is_refused:
        fields.show_findings(judgment.findings)
    return entered


def _offer(address: CivicAddress, entered: Entered) -> dict[str, Any]:
    """Return one of two readings as a choice, with what is different marked (R29)."""
    others = [each for each in entered.choices if each is not address]
    return {
        "address": address,
        "difference": parsing.compare_texts(others[0].standardised, address.standardised),
        "token": _sign_reading(address, entered),
    }


def _suggest(entered: Entered) -> dict[str, Any] | None:
    """Return the correction to offer for a refused address, if there is one."""
    judgment = entered.judgment
    if judgment is None or judgment.suggestion is None or not judgment.is_refused:
        return None
    typed, suggested = judgment.address.standardised, judgment.suggestion.standardised
    return {
        "difference": parsing.compare_texts(typed, suggested),
        "token": _sign_reading(judgment.suggestion, entered),
    }


def _sign_reading(address: CivicAddress, entered: Entered) -> str:
    value = {
        "address": list_parts(address),
        "typed": entered.typed,
        "set_aside": entered.set_aside,
    }
    return signing.dumps(value, salt=READING_SALT, compress=True)


# --- the question, and what is done ---------------------------------------------------------------


def _review(
    request: AdministratorRequest,
    new: NewPhone,
    judgment: Judgment | None,
    typed: str,
    set_aside: tuple[str, ...] = (),
    *,
    changed: bool = False,
) -> HttpResponse:
    """Show what will be added, whose it will be and where it stands, and what follows (R15)."""

    def sign(address: CivicAddress | None) -> str:
        parts = list_parts(address) if address else None
        value = {"seen": new.seen, "address": parts, "typed": typed}
        return signing.dumps(value, salt=SALT, compress=True)

    understood = judgment.address if judgment else None
    suggestion = judgment.suggestion if judgment else None
    context = {
        "new": new,
        "fields": _list_fields(request),
        "understood": understood,
        "findings": judgment.findings if judgment else (),
        "set_aside": set_aside,
        "suggestion": suggestion,
        "difference": parsing.compare_texts(understood.standardised, suggestion.standardised)
        if understood and suggestion
        else (),
        "mine": sign(understood),
        "suggested": sign(suggestion) if suggestion else "",
        "provider": get_provider(),
        "changed": changed,
    }
    return render(request, "phones/add_review.html", context, status=409 if changed else 200)


def _list_fields(request: AdministratorRequest) -> list[tuple[str, str]]:
    """Return what was typed, to be sent along with the confirmation."""
    names = (*AddingForm.base_fields, *AddressForm.base_fields, "whole", "whole_read", "q")
    return [(name, request.POST[name]) for name in names if request.POST.get(name)]


def _confirm(request: AdministratorRequest, form: AddingForm, chosen: str) -> HttpResponse:
    """Do what was shown, with the address that was picked."""
    try:
        value, address = _open(chosen, SALT)
        if address and not checks.is_accepted(checks.check_address(address)):
            raise ValueError
    except ValueError as error:
        raise BadRequest(
            _("chosen: this was not offered for this phone. Fill in the form again.")
        ) from error
    if not form.is_valid():
        return _ask(request, form, _read_address(request), status=422)
    return _add(request, form, value["seen"], address, value["typed"])


def _add(
    request: AdministratorRequest,
    form: AddingForm,
    seen: str,
    address: CivicAddress | None,
    typed: str,
) -> HttpResponse:
    """Add the phone as a valid form asks, or show the form again with the reason why not.

    With a person or an address, `seen` is what was shown of it.
    """
    account_id = account_of(request)

    def add() -> Answer:
        lock_account_for_write(request)
        now = AddingForm(account_id, request.POST)
        if not now.is_valid():
            raise _Changed
        new = NewPhone.read(account_id, now)
        if (seen or new.person) and seen != new.seen:
            raise _Changed
        phone = new.add()
        if address:
            records.set_address(phone=phone, address=address, typed=typed, by=request.user)
        said = format_html("<p>{}</p>", _("Added %(phone)s. Now connect it:") % {"phone": phone})
        query = f"?to={new.person.pk}" if new.person and new.held else ""
        return Answer(said, url=reverse("phone_setup", args=[phone.pk]) + query)

    try:
        if added := submit_once(request, form, account_id=account_id, do=add):
            return _go_on(request, added)
    except _Changed:
        form = AddingForm(account_id, request.POST)
        if form.is_valid():
            judgment = judge_address(address, ask_provider=False) if address else None
            new = NewPhone.read(account_id, form)
            return _review(request, new, judgment, typed, changed=True)
    except AssignmentRefused as refusal:
        form.add_error(None, ValidationError(str(refusal), code=refusal.code))
    return _ask(request, form, _read_address(request), status=422)


def _go_on(request: AdministratorRequest, answer: Answer) -> HttpResponse:
    """Show how to connect the phone that was added."""
    messages.success(request, answer.message, extra_tags="safe")
    return redirect(answer.url)


def _open(token: str, salt: str) -> tuple[dict[str, Any], CivicAddress | None]:
    """Return what was signed, and its address, if it has one. Raises ValueError."""
    try:
        value = signing.loads(token, salt=salt, max_age=12 * HOURS)
        parts = value["address"]
        return value, CivicAddress(**parts) if parts else None
    except (signing.BadSignature, TypeError, KeyError) as error:
        raise ValueError from error
