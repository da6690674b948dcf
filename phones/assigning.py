"""Choosing who gets a phone, and confirming it: the pages of R11 to R20."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from phones import assignment
from phones.answers import phone_of, reload, rows_changed
from phones.assignment import Move, Plan
from phones.forms import MovesForm
from phones.models import Kind, Phone
from phones.people import Choices, choices
from users.access import AdministratorRequest, account_of, understood
from users.listing import Filters
from users.models import User

NOBODY = "nobody"


@require_GET
def people(request: AdministratorRequest, key: int) -> HttpResponse:
    """A piece of the list behind Assigned to (R11)."""
    phone = phone_of(request, key)
    asked = understood(Filters(request.GET))
    piece = _choices(phone, asked)
    context = {"phone": phone, "choices": piece, "q": asked["q"], "first": not piece.previous, "nobody": NOBODY}
    return render(request, "phones/_people.html", context)


@require_http_methods(["GET", "POST"])
def assigned(request: AdministratorRequest, key: int) -> HttpResponse:
    """Who a phone is assigned to: GET chooses and asks for confirmation, POST with what was seen carries out."""
    if request.method == "POST":
        to = request.POST.get("to", "")
    else:
        phone = phone_of(request, key)
        if phone.kind == Kind.COMMON:
            raise Http404
        if "to" not in request.GET:
            asked = understood(Filters(request.GET))
            context = {"phone": phone, "choices": _choices(phone, asked), "q": asked["q"], "nobody": NOBODY}
            return render(request, "phones/choose_person.html", context)
        to = request.GET["to"]
    return confirm(
        request,
        account_id=account_of(request),
        moves=[Move(key, person(to))],
        fields={"to": to},
        done=lambda plan: _assigned(request, plan),
    )


@require_http_methods(["GET", "POST"])
def moves(request: AdministratorRequest) -> HttpResponse:
    """Several phones to several people at once, such as the moves that undo an assignment."""
    data = request.POST if request.method == "POST" else request.GET
    asked = understood(MovesForm(data))
    return confirm(
        request,
        account_id=account_of(request),
        moves=asked["moves"],
        fields={"moves": data["moves"]},
        done=lambda plan: _assigned(request, plan),
    )


def confirm(
    request: HttpRequest,
    *,
    account_id: int,
    moves: Sequence[Move],
    fields: Mapping[str, str],
    done: Callable[[Plan], HttpResponse],
    **context: object,
) -> HttpResponse:
    """Ask for the confirmation of moves (GET), or carry them out with what was seen (POST) and return what `done` does.

    `fields` are what the form of the confirmation sends to this same URL again. Raises Http404 for what is not in the
    account, BadRequest where `seen` is missing.
    """
    changed = False
    try:
        if request.method == "POST":
            seen = request.POST.get("seen", "")
            if not seen:
                raise BadRequest(_("seen: the confirmation is missing what it was about. Choose again on User phones."))
            return done(assignment.carry_out(account_id=account_id, moves=moves, seen=seen))
        plan = assignment.plan(account_id=account_id, moves=moves)
    except (Phone.DoesNotExist, User.DoesNotExist) as error:
        raise Http404 from error
    except assignment.Refused as refusal:
        return render(request, "phones/refused.html", {"reason": str(refusal), **context}, status=422)
    except assignment.Changed as situation:
        plan, changed = situation.plan, True
    if not plan.changes:  # what was chosen is so already: nothing to ask (R16)
        return HttpResponse() if getattr(request, "htmx", False) else redirect("user_phones")
    shown = {"plan": plan, "fields": fields, "changed": changed, **context}
    return render(request, "phones/confirm_assignment.html", shown, status=409 if changed else 200)


def person(value: str) -> int | None:
    """Return whom `value` names, None for nobody. Raises BadRequest."""
    if value == NOBODY:
        return None
    if not value.isascii() or not value.isdecimal() or len(value) > 18:
        raise BadRequest(_("to: neither a person’s number nor “nobody”."))
    return int(value)


def _choices(phone: Phone, asked: dict[str, str]) -> Choices:
    return choices(
        account_id=phone.account_id,
        phone_id=phone.pk,
        q=asked["q"],
        after=asked["after"],
        before=asked["before"],
        last=bool(asked["last"]),
    )


def _assigned(request: AdministratorRequest, plan: Plan) -> HttpResponse:
    """Everything on the page that an assignment changes (R18)."""
    context = {"plan": plan}
    if not request.htmx or not (request.htmx.current_url_abs_path or "/phones/").startswith("/phones/"):
        # Elsewhere, such as on Users, there are no rows to renew: the page is shown anew.
        message = render(request, "phones/_assigned_message.html", context).content.decode()
        messages.success(request, message, extra_tags="safe")
        return reload(request)
    affected = [change.phone_id for change in plan.changes] or [move.phone_id for move in plan.moves]
    context["rows_html"] = rows_changed(request, affected)
    return render(request, "phones/_assigned.html", context)
