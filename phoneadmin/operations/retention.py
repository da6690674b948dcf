"""How long every table keeps an account's data (R65): the one list.

Rows with an age are cleared by `users.tidy` once their column is older than that. The rest are
stated here only: history and records aren't pruned yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class With(StrEnum):
    """What a row without an age of its own is deleted with."""

    ACCOUNT = "as long as the account"
    PERSON = "as long as the person"
    PHONE = "as long as the phone's record"
    SESSION = "as long as the session"
    RECORDS = "as long as records are kept"
    CALL = "until the registrar clears it, once its time is over"


@dataclass(frozen=True)
class Kept:
    """Which column dates a row ("" when none does), and how long the row is kept."""

    column: str
    lasts: timedelta | With


TABLES = {
    "users_account": Kept("created_at", With.ACCOUNT),
    "users_accountevent": Kept("pgh_created_at", With.RECORDS),
    "users_user": Kept("created_at", With.PERSON),
    "users_userevent": Kept("pgh_created_at", With.RECORDS),
    "users_user_groups": Kept("", With.PERSON),
    "users_user_user_permissions": Kept("", With.PERSON),
    "users_sipaccount": Kept("changed_at", With.PERSON),
    "users_sipaccountevent": Kept("pgh_created_at", With.RECORDS),
    "users_number": Kept("", With.PERSON),  # or with the common-area phone
    "users_callernumber": Kept("confirmed_at", With.ACCOUNT),
    "users_callernumberevent": Kept("pgh_created_at", With.RECORDS),
    "users_credentialsrecord": Kept("at", With.RECORDS),
    "users_knownbrowser": Kept("last_used_at", timedelta(days=365)),
    "users_requestkey": Kept("at", timedelta(days=8)),  # a session lasts seven days
    "mfa_authenticator": Kept("created_at", With.PERSON),
    "account_emailaddress": Kept("", With.PERSON),
    "account_emailconfirmation": Kept("created", With.PERSON),
    "usersessions_usersession": Kept("last_seen_at", With.SESSION),
    "phones_phone": Kept("created_at", With.ACCOUNT),  # a removed one is retired (R38)
    "phones_phoneevent": Kept("pgh_created_at", With.RECORDS),
    "phones_phonecount": Kept("", With.ACCOUNT),
    "phones_standing": Kept("", With.PHONE),
    "phones_provisioning": Kept("delivered_at", With.PHONE),
    "phones_fetch": Kept("last_at", With.RECORDS),
    "phones_restart": Kept("at", With.RECORDS),
    "e911_emergencyaddress": Kept("set_at", With.ACCOUNT),  # R31
    "e911_emergencyaddressevent": Kept("pgh_created_at", With.ACCOUNT),  # R31
    "registrar.location": Kept("expires", With.CALL),
    "registrar.call": Kept("until", With.CALL),
    "registrar.line": Kept("until", With.CALL),  # a year
    "registrar.late_line": Kept("", With.CALL),  # seconds
    # These belong to people rather than to an account; each row holds its own end.
    "django_session": Kept("expire_date", timedelta()),
    "phoneadmin_cache": Kept("expires", timedelta()),
}
