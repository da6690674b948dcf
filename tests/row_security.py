"""Every table that belongs to an account, and statements as the application's role."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction

# Every other table: its key column, and SQL for the account that a row belongs to.
OF_USER = "(SELECT account_id FROM users_user WHERE users_user.id = {})"

PROTECTED = {
    "users_account": ("id", "id"),
    "users_user": ("id", "account_id"),
    "users_number": ("ext", "account_id"),
    "users_sipaccount": ("id", "account_id"),
    "users_callernumber": ("id", "account_id"),
    "users_callernumberevent": ("pgh_id", "account_id"),
    "users_credentialsrecord": ("id", "account_id"),
    "users_knownbrowser": ("id", "account_id"),
    "users_requestkey": ("id", "account_id"),
    "users_user_groups": ("id", OF_USER.format("user_id")),
    "users_user_user_permissions": ("id", OF_USER.format("user_id")),
    "phones_phone": ("id", "account_id"),
    "phones_phonecount": ("id", "account_id"),
    "phones_standing": ("phone_id", "account_id"),
    "users_accountevent": ("pgh_id", "pgh_obj_id"),
    "users_userevent": ("pgh_id", "account_id"),
    "users_sipaccountevent": ("pgh_id", "account_id"),
    "phones_phoneevent": ("pgh_id", "account_id"),
    "e911_emergencyaddressevent": ("pgh_id", "account_id"),
    "phones_provisioning": ("phone_id", "account_id"),
    "phones_fetch": ("id", "account_id"),
    "phones_restart": ("id", "account_id"),
    "e911_emergencyaddress": ("id", "account_id"),
    "mfa_authenticator": ("id", OF_USER.format("user_id")),
    "usersessions_usersession": ("id", OF_USER.format("user_id")),
    "account_emailaddress": ("id", OF_USER.format("user_id")),
    "account_emailconfirmation": (
        "id",
        OF_USER.format(
            "(SELECT user_id FROM account_emailaddress AS a WHERE a.id = email_address_id)"
        ),
    ),
}

# What sign-in may do before it knows the user: find them, and record that they signed in.
SIGN_IN = {
    "users_account": {"SELECT"},
    "users_user": {"SELECT", "UPDATE"},
    "mfa_authenticator": {"SELECT", "UPDATE"},
    "account_emailaddress": {"SELECT"},
    "users_knownbrowser": {"SELECT"},
}


def ask(statement: str, *values: Any) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def touched(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


@contextmanager
def denied() -> Iterator[None]:
    """Expect that a policy or a missing privilege refuses the statements of the block."""
    with pytest.raises(ProgrammingError) as refused, transaction.atomic():
        yield
    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege)


def visible(table: str) -> set[int]:
    key, _ = PROTECTED[table]
    return {key for (key,) in ask(f"SELECT {key} FROM {table}")}
