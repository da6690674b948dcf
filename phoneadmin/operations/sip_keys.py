"""Which of PHONEADMIN_SIP_KEYS the passwords of lines and of phones depend on (R22, R47)."""

from __future__ import annotations

from django.conf import settings

from phones import lock
from users import sip


def find_keys_in_use() -> set[str]:
    """Return the fingerprints of the keys that made any SIP account's or any phone's password."""
    return sip.keys_in_use() | lock.keys_in_use()


def find_missing_keys() -> set[str]:
    """Return the fingerprints of keys in use that the settings lack; their passwords are lost."""
    return find_keys_in_use() - {sip.fingerprint_key(key) for key in settings.SIP_KEYS}
