"""The worker's tasks about sign-in: send mails, and delete what has expired."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPException

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.db import InterfaceError, OperationalError, connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from users import language, links, news, throttle
from users.models import User
from users.tenancy import scope

# What a person reads when their sign-in changed. Most keys are allauth's names for the change.
NEWS = {
    "password_changed": gettext_lazy("Your password was changed."),
    "password_reset": gettext_lazy("A new password was chosen, with a link sent to this address."),
    "totp_activated": gettext_lazy("An authenticator app was added as your second factor."),
    "totp_deactivated": gettext_lazy("The authenticator app was removed from your second factors."),
    "webauthn_added": gettext_lazy("A passkey was added."),
    "webauthn_removed": gettext_lazy("A passkey was removed."),
    "recovery_codes_generated": gettext_lazy(
        "New recovery codes were made. The old ones no longer work."
    ),
    "second_factor_reset": gettext_lazy(
        "Your second factors were removed by an administrator or by support."
    ),
}


def mail_task(name: str):
    """Return the decorator of a task that sends mail.

    It retries for some hours while the mail server or database is down.
    """
    away = {OSError, SMTPException, OperationalError, InterfaceError}
    patience = RetryStrategy(max_attempts=10, exponential_wait=3, retry_exceptions=away)
    return app.task(name=name, retry=patience)


@mail_task("users.send_password_link")
def send_password_link(account_id: int, user_id: int) -> None:
    """Mail a link to a person who forgot their password; no one has the key 0.

    Someone who never had a password may be a stranger whom an administrator added, so their link
    counts as an invitation.
    """
    user = _person(user_id)
    if user is None or not user.may_sign_in:
        return
    if user.has_usable_password():
        links.send_password_link(user)
    elif throttle.is_within_limits(invitations_to=user.mail_address):
        links.send_password_link(user)
        # Counted after sending, so a mail that has to be retried counts once.
        throttle.count_use(invitations_to=user.mail_address)


@mail_task("users.send_invitation")
def send_invitation(account_id: int, user_id: int, by: int) -> None:
    """Mail a person their invitation, unless they have set a password since."""
    user = _person(user_id)
    if user and user.may_sign_in and not user.has_usable_password():
        links.send_invitation(user, by=_person(by))


@mail_task("users.send_let_in_again")
def send_let_in_again(account_id: int, user_id: int) -> None:
    """Mail a person whose block was lifted a link to choose a new password."""
    user = _person(user_id)
    if user and user.may_sign_in and not user.has_usable_password():
        links.send_let_in_again(user)


@mail_task("users.tell")
def send_news(account_id: int, user_id: int, what: str) -> None:
    """Mail a person what changed about their sign-in, within a limit of such mails."""
    user = _person(user_id)
    if user and throttle.is_within_limits(news_to=user.mail_address):
        with language.in_language_of(user):
            text = render_to_string(
                "users/email/news.txt", {"news": NEWS[what], "at": timezone.now()}
            )
            send_mail(_("Your sign-in to phoneadmin"), text, None, [user.mail_address])
        throttle.count_use(news_to=user.mail_address)


@mail_task("users.tell_of_change")
def send_change_notice(account_id: int, version: int, what: str, reader: int, spoken: str) -> None:
    """Mail someone about a change to an address, a role or a sign-in that concerns them."""
    with transaction.atomic(), scope.entered(account_id=account_id):
        message = news.compose_mail(
            account_id, version=version, what=what, reader=reader, spoken=spoken
        )
    if message is None:
        return
    # Someone may have entered a stranger's address to have mail sent there.
    limited = {"news_to": message.to[0]} if what == "email_now" else {}
    if throttle.is_within_limits(**limited):
        message.send()
        throttle.count_use(**limited)


@app.periodic(cron="17 3 * * *")
@app.task(name="users.tidy", queueing_lock="users.tidy")
def delete_expired_rows(timestamp: int) -> None:
    """Delete rows older than their table keeps them, such as ended sessions and counts (R65)."""
    now = timezone.now()
    with transaction.atomic(), scope.entered(scope="support"):
        with connection.cursor() as cursor:
            for table, kept in settings.RETENTION.items():
                if isinstance(kept.lasts, timedelta):
                    old = now - kept.lasts
                    cursor.execute(f"DELETE FROM {table} WHERE {kept.column} < %s", [old])
        UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()


def _person(key: int) -> User | None:
    with transaction.atomic(), scope.entered(scope="sign_in"):
        return (
            User.objects.filter(pk=key, is_active=True, email__isnull=False)
            .select_related("account")
            .first()
        )
