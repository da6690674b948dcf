"""The tables of accounts and of the people in them."""

from users.models.people import (
    EMERGENCY_NUMBERS,
    PLANS_WITH_LINE,
    Account,
    Plan,
    User,
    UserManager,
    sql_expression,
)
from users.models.records import CredentialsRecord, KnownBrowser, RequestKey, SipCredentials

__all__ = [
    "EMERGENCY_NUMBERS",
    "PLANS_WITH_LINE",
    "Account",
    "CredentialsRecord",
    "KnownBrowser",
    "Plan",
    "RequestKey",
    "SipCredentials",
    "User",
    "UserManager",
    "sql_expression",
]
