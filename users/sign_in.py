"""Who may come in, and where to: the named place of the sign-in scope (R1)."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.account.forms import ChangePasswordForm as AllauthChangePasswordForm
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

# Pages under this prefix run before it is known who is there.
PREFIX = "/sign-in/"
ADMIN = "/admin/"
# The account is looked at only for the person that was found, and by then the function has entered his scope.
RECOGNISED = """
SELECT person.*,
    (SELECT name FROM users_account WHERE id = person.account_id) AS account_name,
    (SELECT second_factor_required FROM users_account WHERE id = person.account_id) AS second_factor_required
FROM users_recognised(%s) AS person
"""


class Backend(AuthenticationBackend):
    """Knows people by email and password, and from then on by their session."""

    def user_can_authenticate(self, user: User) -> bool:
        return user.may_sign_in

    def get_user(self, user_id: int) -> User | None:
        """Return whose session it is, and enter the scope that he may see for the rest of the transaction.

        `lacks_second_factor` of the person says whether he has to set one up before anything else.
        """
        user = next(iter(User.objects.raw(RECOGNISED, [user_id])), None)
        if user is None or not self.user_can_authenticate(user):
            return None
        if user.account_id:  # every page names it
            fields = ["id", "name", "second_factor_required"]
            values = [user.account_id, user.account_name, user.second_factor_required]
            user.account = Account.from_db(user._state.db, fields, values)
        required = user.is_staff or (user.is_administrator and user.second_factor_required)
        user.lacks_second_factor = required and not user.has_second_factor
        return user


class Adapter(DefaultAccountAdapter):
    """What allauth needs to know of us: nobody signs up, people are added or invited."""

    error_messages = DefaultAccountAdapter.error_messages | {
        code: REFUSALS[code].sentence
        for code in ("email_password_mismatch", "enter_current_password", "incorrect_password")
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return super().is_safe_url(url)
        except ValueError:  # no URL at all, such as http://[
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
        """Return how somebody proves that it is still him: by his second factor where he has one."""
        methods = super().get_reauthentication_methods(user)
        return [method for method in methods if method["id"] != "reauthenticate"] or methods

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        if not user.may_sign_in:
            clear_login(request)
            return self.respond_user_inactive(request, user)
        return super().pre_login(request, user, **kwargs)

    def login(self, request: HttpRequest, user: User) -> None:
        """Sign somebody in: from here on the request is his own, and for a while he need not prove again who he is."""
        if not user.may_sign_in:  # any more, since they entered their password
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)
        Backend().get_user(user.pk)
        sessions.start_session(request, user)
        language.remember_language(user)
        known_browsers.remember_browser(request, user, known_browsers.list_proofs(request, user))
        record_authentication(request, user, method="sign_in", reauthenticated=True)

    def set_password(self, user: User, password: str) -> None:
        """Keep a new password: of somebody who showed the old one, or that he reads his mail."""
        super().set_password(user, password)
        proved = {known_browsers.PASSWORD, *known_browsers.list_proofs(context.request, user)}
        # Who comes by a link isn't signed in: this is the only person whose rows are touched.
        with scope.entered(account_id=user.account_id, scope="support" if user.is_staff else ""):
            known_browsers.remember_browser(context.request, user, proved)

    def send_notification_mail(
        self, template_prefix: str, user: User, *args: object, **kwargs: object
    ) -> None:
        """Tell a person by email what became different about his sign-in (OWASP ASVS 5, V6.3.7)."""
        defer(
            "users.tell",
            account_id=user.account_id or 0,
            user_id=user.pk,
            what=template_prefix.rpartition("/")[2],
        )


class ChangePasswordForm(AllauthChangePasswordForm):
    """The old password and a new one."""

    def clean_oldpassword(self) -> str:
        with throttle.limit_guesses(context.request, "password", self.user.email) as guess:
            password = super().clean_oldpassword()
            guess.right = True
        return password


class ResetPasswordForm(forms.Form):
    """Whose password is forgotten. The worker writes the mail: every answer takes as long, whoever it is."""

    email = EmailField(label=_("Email"), max_length=254)

    def save(self, request: HttpRequest, **kwargs: object) -> str:
        email = self.cleaned_data["email"]
        found = User.objects.filter(email=email).values_list("pk", flat=True).first()
        defer("users.send_password_link", account_id=0, user_id=found or 0)
        return email


def recognize_person(request: HttpRequest) -> None:
    """Find out who sends this request, and let the rest of its transaction see what he may see.

    An administrator sees his own account, support staff all of them, though only in Django admin, and elsewhere the one
    that they visit (R1, R35). Before it is known who is there, only the sign-in pages see people, others see nothing.
    """
    if sessions.has_expired(request.session):
        request.session.flush()
    if not request.user.is_authenticated:
        scope.enter(scope="sign_in" if request.path.startswith(PREFIX) else "")
    elif request.user.is_staff and not request.path.startswith((PREFIX, ADMIN)):
        request.visit = visits.enter_visit(request)  # type: ignore[attr-defined]


def admin_sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Django admin's own sign-in page is not ours: there is one way in. Others than support staff get 403."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or request.get_full_path())


def admin_password_change(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Django admin's own page for a new password is not ours either."""
    return redirect("account_change_password")
