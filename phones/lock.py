"""The password of a phone's own web page and menu: one per phone (R47).

Like a SIP password, it's derived with a key from outside the database, from the phone and a
generation that changes on request. It is short, because people may type it on the phone's keypad.
A phone uses the password of what it fetched last until it fetches again.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F

from phones.models import Phone, Provisioning
from users import sip
from users.models import CredentialsRecord, User
from users.tenancy import scope

What = CredentialsRecord.What
OF_PHONES = (What.LOCK, What.RELOCKED)  # not of a line's SIP credentials
# Letters and digits that nobody takes for another one. Some makes refuse a password without both.
LETTERS, DIGITS = "abcdefghjkmnpqrstuvwxyz", "23456789"
PAIRS = 6


def newest_key() -> str:
    """Return the fingerprint of the key with which a phone's first password is derived."""
    return sip.fingerprint_key(settings.SIP_KEYS[0])


def password_of(phone_id: int, *, generation: int, key_fingerprint: str | None) -> str:
    """Return a phone's password: six pairs of a letter and a digit (45 bits).

    `key_fingerprint` is None for a phone that has never got one. Raises users.sip.UnknownKey.
    """
    return _derive(sip.find_key(key_fingerprint or newest_key()), phone_id, generation)


def wanted_password(provisioning: Provisioning) -> str:
    """Return the password that a phone gets when it next fetches. Raises users.sip.UnknownKey."""
    return password_of(
        provisioning.phone_id,
        generation=provisioning.admin_generation,
        key_fingerprint=provisioning.admin_key,
    )


def former_password(provisioning: Provisioning) -> str:
    """Return the password that a phone has until it fetches its new one, or "" if there is none.

    Raises users.sip.UnknownKey.
    """
    if provisioning.delivered_admin_generation in (None, provisioning.admin_generation):
        return ""
    return delivered_password(provisioning)


def delivered_password(provisioning: Provisioning) -> str:
    """Return the password that a phone got last, which a removed one still has; "" if it got none.

    Raises users.sip.UnknownKey.
    """
    if provisioning.delivered_admin_generation is None:
        return ""
    return password_of(
        provisioning.phone_id,
        generation=provisioning.delivered_admin_generation,
        key_fingerprint=provisioning.delivered_admin_key,
    )


def change_passwords(phones: Iterable[Phone], *, by: User | None) -> None:
    """Give phones new passwords, on record; each has its former one until it fetches.

    Without `by`, it was the operator.
    """
    for phone in phones:
        record_access(phone, What.RELOCKED, by)
        Provisioning.objects.filter(phone=phone).update(
            admin_generation=F("admin_generation") + 1, admin_key=newest_key()
        )


def record_access(phone: Phone, what: CredentialsRecord.What, by: User | None) -> None:
    """Record what someone did with a phone's password; without `by`, it was the operator."""
    CredentialsRecord.objects.create(
        account_id=phone.account_id,
        phone=phone,
        user_name=str(phone),
        what=what,
        by=by,
        by_name=str(by) if by else "",
    )


# One index lookup per key, however many phones' passwords it made.
KEYS_IN_USE = """
WITH RECURSIVE used (key) AS (
    (SELECT min(admin_key) FROM phones_provisioning)
    UNION ALL
    SELECT (SELECT min(admin_key) FROM phones_provisioning WHERE admin_key > used.key)
    FROM used WHERE used.key IS NOT NULL
) SELECT key FROM used WHERE key IS NOT NULL
"""


# Phones have these passwords until they fetch again. A removed phone has no `admin_key`: its
# password is no reason to keep a key.
FORMER_KEYS = """
SELECT DISTINCT delivered_admin_key FROM phones_provisioning WHERE delivered_admin_key <> admin_key
"""


def keys_in_use() -> set[str]:
    """Return the fingerprints of the keys that made the password which any phone gets."""
    return _read_keys(KEYS_IN_USE)


def former_keys() -> set[str]:
    """Return the fingerprints of the keys of passwords that phones have until they restart."""
    return _read_keys(FORMER_KEYS)


def _read_keys(query: str) -> set[str]:
    with transaction.atomic(), scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(query)
        return {key for (key,) in cursor.fetchall()}


def _derive(key: str, phone_id: int, generation: int) -> str:
    message = f"phoneadmin phone password {phone_id} {generation}".encode()
    number = int.from_bytes(hmac.digest(key.encode(), message, "sha256"))
    text = ""
    for _pair in range(PAIRS):
        number, letter = divmod(number, len(LETTERS))
        number, digit = divmod(number, len(DIGITS))
        text += LETTERS[letter] + DIGITS[digit]
    return text
