"""How the first people get in: an invitation by email, with a link to choose a password (R39)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from users import links, scope
from users.jobs import defer
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


def invite_support_agent(*, email: str, first_name: str = "", last_name: str = "", may_act: bool = True) -> User:
    """Invite somebody of the phone company's support staff; who may not act sees everything and changes nothing.

    Raises ValidationError like `invite_administrator`.
    """
    with transaction.atomic(), scope.entered(scope="support"):
        user = _known(email) or User(email=email.lower(), first_name=first_name, last_name=last_name)
        if user.account_id is not None:
            raise ValidationError(_("%(email)s is in use elsewhere.") % {"email": email})
        user.is_staff, user.may_act = True, may_act
        return _invite(user)


def awaited(user: User) -> bool:
    """Tell whether somebody may administer his account but has no password to come in with."""
    return user.is_administrator and user.is_active and not user.has_usable_password()


def send(user: User, *, by: User) -> None:
    """Have the worker mail an invitation, in the name of another administrator."""
    defer("users.send_invitation", account_id=user.account_id, user_id=user.pk, by=by.pk)


def _known(email: str) -> User | None:
    validate_email(email)
    User._meta.get_field("email").run_validators(email)  # its length
    return User.objects.filter(email=email.lower()).first()


def _invite(user: User) -> User:
    if user._state.adding:
        user.set_unusable_password()
    with told(SENTENCES):
        user.save()
    if user.has_usable_password():
        links.send_password_link(user)
    else:
        links.send_invitation(user)
    return user
