"""The Users pages. Every view makes one call into the domain."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from users import blocks, invitations, people, second_factor
from users.access import (
    AdministratorRequest,
    account_of,
    lock_account_for_write,
    parse_query,
    user_of,
)
from users.forms import CompanyForm, NewPersonForm, PersonForm, PlanForm
from users.models import Account, Plan, User
from users.refusals import REFUSALS
from users.user_list import Listing, UserFilters


@require_GET
def users(request: AdministratorRequest) -> HttpResponse:
    """Show the table of users (R21)."""
    listing = Listing.of(account_of(request), parse_query(UserFilters(request.GET)))
    context = {
        "listing": listing,
        "page": listing.page(),
        "columns": [("name", _("Name")), ("ext", _("Extension")), ("email", _("Email"))],
    }
    part = request.htmx and request.htmx.target == "listing"
    return render(request, "users/_listing.html" if part else "users/users.html", context)


@require_http_methods(["GET", "POST"])
def add(request: AdministratorRequest) -> HttpResponse:
    """Add a person (R25)."""
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            user = people.add(account_id=account_of(request), **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            return _invited(request, user, _("Added %(name)s.") % {"name": user})
    return render(request, "users/add.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def edit(request: AdministratorRequest, key: int) -> HttpResponse:
    """Edit names, email, extension, caller ID, and the administrator role (R25)."""
    user = user_of(request, key)
    initial = {name: getattr(user, name) for name in people.EDITABLE}
    form = PersonForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            people.edit(user, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            saved = _("Saved %(name)s.") % {"name": user}
            already = initial["is_administrator"]
            return _done(request, saved) if already else _invited(request, user, saved)
    return render(
        request,
        "users/edit.html",
        {"form": form, "person": user},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def plan(request: AdministratorRequest, key: int) -> HttpResponse:
    """Change the plan. A person with a phone can't go to Basic; the dialog names it (R23, R24)."""
    user = user_of(request, key)
    form = PlanForm(request.POST if request.method == "POST" else None, initial={"plan": user.plan})
    if request.method == "POST" and form.is_valid():
        try:
            people.change_plan(user, form.cleaned_data["plan"])
        except ValidationError as error:
            form.add_error(None, error)
        else:
            label = Plan(form.cleaned_data["plan"]).label
            return _done(request, _("%(name)s is on %(plan)s now.") % {"name": user, "plan": label})
    return render(
        request,
        "users/plan.html",
        {"form": form, "person": user},
        status=422 if form.errors else 200,
    )


@require_http_methods(["GET", "POST"])
def activation(request: AdministratorRequest, key: int) -> HttpResponse:
    """Deactivate a person, or activate them again (R25)."""
    user = user_of(request, key)
    error = ""
    if request.method == "POST":
        active = not user.is_active
        try:
            people.set_active(user, active)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
            user.refresh_from_db(fields=["is_active"])
        else:
            said = _("Activated %(name)s.") if active else _("Deactivated %(name)s.")
            return _done(request, said % {"name": user})
    return render(
        request,
        "users/activation.html",
        {"person": user, "error": error},
        status=422 if error else 200,
    )


@require_http_methods(["GET", "POST"])
def delete(request: AdministratorRequest, key: int) -> HttpResponse:
    """Delete a person (R25)."""
    user = user_of(request, key)
    error = ""
    if request.method == "POST":
        name = str(user)
        try:
            people.delete(user)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        else:
            return _done(request, _("Deleted %(name)s.") % {"name": name})
    return render(
        request, "users/delete.html", {"person": user, "error": error}, status=422 if error else 200
    )


@require_http_methods(["GET", "POST"])
def invitation(request: AdministratorRequest, key: int) -> HttpResponse:
    """Mail an administrator without a password the link to choose one (R39)."""
    user = user_of(request, key)
    error = "" if invitations.can_be_invited(user) else str(REFUSALS["not_invited"].sentence)
    if request.method == "POST" and not error:
        try:
            invitations.send_invitation(user, by=request.user)
        except invitations.TooMany as refusal:
            error = str(refusal.message)
        else:
            return _done(
                request, _("An invitation is on its way to %(email)s.") % {"email": user.email}
            )
    status = 422 if error and request.method == "POST" else 200
    return render(request, "users/invitation.html", {"person": user, "error": error}, status=status)


@require_http_methods(["GET", "POST"])
def second_factor_reset(request: AdministratorRequest, key: int) -> HttpResponse:
    """Remove the second factors of another person who lost them.

    People change their own under Password and security, which asks for proof.
    """
    user = user_of(request, key)
    error = str(REFUSALS["own_second_factor"].sentence) if user == request.user else ""
    if request.method == "POST" and not error:
        second_factor.reset_factors(user)
        return _done(request, _("%(name)s has no second factor any more.") % {"name": user})
    status = 422 if error and request.method == "POST" else 200
    return render(
        request, "users/second_factor.html", {"person": user, "error": error}, status=status
    )


@require_http_methods(["GET", "POST"])
def sign_in_block(request: AdministratorRequest, key: int) -> HttpResponse:
    """Lift the block on a person's sign-in (R44)."""
    user = user_of(request, key)
    if request.method == "POST":
        if user.sign_in_blocked_at:
            blocks.lift_block(user)
        return _done(request, _("%(name)s can sign in again.") % {"name": user})
    mailbox = blocks.mailbox_that_blocked(user) if user.sign_in_blocked_at else ""
    return render(request, "users/sign_in_block.html", {"person": user, "mailbox": mailbox})


@require_http_methods(["GET", "POST"])
def company(request: AdministratorRequest) -> HttpResponse:
    """Edit what an account decides for all of its administrators."""
    lock_account_for_write(request)
    account = Account.objects.get(pk=account_of(request))
    form = CompanyForm(request.POST if request.method == "POST" else None, initial=vars(account))
    if request.method == "POST" and form.is_valid():
        second_factor.set_requirement(account, form.cleaned_data["second_factor_required"])
        messages.success(request, _("Saved the company settings."))
        return redirect("company")
    administrators = User.objects.filter(account=account, is_administrator=True, is_active=True)
    context = {
        "form": form,
        "without": administrators.filter(has_second_factor=False).order_by("name_key", "pk"),
    }
    return render(request, "users/company.html", context, status=422 if form.errors else 200)


def _invited(request: AdministratorRequest, user: User, message: str) -> HttpResponse:
    """Invite a new administrator who has no password yet, and show the list again.

    The person stays saved if the mail is refused; a second message says so.
    """
    refused = ""
    if invitations.can_be_invited(user):
        try:
            invitations.send_invitation(user, by=request.user)
        except invitations.TooMany as refusal:
            refused = str(refusal.message)
        else:
            invited = _("An invitation is on its way to %(email)s.") % {"email": user.email}
            message = f"{message} {invited}"
    response = _done(request, message)
    if refused:
        messages.warning(request, refused)
    return response


def _done(request: AdministratorRequest, message: str) -> HttpResponse:
    """Show the list again, with a message."""
    messages.success(request, message)
    if not request.htmx:
        return redirect("users")
    response = HttpResponse(status=204)
    response.headers["HX-Refresh"] = "true"
    return response
