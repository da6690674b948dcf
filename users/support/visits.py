"""Let support staff visit one account's pages: read-only, for a while, on record (R35, R37)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.http import HttpRequest

from users.models import Account
from users.tenancy import history, scope

LASTS = timedelta(minutes=30)
KEY = "visit"  # in the session


@dataclass(frozen=True)
class Visit:
    """The account that a support agent visits, and until when."""

    account: Account
    until: datetime


def start_visit(request: HttpRequest, account: Account) -> None:
    """Let this session view an account's pages; its Activity shows that, with the reason."""
    history.record_action(account, history.VISITED)
    until = datetime.now(UTC) + LASTS
    request.session[KEY] = {"account": account.pk, "until": until.timestamp()}


def end_visit(request: HttpRequest) -> None:
    """End this session's visit."""
    request.session.pop(KEY, None)


def enter_visit(request: HttpRequest) -> Visit | None:
    """Return this session's visit; None if there is none or its time is over.

    The rest of the transaction sees only that account, and the database refuses any write.
    """
    kept = request.session.get(KEY)
    if not kept:
        return None
    until = datetime.fromtimestamp(kept["until"], UTC)
    if datetime.now(UTC) >= until:
        end_visit(request)
        return None
    scope.enter(account_id=kept["account"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
    account = Account.objects.filter(pk=kept["account"]).first()
    return Visit(account, until) if account else None
