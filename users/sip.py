"""SIP credentials: issuing, changing and recomputing what a person's line signs in with at the registrar (R14, R22).

Username and password change together. A new username is what cuts off an old phone at the very commit: with the same
username it would go on ringing until its registration expires. The password is derived from the username with a key
that lives outside the database, and stored nowhere.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterable

from django.conf import settings

from users.models import SipCredentials, User


class UnknownKey(LookupError):
    """The key that credentials were made with is not among PHONEADMIN_SIP_KEYS."""


def fingerprint(key: str) -> str:
    """Return what names a key without giving it away: 16 hexadecimal digits."""
    return hmac.digest(key.encode(), b"phoneadmin sip key fingerprint", "sha256").hex()[:16]


def derive(key: str, username: str) -> str:
    """Return the password that belongs to a username: 24 characters of A–Z, a–z, 0–9, - and _ (144 bits)."""
    digest = hmac.digest(key.encode(), b"phoneadmin sip password " + username.encode(), "sha256")
    return base64.urlsafe_b64encode(digest)[:24].decode()


def ha1(username: str, password: str) -> str:
    """Return MD5(username:realm:password), which RFC 2617 §3.2.2.2 calls H(A1); the realm is the SIP domain."""
    return hashlib.md5(f"{username}:{settings.SIP_DOMAIN}:{password}".encode(), usedforsecurity=False).hexdigest()


def fresh(user: User) -> SipCredentials:
    """Return new credentials for a person, made with the newest key and not yet saved."""
    username = "u" + secrets.token_hex(8)
    key = settings.SIP_KEYS[0]
    return SipCredentials(
        user_id=user.pk,
        account_id=user.account_id,
        username=username,
        ha1=ha1(username, derive(key, username)),
        key_fingerprint=fingerprint(key),
    )


def change(users: Iterable[User]) -> None:
    """Give each person new credentials, the first ones included. The old ones are dead at commit."""
    SipCredentials.objects.bulk_create(
        [fresh(user) for user in users],
        update_conflicts=True,
        unique_fields=["user"],
        update_fields=["username", "ha1", "key_fingerprint", "changed_at"],
    )


def withdraw(user: User) -> None:
    """Take a person's credentials away: Basic has none (R22)."""
    SipCredentials.objects.filter(user_id=user.pk).delete()


def password(credentials: SipCredentials) -> str:
    """Return the password of credentials. Raises UnknownKey where their key is no longer in the settings."""
    for key in settings.SIP_KEYS:
        if fingerprint(key) == credentials.key_fingerprint:
            return derive(key, credentials.username)
    raise UnknownKey(f"No key with fingerprint {credentials.key_fingerprint} in PHONEADMIN_SIP_KEYS.")
