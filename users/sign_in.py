"""Who may come in, and where to: the named place of the sign-in scope (R1)."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from users import scope
from users.models import User

# Pages under this prefix run before it is known who is there.
PREFIX = "/sign-in/"


class Backend(AuthenticationBackend):
    """Knows people by email and password, and from then on by their session."""

    def get_user(self, user_id: int) -> User | None:
        """Return whose session it is, and enter the scope that he may see for the rest of the transaction."""
        user = next(iter(User.objects.raw("SELECT * FROM users_recognised(%s)", [user_id])), None)
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


def recognise(request: HttpRequest) -> None:
    """Find out who sends this request, and let the rest of its transaction see what he may see.

    An administrator sees his own account, support staff all of them, though only in Django admin (R1, R35). Before it
    is known who is there, only the sign-in pages see people, and the others nothing.
    """
    if not request.user.is_authenticated:
        scope.enter(scope="sign_in" if request.path.startswith(PREFIX) else "")


def admin_sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Django admin's own sign-in page is not ours: there is one way in. Others than support staff get 403."""
    if request.user.is_authenticated:
        raise PermissionDenied
    return redirect_to_login(request.GET.get("next") or request.get_full_path())
