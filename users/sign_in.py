"""Who may come in, and where to: the named place of the sign-in scope (R1)."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from users import scope
from users.models import User

# Pages under this prefix run before it is known who is there.
PREFIX = "/sign-in/"


class Backend(AuthenticationBackend):
    """Knows people by email and password; loads them together with their account, which every page shows."""

    def get_user(self, user_id: int) -> User | None:
        user = User.objects.select_related("account").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None


class Adapter(DefaultAccountAdapter):
    """What allauth needs to know of us: nobody signs up, people are added or invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str | None) -> bool:
        try:
            return super().is_safe_url(url)
        except ValueError:  # no URL at all, such as http://[
            return False

    def send_notification_mail(self, *args: object, **kwargs: object) -> None:
        """Send none: allauth would take the address from its own table of emails, which we do not use."""


def recognise(request: HttpRequest) -> AbstractBaseUser:
    """Return who sends this request, and enter the scope that he may see for the rest of its transaction.

    Support staff see all accounts, but only in Django admin (R1, R35); everybody else sees his own account.
    """
    scope.enter(scope="sign_in")
    user = request.user
    if isinstance(user, User) and not user.is_staff:
        scope.enter(account_id=user.account_id)
    elif isinstance(user, User):
        scope.enter(scope="support")
    elif not request.path.startswith(PREFIX):
        scope.enter()
    return user


def admin_sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Django admin's own sign-in page is not ours: there is one way in. Others than support staff get 403."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or request.get_full_path())
