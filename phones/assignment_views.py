"""Choosing who gets a phone, and confirming it: the pages of R11 to R20."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from phones import assignment, preview
from phones import registrar_client as registrar
from phones.answers import get_phone, go_to_list, list_context, read_rows, reload_list
from phones.assignees import Choices, list_choices
from phones.assignment_plan import Move, Plan, restart_facts
from phones.forms import MovesForm
from phones.models import Kind, Phone
from phones.names import join_names
from phones.rows import Row, render_rows
from users.access import AdministratorRequest, account_of, parse_query
from users.acting import make_seen
from users.models import User
from users.request_keys import Answer, find_repeat, remember_answer
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
    data = request.POST if request.method == "POST" else request.GET
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
    fields, page, context = {"to": to}, "user_phones", cast(dict[str, Any], {})
    if data.get("back") == "users":  # chosen for a person, on Users
        fields["back"] = page = "users"
        context["back"] = reverse(page)
    return confirm_moves(
        request,
        account_id=account_of(request),
        moves=[Move(key, parse_person(to))],
        fields=fields,
        done=lambda plan: _assigned(request, plan, page),
        **context,
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
    else it asks of support staff: nothing is done while that is not answered. Raises Http404 for
    what is not in the account, BadRequest where `seen` is missing.
    """
    posted, answered = request.method == "POST", form is None or form.is_valid()
    seen, whose_keys = request.POST.get("seen", ""), None if form else account_id
    try:
        if posted:
            if not seen:
                raise BadRequest(UNSEEN)
            if answered:
                plan = assignment.carry_out(account_id=account_id, moves=moves, seen=seen)
                remember_answer(request, account_id=whose_keys, answer=Answer())
                return done(plan)
        plan = assignment.plan(account_id=account_id, moves=moves)
    except PROBLEMS as problem:
        if posted and find_repeat(request, account_id=whose_keys):  # and changed again since
            return done(Plan(moves=tuple(moves), changes=(), is_repeat=True))
        if isinstance(problem, assignment.AssignmentRefused):
            refused = {"reason": str(problem), "code": problem.code, **context}
            return render(request, "phones/refused.html", refused, status=422)
        if not isinstance(problem, assignment.AssignmentChanged):
            raise Http404 from problem
        plan = problem.plan
    changed = posted and plan.seen != seen
    on_list = getattr(request, "htmx", False) and "back" not in context
    if not plan.changes:  # what was chosen is so already: nothing to ask (R16)
        if on_list:
            return render(request, "phones/_changed_regions.html", _regions(request, plan))
        return go_to_list(request, str(context.get("back", "user_phones")))
    if changed and on_list:  # the rows behind the dialog are as old as what was seen
        context["rows_html"] = render_to_string(
            "phones/_changed_regions.html", _regions(request, plan)
        )
    status = 409 if changed else 422 if posted else 200
    shown = {
        "plan": plan,
        "differences": preview.preview_changes(plan, has_usernames=form is None),
        "fields": fields,
        "form": form,
        "changed": changed,
        **context,
    }
    return render(request, "phones/confirm_assignment.html", shown, status=status)


UNSEEN = gettext_lazy("seen: this confirmation is incomplete. Choose again on User phones.")
PROBLEMS = (
    Phone.DoesNotExist,
    User.DoesNotExist,
    assignment.AssignmentRefused,
    assignment.AssignmentChanged,
)


def _regions(request: Any, plan: Plan) -> dict[str, Any]:
    """Return the rows of the phones that moves are about, as they are now."""
    keys = {move.phone_id for move in plan.moves} | {change.phone_id for change in plan.changes}
    return list_context(request, sorted(keys))


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


def _assigned(request: AdministratorRequest, plan: Plan, page: str = "user_phones") -> HttpResponse:
    """Everything on the page that an assignment changes (R18); on any but User phones, `page`."""
    affected = [change.phone_id for change in plan.changes] or [
        move.phone_id for move in plan.moves
    ]
    rows = read_rows(request, affected)
    context: dict[str, object] = {"plan": plan, **_name_restarts(plan, rows)}
    if (
        page != "user_phones"
        or not request.htmx
        or not (request.htmx.current_url_abs_path or "/phones/").startswith("/phones/")
    ):
        # Elsewhere, such as on Users, there are no rows to renew: the page is shown anew.
        message = render(request, "phones/_assigned_message.html", context).content.decode()
        messages.success(request, message, extra_tags="safe")
        return go_to_list(request, page) if page != "user_phones" else reload_list(request)
    context["rows_html"] = render_rows(rows, out_of_band=True)
    return render(request, "phones/_assigned.html", context)


def _name_restarts(plan: Plan, rows: Sequence[Row]) -> dict[str, object]:
    """Return which phones of a plan to offer to restart, and which can't be asked (R43)."""
    askable = {int(row.id) for row in rows if row.askable}
    missed = [change for change in plan.changes if change.phone_id not in askable]
    asked = [change for change in plan.changes if change.phone_id in askable]
    restart = {
        "keys": ",".join(str(change.phone_id) for change in asked),
        "number": len(asked),
        "titles": join_names([change.title_after for change in asked]),
        "seen": make_seen(restart_facts([change.as_restarted for change in asked], missed=[])),
    }
    return {
        "restart": restart if asked else None,
        "missed": {
            "titles": join_names([change.title_after for change in missed]),
            "number": len(missed),
            "is_known": registrar.is_reachable(),  # otherwise nothing is known of registrations
        }
        if missed
        else None,
    }
