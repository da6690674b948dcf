"""Ask people to prove again that it's them before a sensitive act (R44), and check the answer.

The question carries along everything that was typed, and its answer goes to the same URL. So the
act continues as soon as the answer is right, the request passes every check again, and nothing that
was typed is kept in the session or shown in a URL. It works in a dialog, on a page without
JavaScript, and in Django admin.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm as PasswordForm
from allauth.account.internal.flows.reauthentication import reauthenticate_by_password
from allauth.account.views import PasswordChangeView
from allauth.core import ratelimit
from allauth.core.exceptions import ImmediateHttpResponse, ReauthenticationRequired
from allauth.mfa.webauthn.internal.auth import begin_authentication
from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from users.second_factor import ReauthenticateForm as CodeForm
from users.second_factor import ReauthenticatePasskeyForm as PasskeyForm
from users.sensitive import ProofRequired, Sensitive, has_proved
from users.sign_in import ADMIN, PREFIX
from users.support.site import site

ABOUT = "proof-about"  # the field that names the act; only answers have it
# allauth's name of each way to prove it → its form, and the field that people fill in.
WAYS: dict[str, tuple[Any, str]] = {
    "reauthenticate": (PasswordForm, "password"),
    "mfa_reauthenticate": (CodeForm, "code"),
    "mfa_reauthenticate:webauthn": (PasskeyForm, "credential"),
}


class Proving:
    """Takes the answer before a view runs, and asks the question if a view turns out to need it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        is_answer = request.method == "POST" and ABOUT in request.POST
        if not (is_answer and request.user.is_authenticated):
            return None
        if has_proved(request):  # an answer sent twice: a code works only once
            return None
        if limited := ratelimit.consume_or_429(request, action="reauthenticate", user=request.user):
            return limited
        ways = _ways(request, answered=True)
        answer: Any = next((form for form in ways.values() if form.is_bound), None)
        try:
            is_right = answer is not None and answer.is_valid()
        except ImmediateHttpResponse as too_many:
            return too_many.response
        if not is_right:
            about = request.POST[ABOUT]
            act = Sensitive(about) if about in Sensitive.values else Sensitive.OWN_SIGN_IN
            return _question(request, act, ways)
        if isinstance(answer, PasswordForm):
            reauthenticate_by_password(request)
        else:
            answer.save()
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, ReauthenticationRequired):
            act = Sensitive.OWN_SIGN_IN
        elif isinstance(exception, ProofRequired):
            act = exception.act
        else:
            return None
        if not request.user.is_authenticated:
            return redirect_to_login(request.get_full_path())
        if request.method != "POST":
            return prove_first(request)
        response = _question(request, act, _ways(request))
        transaction.set_rollback(True)  # undo what the view did before
        return response


def prove_first(request: HttpRequest) -> HttpResponse:
    """Redirect to the page that asks for a proof, which returns here; posted data is dropped."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    if not methods:
        raise PermissionDenied
    return redirect(f"{methods[0]['url']}?{urlencode({'next': request.get_full_path()})}")


class ChangePassword(PasswordChangeView):
    """Changes a password. The current one doesn't replace the second factor as a proof."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = request.user
        if user.is_authenticated and user.has_second_factor and not has_proved(request):
            return prove_first(request)
        return super().dispatch(request, *args, **kwargs)


def _ways(request: HttpRequest, *, answered: bool = False) -> dict[str, Any]:
    """Return the forms with which this person can prove it's them, by field.

    If they `answered`, the form that they filled in is bound.
    """
    methods = get_adapter().get_reauthentication_methods(request.user)
    known = {field: form for form, field in (WAYS[method["id"]] for method in methods)}
    used = [field for field in known if request.POST.get(f"proof-{field}")] or [*known]
    sent = {used[0]: request.POST} if answered and used else {}
    whose = {"user": request.user, "prefix": "proof"}
    return {field: form(sent.get(field), **whose) for field, form in known.items()}


def _question(request: HttpRequest, act: Sensitive, ways: dict[str, forms.Form]) -> HttpResponse:
    """Ask for a proof, with everything that was posted."""
    if not ways:
        raise PermissionDenied
    carried = [
        (name, value)
        for name, values in request.POST.lists()
        if not name.startswith("proof-") and name != "csrfmiddlewaretoken"
        for value in values
    ]
    context = {
        "act": act,
        "passkey": ways.get("credential"),
        "typed": ways.get("password") or ways.get("code"),
        "is_code": "code" in ways,
        "carried": carried,
        "about": ABOUT,
        "here": request.get_full_path(),
        "back": request.path,
        "passkey_options": _passkey_options(request) if "credential" in ways else "",
    }
    if request.path.startswith(ADMIN):
        context |= site.each_context(request) | {
            "layout": "admin/base_site.html",
            "title": _("Is this still you?"),
        }
    elif request.path.startswith(PREFIX):
        context["layout"] = "account/_entrance.html"
    response = render(request, "users/proof.html", context, status=422)
    response.headers["HX-Retarget"] = "#dialog"
    return response


def _passkey_options(request: HttpRequest) -> str:
    return json.dumps(begin_authentication(request.user), cls=DjangoJSONEncoder)
