"""Add, edit, deactivate and delete an account's people, and change their plans (R23 to R25).

This app doesn't know phones. While a user has a phone, the database refuses changes that would make
the assignment invalid.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import ProtectedError, QuerySet
from django.utils.translation import gettext as _

from users import news, sensitive, sessions, sip
from users.jobs import tell_e911_provider
from users.models import Account, Plan, User
from users.refusals import HAS_PHONE, KEEPS_PHONE, REFUSALS
from users.sensitive import Sensitive
from users.tenancy.history import DELETED, versions_of
from users.tenancy.refusals import explain_refusals, make_error

EDITABLE = ("first_name", "last_name", "email", "ext", "caller_id", "is_administrator")


def add(*, account_id: int, plan: str, **fields: Any) -> User:
    """Add a person to an account, with SIP credentials if the plan has a line.

    Raises ValidationError, and ProofRequired for an administrator (R44).
    """
    if fields.get("is_administrator"):
        sensitive.require_proof(Sensitive.ADMINISTRATORS)
    user = User(account_id=account_id, plan=plan, **fields)
    user.set_unusable_password()
    with explain_refusals(REFUSALS):
        user.save()
        if user.has_line:
            sip.issue_credentials([user])
    if user.is_administrator:
        news.announce_role_change(user)
    return user


def edit(user: User, **fields: Any) -> None:
    """Change what EDITABLE names: the one way to another email address or role.

    Another address or role is sensitive (R44), signs the person out everywhere, and is told by mail
    to everyone it concerns. Raises ProofRequired, and ValidationError, also if the account would
    lose its last administrator (R25).
    """
    kept = User.objects.get(pk=user.pk)
    moves = fields.get("email", kept.email) != kept.email
    changes_role = fields.get("is_administrator", kept.is_administrator) != kept.is_administrator
    if moves:
        sensitive.require_proof(Sensitive.EMAIL)
    if changes_role:
        sensitive.require_proof(Sensitive.ADMINISTRATORS)
    with explain_refusals(REFUSALS):
        if not fields.get("is_administrator", True):
            _not_the_last_administrator(user)
        for name in EDITABLE:
            if name in fields:
                setattr(user, name, fields[name])
        user.save(update_fields=list(fields))
        # The name that the dispatcher sees may have changed.
        tell_e911_provider("tell_caller", account_id=user.own_account_id, user_id=user.pk)
    if moves or changes_role:
        sessions.end_all(user)
    if moves:
        news.announce_email_change(user)
    if changes_role:
        news.announce_role_change(user)


def change_plan(user: User, plan: str) -> None:
    """Change the plan; credentials come and go with it (R22). Raises ValidationError (R23)."""
    with explain_refusals(KEEPS_PHONE):
        user = User.objects.select_for_update().get(pk=user.pk)
        had_line = user.has_line
        user.plan = plan
        user.save(update_fields=["plan"])
        if user.has_line and not had_line:
            sip.issue_credentials([user])
        elif had_line and plan == Plan.BASIC:
            sip.remove_credentials(user)


def set_active(user: User, active: bool) -> None:
    """Let a person in, or keep them out with everything they have.

    Sessions end either way, so none from before can come back to life. With an administrator their
    role comes or goes, which is sensitive (R44). Raises ValidationError (R25) and ProofRequired.
    """
    kept = User.objects.get(pk=user.pk)
    changes_role = kept.is_administrator and kept.is_active != active
    if changes_role:
        sensitive.require_proof(Sensitive.ADMINISTRATORS)
    with explain_refusals(KEEPS_PHONE):
        if not active:
            _not_the_last_administrator(user)
        user.is_active = active
        user.save(update_fields=["is_active"])
    sessions.end_all(user)
    if changes_role:
        news.announce_role_change(user)


def delete(user: User) -> None:
    """Delete a person; for an administrator this is sensitive (R44).

    Raises ProofRequired, and ValidationError if they have a phone or are the last administrator
    (R25).
    """
    key = user.pk
    # On record, whatever they were when `user` was read.
    administers = User.objects.filter(pk=key, is_administrator=True).exists()
    if administers:
        sensitive.require_proof(Sensitive.ADMINISTRATORS)
    with explain_refusals(KEEPS_PHONE):
        _not_the_last_administrator(user)
        try:
            user.delete()
        except ProtectedError as error:
            raise make_error(KEEPS_PHONE, HAS_PHONE) from error
    if administers:
        user.pk = key  # the history knows them by it
        news.announce_role_change(user)


def _not_the_last_administrator(user: User) -> None:
    """Raise ValidationError if nobody could administer the account without this person (R25)."""
    Account.lock(user.own_account_id)  # so two administrators can't demote each other at once
    of_account = User.objects.filter(account_id=user.own_account_id)
    others = administrators_who_can_sign_in(of_account).exclude(pk=user.pk)
    administers = of_account.filter(pk=user.pk, is_administrator=True, is_active=True)
    if administers.exists() and not others.exists():
        raise make_error(REFUSALS, "last_administrator")


def describe_missing(user: User) -> str:
    """Return what an active person on Plus or Pro still lacks for a phone (R19), "" if nothing."""
    if not user.is_active or not user.has_line:
        return ""
    parts = [
        name
        for name, value in (
            (_("first name"), user.first_name),
            (_("last name"), user.last_name),
            (_("email"), user.email),
            (_("extension"), user.ext),
        )
        if not value
    ]
    return _("Not fully set up. Missing: %(parts)s.") % {"parts": ", ".join(parts)} if parts else ""


def administrators_who_can_sign_in(users: QuerySet[User]) -> QuerySet[User]:
    """Leave the administrators who accepted their invitation and aren't kept out (R25)."""
    can = users.filter(is_administrator=True, is_active=True, sign_in_blocked_at=None)
    return can.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def was_deleted(*, account_id: int | None, key: int) -> bool:
    """Tell whether the account (None: any that the scope shows) had such a person, now deleted."""
    deleted = versions_of(User).filter(pgh_obj_id=key, pgh_label=DELETED)
    return (deleted.filter(account_id=account_id) if account_id else deleted).exists()
