"""Issue, change and recompute the SIP credentials with which a line registers (R14, R22).

Username and password change together. Only a new username cuts off an old phone at commit: with the
same one, it would keep ringing until its registration expires. The password is derived from the
username with a key from outside the database, and stored nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from functools import cache
from typing import Any, Protocol

from django.conf import settings
from django.db import connection, transaction

from users.models import Account, CredentialsRecord, SipAccount, User
from users.tenancy import scope

What = CredentialsRecord.What
OF_LINES = (What.LOOKED, What.PASSWORD, What.CHANGED)  # not of a phone's own password
# What usernames of each kind begin with, so that whoever reads one knows what it is.
LETTERS = {SipAccount.Kind.PERSON: "u", SipAccount.Kind.PLACE: "p", SipAccount.Kind.STANDBY: "s"}


class UnknownKey(LookupError):
    """The key that made these credentials isn't in PHONEADMIN_SIP_KEYS."""


class Owner(Protocol):
    """Whose line it is: a person (users.models.User), or a common-area phone with its `sip`."""

    pk: Any
    account_id: Any
    sip: Any

    @property
    def has_line(self) -> bool:
        """Whether it can have SIP credentials now."""


class CredentialsChanged(Exception):
    """The credentials are no longer the ones that the administrator saw."""


@cache
def fingerprint_key(key: str) -> str:
    """Return 16 hexadecimal digits that identify a key without revealing it."""
    return hmac.digest(key.encode(), b"phoneadmin sip key fingerprint", "sha256").hex()[:16]


def find_key(fingerprint: str) -> str:
    """Return the key with this fingerprint. Raises UnknownKey if the settings lack it."""
    for key in settings.SIP_KEYS:
        if fingerprint_key(key) == fingerprint:
            return key
    raise UnknownKey(f"No key with fingerprint {fingerprint} in PHONEADMIN_SIP_KEYS.")


def derive_password(key: str, username: str) -> str:
    """Return a username's password: 24 characters of A–Z, a–z, 0–9, - and _ (144 bits)."""
    digest = hmac.digest(key.encode(), b"phoneadmin sip password " + username.encode(), "sha256")
    return base64.urlsafe_b64encode(digest)[:24].decode()


def compute_ha1(username: str, password: str) -> str:
    """Return MD5(username:realm:password), H(A1) of RFC 2617 §3.2.2.2; realm is the SIP domain."""
    return hashlib.md5(
        f"{username}:{settings.SIP_DOMAIN}:{password}".encode(), usedforsecurity=False
    ).hexdigest()


def make_account(
    kind: SipAccount.Kind,
    *,
    account_id: int,
    user_id: int | None = None,
    phone_id: int | None = None,
) -> SipAccount:
    """Return a new, unsaved SIP account for a person or a phone, made with the newest key."""
    username = LETTERS[kind] + secrets.token_hex(8)
    key = settings.SIP_KEYS[0]
    return SipAccount(
        account_id=account_id,
        kind=kind,
        user_id=user_id,
        phone_id=phone_id,
        username=username,
        ha1=compute_ha1(username, derive_password(key, username)),
        key_fingerprint=fingerprint_key(key),
    )


def issue_credentials(users: Iterable[User]) -> None:
    """Give each person new credentials, or their first. The old ones stop working at commit."""
    people = [
        make_account(SipAccount.Kind.PERSON, account_id=user.own_account_id, user_id=user.pk)
        for user in users
    ]
    _issue(people, owner="user")


def issue_phone_accounts(phones: Iterable[tuple[int, int]], kind: SipAccount.Kind) -> None:
    """Give phones (key, account's key) new SIP accounts of their own, as a place or on standby."""
    accounts = [make_account(kind, account_id=account, phone_id=phone) for phone, account in phones]
    _issue(accounts, owner="phone")


def _issue(accounts: list[SipAccount], *, owner: str) -> None:
    SipAccount.objects.bulk_create(
        accounts,
        update_conflicts=True,
        unique_fields=[owner],
        update_fields=["kind", "username", "ha1", "key_fingerprint", "changed_at"],
    )


def change_on_request(owner: Owner, *, by: User, seen: str) -> None:
    """Give a line new credentials at an administrator's request, on record (R22).

    `seen` is the username that the administrator saw. A repeated request changes nothing more.
    Raises CredentialsChanged, and does nothing, if the credentials have changed since.
    """
    with transaction.atomic():
        Account.lock(owner.account_id)
        known: Any = type(owner)
        now = known.objects.select_related("sip").get(pk=owner.pk)
        if now.has_line and seen == username_of(now):
            record_access(now, What.CHANGED, by)
            if isinstance(now, User):
                issue_credentials([now])
            else:
                issue_phone_accounts([(now.pk, now.account_id)], SipAccount.Kind.PLACE)
            return
        done = (
            CredentialsRecord.objects.filter(**refer_to(now), by=by, what=What.CHANGED)
            .order_by("-id")
            .first()
        )
        if done is None or done.username != seen:
            raise CredentialsChanged


def username_of(owner: Owner) -> str:
    """Return the username that a line signs in with, or "" if it has no credentials."""
    credentials = getattr(owner, "sip", None)
    return credentials.username if credentials else ""


def refer_to(owner: Owner) -> dict[str, Any]:
    """Return the field by which a CredentialsRecord refers to whose line it is."""
    return {"user" if isinstance(owner, User) else "phone": owner}


def record_access(owner: Owner, what: CredentialsRecord.What, by: User | None) -> None:
    """Record what someone did with a line's credentials; without `by`, it was the operator."""
    CredentialsRecord.objects.create(
        **refer_to(owner),
        account_id=owner.account_id,
        user_name=str(owner),
        username=username_of(owner),
        what=what,
        by=by,
        by_name=str(by) if by else "",
    )


def remove_credentials(user: User) -> None:
    """Delete a person's credentials: Basic has none (R22)."""
    SipAccount.objects.filter(user_id=user.pk).delete()


class Derivable(Protocol):
    """What a password is derived from: SipAccount, or just these two of their fields."""

    username: str
    key_fingerprint: str


def password_of(credentials: Derivable) -> str:
    """Return the password of credentials. Raises UnknownKey if the settings lack their key."""
    return derive_password(find_key(credentials.key_fingerprint), credentials.username)


# --- the keys ---

# One index lookup per key, however many credentials it made.
KEYS_IN_USE = """
WITH RECURSIVE used (key) AS (
    (SELECT min(key_fingerprint) FROM users_sipaccount)
    UNION ALL
    SELECT (SELECT min(key_fingerprint) FROM users_sipaccount WHERE key_fingerprint > used.key)
    FROM used WHERE used.key IS NOT NULL
) SELECT key FROM used WHERE key IS NOT NULL
"""


def keys_in_use() -> set[str]:
    """Return the fingerprints of the keys that made any SIP account's credentials."""
    with transaction.atomic(), scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(KEYS_IN_USE)
        return {key for (key,) in cursor.fetchall()}
