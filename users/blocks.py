"""A sign-in blocked by whoever reads the mail to a replaced address, until it's lifted (R44).

Their link can do this one thing, once for each change: the lift of a block ends the links of all
changes before it. So the mailbox of someone who left can't lock the one who came out again and
again. A block keeps the person from signing in by any way, and does nothing to their phone line or
to 911.
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


@dataclass(frozen=True)
class Link:
    """The change that a block link is about, and the user as they are now."""

    change: Change
    user: User

    @property
    def is_blocked(self) -> bool:
        return self.user.sign_in_blocked_at is not None


def open_link(key: str, *, block: bool = False) -> Link | None:
    """Return what a link to block is about; None if it's dead: forged, too old, used up, no person.

    With `block` the person's sign-in is blocked, unless it is already: sessions end, and
    administrators are alerted. Whoever has the link may do this, signed in or not, so it enters the
    scope of the account by itself.
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
            history.set_actor({history.MAILBOX: change.was.email})
            user.sign_in_blocked_at = timezone.now()
            user.save(update_fields=["sign_in_blocked_at"])
            news.announce_block(user)
            sessions.end_all(user)
        return link


def mailbox_that_blocked(user: User) -> str:
    """Return the replaced address whose mail blocked someone's sign-in; "" if no history says."""
    versions = history.versions_of(User).filter(pgh_obj_id=user.pk).order_by("pk")
    first = versions.filter(sign_in_blocked_at=user.sign_in_blocked_at).first()
    return ((first and first.pgh_context) or {}).get(history.MAILBOX, "")


def lift_block(user: User) -> None:
    """Lift the block on a person's sign-in; they get a link to choose a new password.

    Password and second factors are removed: whoever changed the address may have changed these as
    well. Raises ProofRequired (R44).
    """
    sensitive.require_proof(Sensitive.BLOCKED_SIGN_IN)
    user.sign_in_blocked_at, user.sign_in_cleared_at = None, timezone.now()
    user.set_unusable_password()
    user.save(update_fields=["sign_in_blocked_at", "sign_in_cleared_at", "password"])
    second_factor.remove_factors(user)
    defer("users.send_let_in_again", account_id=user.own_account_id, user_id=user.pk)
