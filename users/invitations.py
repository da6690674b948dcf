"""Invite people by email, with a link to choose a password (R39).

An address typed here may be a stranger's. So the number of invitations is limited both from an
account and to an address from all accounts (settings.ACCOUNT_RATE_LIMITS), however often people are
added and deleted in between, and whether an administrator or support staff sends them. Only the
operator's command has no limits: someone who runs it controls the machine and could send any mail
from it anyway.
"""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from users import links, news, sensitive, sessions, throttle
from users.jobs import defer
from users.models import Account, User
from users.refusals import REFUSALS
from users.sensitive import Sensitive
from users.tenancy import scope
from users.tenancy.refusals import explain_refusals
from users.tenancy.text import clean_text


class TooMany(ValidationError):
    """No invitation was sent; `message` says why, and what to do."""


def invite_administrator(*, time_zone: str | None = None, **who: str) -> User:
    """Add an administrator (`add_administrator`) and mail the invitation, without limits."""
    with transaction.atomic(), scope.entered(scope="support"):
        return _mailed(add_administrator(time_zone=time_zone, **who))


def add_administrator(
    *,
    account: str,
    email: str,
    first_name: str = "",
    last_name: str = "",
    time_zone: str | None = None,
) -> User:
    """Make a person an administrator of the account of this name, adding either if missing.

    `time_zone` is a new account's.
    Raises ValidationError, and changes nothing, if the email is invalid or in use elsewhere. Raises
    ProofRequired (R44).
    """
    with transaction.atomic(), scope.entered(scope="support"):
        account = clean_text(account)
        company = Account.objects.filter(name__iexact=account).first()
        company = company or Account.objects.create(name=account, time_zone=time_zone)
        names = {"first_name": first_name, "last_name": last_name}
        user = _known(email) or User(account=company, email=email.lower(), **names)
        if user.account_id != company.pk:
            raise ValidationError(_("%(email)s is already in use elsewhere.") % {"email": email})
        sensitive.require_proof(Sensitive.ADMINISTRATORS)
        was_administrator, user.is_administrator = user.is_administrator, True
        _saved(user)
        if not was_administrator:
            sessions.end_all(user)
            news.announce_role_change(user)
        return user


def invite_support_agent(
    *,
    email: str,
    first_name: str = "",
    last_name: str = "",
    may_act: bool = True,
) -> User:
    """Invite a person to the phone company's support staff, without limits.

    Without `may_act`, they can see everything but change nothing. Raises ValidationError like
    `add_administrator`.
    """
    with transaction.atomic(), scope.entered(scope="support"):
        names = {"first_name": first_name, "last_name": last_name}
        user = _known(email) or User(email=email.lower(), **names)
        if user.account_id is not None:
            raise ValidationError(_("%(email)s is already in use elsewhere.") % {"email": email})
        user.is_staff, user.may_act = True, may_act
        return _mailed(_saved(user))


def can_be_invited(user: User) -> bool:
    """Tell whether a person may administer their account but has no password yet."""
    return user.is_administrator and user.may_sign_in and not user.has_usable_password()


def send_invitation(user: User, *, by: User) -> None:
    """Have the worker mail an invitation on behalf of an administrator or support staff.

    Raises TooMany, with nothing sent, beyond the limits.
    """
    if not throttle.count_if_allowed(
        invitations_to=user.mail_address, invitations_from=user.own_account_id
    ):
        raise TooMany(
            _(
                "No invitation was sent: too many went to %(email)s or from this company in the"
                " last hour or day. Try again later with Send invitation, in the person’s Options"
                " on Users."
            )
            % {"email": user.email}
        )
    defer("users.send_invitation", account_id=user.own_account_id, user_id=user.pk, by=by.pk)


def _known(email: str) -> User | None:
    validate_email(email)
    User._meta.get_field("email").run_validators(email)  # its length
    return User.objects.filter(email=email.lower()).first()


def _saved(user: User) -> User:
    if user._state.adding:
        user.set_unusable_password()
    with explain_refusals(REFUSALS):
        user.save()
    return user


def _mailed(user: User) -> User:
    if user.has_usable_password():
        links.send_password_link(user)
    else:
        links.send_invitation(user)
    return user
