"""Mail links: to choose a password, and to block a sign-in (users.blocks).

Using a link to choose a password proves that the mail arrived.
"""

from __future__ import annotations

import re
from datetime import timedelta

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import signing
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import base36_to_int
from django.utils.translation import gettext as _

from users import language
from users.models import User
from users.tenancy.text import INVISIBLE

FORGOTTEN = 3600  # seconds for which a link to replace a password works
# The quoted form of an address (RFC 5322, section 3.4.1) could hold a whole message.
PLAIN = re.compile(r"[\w.+'-]+@[\w.-]+", re.ASCII)
BLOCKING = timedelta(days=30)  # of the link to block a sign-in: longer than most vacations


class Tokens(PasswordResetTokenGenerator):
    """Makes and checks the token in a link, which no one can guess.

    It works until it is used, the password changes, or the person is signed out everywhere.

    An invitation lasts PASSWORD_RESET_TIMEOUT, a link to replace a password one hour (OWASP ASVS 5,
    V6.4.1: codes that let someone in expire soon).
    """

    def _make_hash_value(self, user: User, timestamp: int) -> str:
        return super()._make_hash_value(user, timestamp) + user.sign_in_epoch

    def check_token(self, user: User | None, token: str | None) -> bool:
        if not (user and token and user.may_sign_in and super().check_token(user, token)):
            return False
        age = self._num_seconds(self._now()) - base36_to_int(token.partition("-")[0])
        return age <= FORGOTTEN or not user.has_usable_password()


def send_invitation(user: User, *, by: User | None = None) -> None:
    """Mail a person the link to choose their first password, in the inviter's language.

    The mail may reach a stranger, so it repeats nothing that customers type freely: only the
    inviter's email address, and the account's name, which the phone company chose.
    """
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    about = {
        "user": user,
        "link": _link(user),
        "days": days,
        "by": by.email if by and PLAIN.fullmatch(by.email or "") else "",
        "account": " ".join(INVISIBLE.sub(" ", str(user.account)).split()),
    }
    with language.in_language_of(user, by.language if by else ""):
        text = render_to_string("users/email/invitation.txt", about)
        send_mail(_("Your invitation to phoneadmin"), text, None, [user.mail_address])


def send_password_link(user: User) -> None:
    """Mail a person the link to replace a forgotten password."""
    with language.in_language_of(user):
        text = render_to_string("users/email/password_link.txt", {"link": _link(user)})
        send_mail(_("Choose a new password for phoneadmin"), text, None, [user.mail_address])


def send_let_in_again(user: User) -> None:
    """Mail someone who may sign in again the link to choose a new password.

    It works as long as an invitation.
    """
    days = settings.PASSWORD_RESET_TIMEOUT // (24 * 3600)
    with language.in_language_of(user):
        text = render_to_string("users/email/let_in_again.txt", {"link": _link(user), "days": days})
        send_mail(_("You can sign in to phoneadmin again"), text, None, [user.mail_address])


def make_block_link(account_id: int, version: int) -> str:
    """Return the link that can block a person's sign-in.

    `version` is the key of their version in the history that has the new address.
    """
    key = signing.dumps([account_id, version], salt="users.blocks")
    return settings.PUBLIC_URL + reverse("account_block", args=[key])


def read_block_key(key: str) -> tuple[int, int] | None:
    """Return the account and version in a block link; None if it's forged or too old."""
    try:
        account_id, version = signing.loads(key, salt="users.blocks", max_age=BLOCKING)
    except signing.BadSignature:
        return None
    return account_id, version


def _link(user: User) -> str:
    where = {"uidb36": user_pk_to_url_str(user), "key": Tokens().make_token(user)}
    return settings.PUBLIC_URL + reverse("account_reset_password_from_key", kwargs=where)
