"""Block a sign-in from the mailbox of a replaced email address, until the block is lifted (R44).

The mailed link can do nothing else, and works once for each change: lifting a block ends the links
of all changes before it. So whoever reads the mail of someone who left can't keep locking out their
successor. A block keeps the person from signing in by any means, and doesn't affect their phone
line or 911.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from users import links, news, second_factor, sensitive, sessions
from users.jobs import defer
from users.models import Account, User
from users.news import Change
from users.sensitive import Sensitive
from users.tenancy import history, scope
from users.tenancy.actors import Actor, ActorKind


@dataclass(frozen=True)
class Link:
    """The change that a block link is about, and the user as they are now."""

    change: Change
    user: User

    @property
    def is_blocked(self) -> bool:
        return self.user.sign_in_blocked_at is not None


def open_link(key: str, *, block: bool = False) -> Link | None:
    """Return what a block link is about; None if forged, too old, used up, or the person is gone.

    With `block`, block the person's sign-in unless it already is: end their sessions and alert
    administrators. Anyone who has the link may do this, signed in or not, so the function enters
    the account's scope by itself.
    """
    known = links.read_block_key(key)
    if known is None:
        return None
    account_id, version = known
    with transaction.atomic(), scope.entered(account_id=account_id):
        if block:
            Account.lock(account_id)
        change = news.read_change(account_id, version)
        if change is None:
            return None
        user = User.objects.filter(pk=change.now.pgh_obj_id).first()
        if user is None or user.sign_in_cleared_at != change.now.sign_in_cleared_at:
            return None
        link = Link(change, user)
        if block and not link.is_blocked:
            history.set_actor(Actor(ActorKind.MAILBOX, change.was.email))
            user.sign_in_blocked_at = timezone.now()
            user.save(update_fields=["sign_in_blocked_at"])
            news.announce_block(user)
            sessions.end_all(user)
        return link


def mailbox_that_blocked(user: User) -> str:
    """Return the replaced address whose mail blocked someone's sign-in; "" if no history says."""
    versions = history.versions_of(User).filter(pgh_obj_id=user.pk).order_by("pk")
    first = versions.filter(sign_in_blocked_at=user.sign_in_blocked_at).first()
    actor = Actor.read(first.pgh_context if first else None)
    return actor.name if actor.kind is ActorKind.MAILBOX else ""


def lift_block(user: User) -> None:
    """Lift the block on a person's sign-in, and mail them a link to choose a new password.

    Remove their password and second factors, because whoever changed the address may have changed
    these as well. Raises ProofRequired (R44).
    """
    sensitive.require_proof(Sensitive.BLOCKED_SIGN_IN)
    user.sign_in_blocked_at, user.sign_in_cleared_at = None, timezone.now()
    user.set_unusable_password()
    user.save(update_fields=["sign_in_blocked_at", "sign_in_cleared_at", "password"])
    second_factor.remove_factors(user)
    defer("users.send_let_in_again", account_id=user.own_account_id, user_id=user.pk)
