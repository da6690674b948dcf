"""The tables of accounts and of the people in them."""

from users.models.lines import CallerNumber, Number, SipAccount
from users.models.people import (
    LIKE_EMERGENCY,
    PLANS_WITH_LINE,
    Account,
    Country,
    PhoneLanguage,
    Plan,
    User,
    UserManager,
    sql_expression,
)
from users.models.records import CredentialsRecord, KnownBrowser, RequestKey

__all__ = [
    "LIKE_EMERGENCY",
    "PLANS_WITH_LINE",
    "Account",
    "CallerNumber",
    "Country",
    "CredentialsRecord",
    "KnownBrowser",
    "Number",
    "PhoneLanguage",
    "Plan",
    "RequestKey",
    "SipAccount",
    "User",
    "UserManager",
    "sql_expression",
]
