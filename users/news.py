"""Mail people about changes to an address, a role or a sign-in (R44).

Domain functions announce a change; the worker writes the mails. It reads from the history, which no
one can alter, what changed and who changed it. So jobs hold keys, and no addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.core.mail import EmailMessage
from django.db.models import QuerySet
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from users import links
from users.jobs import defer
from users.models import Account, User
from users.tenancy.actors import Actor, ActorKind
from users.tenancy.history import DELETED, versions_of

# For each kind of mail (the name of its template in templates/users/email/, which begins with the
# subject): which version has the address to use when the reader is the changed person; "" if none.
MAILS = {"email_was": "was", "email_now": "now", "email": "", "role": "now", "sign_in_blocked": ""}


@dataclass(frozen=True)
class Change:
    """A change of a person, read from the history."""

    account: Account
    was: Any  # the version before; None for a person who was just added
    now: Any  # the version after; if they were deleted, the last one
    actor: str  # the email address then of the account's user who did it; "" if it was no user

    @property
    def person(self) -> str:
        return f"{self.now.first_name} {self.now.last_name}".strip() or self.now.email

    @property
    def at(self) -> datetime:
        return self.now.pgh_created_at

    @property
    def administers(self) -> bool:
        """Whether the person may administer the account after this."""
        return self.now.is_administrator and self.now.is_active and self.now.pgh_label != DELETED

    @property
    def by(self) -> str:
        """Who did it, in the reader's language."""
        said = Actor.read(self.now.pgh_context)
        if self.actor or said.kind is ActorKind.MAILBOX:
            return self.actor or said.name
        if said.kind is ActorKind.SUPPORT:
            return _("%(name)s, support staff of your phone company") % {"name": said.name}
        return _("your phone company")


def read_change(account_id: int, version: int) -> Change | None:
    """Return the change that made a version of a person; None if the account has no such version.

    Needs the account's scope.
    """
    versions = versions_of(User).filter(account_id=account_id)
    now = versions.filter(pk=version).first()
    if now is None:
        return None
    earlier = versions.filter(pk__lt=version).order_by("-pk")
    actor = Actor.read(now.pgh_context).id
    by = earlier.filter(pgh_obj_id=actor).first() if actor else None
    was = earlier.filter(pgh_obj_id=now.pgh_obj_id).first()
    return Change(Account.objects.get(pk=account_id), was, now, (by and by.email) or "")


def announce_email_change(user: User) -> None:
    """Mail a changed address to the old one, the new one, and the other administrators."""
    version = _latest(user)
    for what in ("email_was", "email_now"):
        _tell(user, what, version, reader=user)
    _tell_administrators(user, "email", version)


def announce_role_change(user: User) -> None:
    """Mail a person who became or stopped being an administrator, and the other administrators.

    A person without a password isn't mailed: their invitation says as much.
    """
    version = _latest(user)
    if user.has_usable_password():
        _tell(user, "role", version, reader=user)
    _tell_administrators(user, "role", version)


def announce_block(user: User) -> None:
    """Alert the account's other administrators that someone's sign-in was blocked."""
    _tell_administrators(user, "sign_in_blocked", _latest(user))


def compose_mail(
    account_id: int,
    *,
    version: int,
    what: str,
    reader: int,
    spoken: str,
) -> EmailMessage | None:
    """Return a mail about a change, in the language `spoken`; None if no one is left to read it.

    Needs the account's scope.
    """
    told = read_change(account_id, version)
    if told is None:
        return None
    own = reader == told.now.pgh_obj_id
    if own:
        source = getattr(told, MAILS[what])
        address = source and source.email
    else:
        known = _administrators(account_id).filter(pk=reader)
        address = known.values_list("email", flat=True).first()
    if not address:
        return None
    facts = {
        "change": told,
        "own": own,
        "link": links.make_block_link(account_id, version),
        "days": links.BLOCKING.days,
        "site": settings.PUBLIC_URL,
    }
    with translation.override(spoken or settings.LANGUAGE_CODE):
        subject, _line, text = render_to_string(f"users/email/{what}.txt", facts).partition("\n")
    return EmailMessage(subject, text.lstrip(), to=[address])


def _latest(user: User) -> int:
    """Return a person's latest version: what this transaction has just done to them."""
    versions = versions_of(User).filter(pgh_obj_id=user.pk)
    return versions.order_by("-pk").values_list("pk", flat=True)[0]


def _administrators(account_id: int) -> QuerySet[User]:
    """Return the administrators who get such mail: those who can sign in and have a password."""
    administrators = User.objects.filter(account_id=account_id, is_administrator=True)
    able = administrators.filter(is_active=True, sign_in_blocked_at=None)
    return able.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def _tell_administrators(about: User, what: str, version: int) -> None:
    for reader in _administrators(about.own_account_id).exclude(pk=about.pk).only("pk", "language"):
        _tell(about, what, version, reader=reader)


def _tell(about: User, what: str, version: int, *, reader: User) -> None:
    defer(
        "users.tell_of_change",
        account_id=about.own_account_id,
        version=version,
        what=what,
        reader=reader.pk,
        spoken=reader.language,
    )
