"""Decide who may sign in, and enter the scope that their requests may see (R1)."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
from allauth.account.forms import LoginForm
from allauth.account.forms import ResetPasswordKeyForm as AllauthResetPasswordKeyForm
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.stagekit import clear_login
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from users import known_browsers, language, sessions, throttle
from users.forms import EmailField
from users.jobs import defer
from users.models import Account, User
from users.refusals import REFUSALS
from users.support import visits
from users.tenancy import scope

# Pages under this prefix run before anyone is signed in.
PREFIX = "/sign-in/"
ADMIN = "/admin/"
# The query reads only this person's account, after the function has entered their scope.
RECOGNISED = """
SELECT person.*,
    (SELECT name FROM users_account WHERE id = person.account_id) AS account_name,
    (SELECT second_factor_required FROM users_account WHERE id = person.account_id)
        AS second_factor_required
FROM users_recognised(%s) AS person
"""


class Backend(AuthenticationBackend):
    """Recognize people by email and password, and afterward by their session."""

    def user_can_authenticate(self, user: User) -> bool:
        return user.may_sign_in

    def get_user(self, user_id: int) -> User | None:
        """Return the session's user, and enter their scope for the rest of the transaction.

        Their `lacks_second_factor` says whether they must set one up before anything else.
        """
        user = next(iter(User.objects.raw(RECOGNISED, [user_id])), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        columns = vars(user)  # those of RECOGNISED, too
        if user.account_id:  # every page names it
            fields = ["id", "name", "second_factor_required"]
            values = [user.account_id, columns["account_name"], columns["second_factor_required"]]
            user.account = Account.from_db(user._state.db, fields, values)
        required = user.is_staff or (user.is_administrator and columns["second_factor_required"])
        user.lacks_second_factor = required and not user.has_second_factor
        return user


class Adapter(DefaultAccountAdapter):
    """Our answers to what allauth asks: no one signs up; people are added or invited."""

    error_messages = DefaultAccountAdapter.error_messages | {
        code: REFUSALS[code].sentence
        for code in ("email_password_mismatch", "enter_current_password", "incorrect_password")
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return super().is_safe_url(url)
        except ValueError:  # not a URL at all, such as http://[
            return False

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        with throttle.limit_guesses(request, "password", credentials.get("email")) as guess:
            user = super().authenticate(request, **credentials)
            guess.right = user is not None
        return user

    def reauthenticate(self, user: User, password: str) -> bool:
        with throttle.limit_guesses(context.request, "password", user.email) as guess:
            guess.right = user.check_password(password)
        return guess.right

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """Return how a person proves it's still them: by their second factor if they have one."""
        methods = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"] != "reauthenticate"] or methods

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        if not user.may_sign_in:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign a person in; for a while they needn't prove again that it's them."""
        if not user.may_sign_in:  # any more, since they entered their password
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)
        Backend().get_user(user.pk)
        sessions.start_session(request, user)
        language.remember_language(user)
        known_browsers.remember_browser(request, user, known_browsers.list_proofs(request, user))
        record_authentication(request, user, method="sign_in", reauthenticated=True)

    def set_password(self, user: User, password: str) -> None:
        """Save the new password of a person who gave the old one or used a mailed link."""
        super().set_password(user, password)
        proved = {known_browsers.PASSWORD, *known_browsers.list_proofs(context.request, user)}
        # With a mailed link, no one is signed in yet, so enter this person's scope.
        with scope.entered(account_id=user.account_id, scope="support" if user.is_staff else ""):
            known_browsers.remember_browser(context.request, user, proved)

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: object, **kwargs: object
    ) -> None:
        """Mail a person what changed about their sign-in (OWASP ASVS 5, V6.3.7)."""
        defer(
            "users.tell",
            account_id=user.account_id or 0,
            user_id=user.pk,
            what=template_prefix.rpartition("/")[2],
        )


class OurLabels(forms.Form):
    """Labels as on our other pages; no placeholder, which would vanish once something is typed."""

    labels: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class SignInForm(OurLabels, LoginForm):
    """Email address and password."""


class ResetPasswordKeyForm(OurLabels, AllauthResetPasswordKeyForm):
    """A new password, for whoever opened the mailed link."""

    labels = {"password1": _("New password"), "password2": _("New password, again")}


class ChangePasswordForm(OurLabels, AllauthChangePasswordForm):
    """The old password and a new one."""

    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password, again"),
    }

    def clean_oldpassword(self) -> str:
        with throttle.limit_guesses(context.request, "password", self.user.email) as guess:
            password = super().clean_oldpassword()
            guess.right = True
        return password


class ResetPasswordForm(forms.Form):
    """Takes an email address. The worker sends the mail, so timing doesn't reveal who exists."""

    email = EmailField(label=_("Email"), max_length=254)

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        email = self.cleaned_data["email"]
        found = User.objects.filter(email=email).values_list("pk", flat=True).first()
        defer("users.send_password_link", account_id=0, user_id=found or 0)
        return email


def recognize_person(request: HttpRequest) -> None:
    """Find out who sends this request, and enter the scope that they may see.

    An administrator sees their own account. Support staff see all accounts in Django admin, and
    elsewhere the one they visit (R1, R35). Before anyone is signed in, the sign-in pages see people
    and other pages see nothing.
    """
    if sessions.has_expired(request.session):
        request.session.flush()
    if not request.user.is_authenticated:
        scope.enter(scope="sign_in" if request.path.startswith(PREFIX) else "")
    elif request.user.is_staff and not request.path.startswith((PREFIX, ADMIN)):
        request.visit = visits.enter_visit(request)  # type: ignore[attr-defined]


def admin_sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Replace Django admin's sign-in page with ours. Anyone but support staff gets 403."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or request.get_full_path())


def admin_password_change(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Replace Django admin's page for changing a password with ours."""
    return redirect("account_change_password")
