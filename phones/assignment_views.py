"""Choosing who gets a phone, and confirming it: the pages of R11 to R20."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from phones import assignment
from phones.answers import get_phone, reload_list, render_changed_rows
from phones.assignees import Choices, list_choices
from phones.forms import MovesForm
from phones.models import Kind, Phone
from phones.plans import Move, Plan
from users.access import AdministratorRequest, account_of, parse_query
from users.models import User
from users.tenancy.listing import Filters

NOBODY = "nobody"


@require_GET
def show_people(request: AdministratorRequest, key: int) -> HttpResponse:
    """A piece of the list behind Assigned to (R11)."""
    phone = get_phone(request, key)
    asked = parse_query(Filters(request.GET))
    piece = find_people(phone, asked)
    context = {
        "phone": phone,
        "choices": piece,
        "q": asked["q"],
        "first": not piece.previous,
        "nobody": NOBODY,
    }
    return render(request, "phones/_people.html", context)


@require_http_methods(["GET", "POST"])
def assign_phone(request: AdministratorRequest, key: int) -> HttpResponse:
    """Assign a phone: GET chooses and asks, POST with what was seen carries it out."""
    if request.method == "POST":
        to = request.POST.get("to", "")
    else:
        phone = get_phone(request, key)
        if phone.kind == Kind.COMMON:
            raise Http404
        if "to" not in request.GET:
            asked = parse_query(Filters(request.GET))
            context = {
                "phone": phone,
                "choices": find_people(phone, asked),
                "q": asked["q"],
                "nobody": NOBODY,
            }
            return render(request, "phones/choose_person.html", context)
        to = request.GET["to"]
    return confirm_moves(
        request,
        account_id=account_of(request),
        moves=[Move(key, parse_person(to))],
        fields={"to": to},
        done=lambda plan: _assigned(request, plan),
    )


@require_http_methods(["GET", "POST"])
def make_moves(request: AdministratorRequest) -> HttpResponse:
    """Several phones to several people at once, such as the moves that undo an assignment."""
    data = request.POST if request.method == "POST" else request.GET
    account_id = account_of(request)
    asked = cast(list[Move], parse_query(MovesForm(data))["moves"])
    try:
        return confirm_moves(
            request,
            account_id=account_id,
            moves=asked,
            fields={"moves": data["moves"]},
            done=lambda plan: _assigned(request, plan),
        )
    except Http404:
        if reason := assignment.describe_removed(account_id=account_id, moves=asked):
            return render(
                request, "phones/refused.html", {"reason": reason, "code": "gone"}, status=422
            )
        raise


def confirm_moves(
    request: HttpRequest,
    *,
    account_id: int,
    moves: Sequence[Move],
    fields: Mapping[str, str],
    done: Callable[[Plan], HttpResponse],
    form: forms.Form | None = None,
    **context: object,
) -> HttpResponse:
    """Ask for confirmation of moves (GET), or carry them out (POST) and return what `done` returns.

    `fields` are what the form of the confirmation sends to this same URL again, and `form` is what
    else it asks: nothing is done while that is not answered. Raises Http404 for what is not in the
    account, BadRequest where `seen` is missing.
    """
    changed, answered = False, form is None or form.is_valid()
    try:
        if request.method == "POST":
            seen = request.POST.get("seen", "")
            if not seen:
                raise BadRequest(
                    _(
                        "seen: the confirmation is missing what it was about. Choose again on "
                        "User phones."
                    )
                )
            if answered:
                return done(assignment.carry_out(account_id=account_id, moves=moves, seen=seen))
        plan = assignment.plan(account_id=account_id, moves=moves)
    except (Phone.DoesNotExist, User.DoesNotExist) as error:
        raise Http404 from error
    except assignment.AssignmentRefused as refusal:
        refused = {"reason": str(refusal), "code": refusal.code, **context}
        return render(request, "phones/refused.html", refused, status=422)
    except assignment.AssignmentChanged as situation:
        plan, changed = situation.plan, True
    if not plan.changes:  # what was chosen is so already: nothing to ask (R16)
        return (
            HttpResponse()
            if getattr(request, "htmx", False)
            else redirect(str(context.get("back", "user_phones")))
        )
    status = 409 if changed else 422 if request.method == "POST" else 200
    shown = {"plan": plan, "fields": fields, "form": form, "changed": changed, **context}
    return render(request, "phones/confirm_assignment.html", shown, status=status)


def parse_person(value: str) -> int | None:
    """Return whom `value` names, None for nobody. Raises BadRequest."""
    if value == NOBODY:
        return None
    if not value.isascii() or not value.isdecimal() or len(value) > 18:
        raise BadRequest(_("to: neither a person’s number nor “nobody”."))
    return int(value)


def find_people(phone: Phone, asked: dict[str, str]) -> Choices:
    """Return the piece of the account's people that a URL asks for. Raises BadCursor."""
    return list_choices(
        account_id=phone.account_id,
        phone_id=phone.pk,
        q=asked["q"],
        after=asked["after"],
        before=asked["before"],
        last=bool(asked["last"]),
    )


def _assigned(request: AdministratorRequest, plan: Plan) -> HttpResponse:
    """Everything on the page that an assignment changes (R18)."""
    context: dict[str, object] = {"plan": plan}
    if not request.htmx or not (request.htmx.current_url_abs_path or "/phones/").startswith(
        "/phones/"
    ):
        # Elsewhere, such as on Users, there are no rows to renew: the page is shown anew.
        message = render(request, "phones/_assigned_message.html", context).content.decode()
        messages.success(request, message, extra_tags="safe")
        return reload_list(request)
    affected = [change.phone_id for change in plan.changes] or [
        move.phone_id for move in plan.moves
    ]
    context["rows_html"] = render_changed_rows(request, affected)
    return render(request, "phones/_assigned.html", context)
