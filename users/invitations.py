"""How the first people get in: an invitation by email, with a link to choose a password (R39)."""

from __future__ import annotations

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.core.validators import validate_email
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from users import scope
from users.models import Account, User
from users.people import SENTENCES
from users.refusals import told


def invite_administrator(*, account: str, email: str, first_name: str = "", last_name: str = "") -> User:
    """Invite somebody to administer the account of this name, which is made where it does not exist yet.

    A person of the account with this email becomes an administrator. Raises ValidationError for an email that is none,
    or that is in use elsewhere; then nothing is made and nothing sent.
    """
    with transaction.atomic(), scope.entered(scope="support"):
        company = Account.objects.filter(name__iexact=account).first() or Account.objects.create(name=account)
        user = _known(email) or User(account=company, email=email.lower(), first_name=first_name, last_name=last_name)
        if user.account_id != company.pk:
            raise ValidationError(_("%(email)s is in use elsewhere.") % {"email": email})
        user.is_administrator = True
        return _invite(user)


def invite_support_agent(*, email: str, first_name: str = "", last_name: str = "") -> User:
    """Invite somebody of the phone company's support staff. Raises ValidationError like `invite_administrator`."""
    with transaction.atomic(), scope.entered(scope="support"):
        user = _known(email) or User(email=email.lower(), first_name=first_name, last_name=last_name)
        if user.account_id is not None:
            raise ValidationError(_("%(email)s is in use elsewhere.") % {"email": email})
        user.is_staff = user.is_superuser = True
        return _invite(user)


def _known(email: str) -> User | None:
    validate_email(email)
    User._meta.get_field("email").run_validators(email)  # its length
    return User.objects.filter(email=email.lower()).first()


def _invite(user: User) -> User:
    if user._state.adding:
        user.set_unusable_password()
    with told(SENTENCES):
        user.save()
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    uid, token = key.split("-", 1)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    text = render_to_string(
        "users/email/invitation.txt", {"user": user, "link": settings.PUBLIC_URL + path, "days": days}
    )
    send_mail(_("Your invitation to phoneadmin"), text, None, [user.email])
    return user
