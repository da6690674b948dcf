"""Support staff on the pages of one account: as they are, read-only, for a while, and on record (R35, R37)."""

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
    """Whose pages somebody of support looks at, and until when."""

    account: Account
    until: datetime


def start_visit(request: HttpRequest, account: Account) -> None:
    """Let this session look at an account's pages. The account finds it in its Activity, with the reason."""
    history.record_action(account, history.VISITED)
    until = datetime.now(UTC) + LASTS
    request.session[KEY] = {"account": account.pk, "until": until.timestamp()}


def end_visit(request: HttpRequest) -> None:
    """Look no longer."""
    request.session.pop(KEY, None)


def enter_visit(request: HttpRequest) -> Visit | None:
    """Return the visit of this session, None where there is none or its time is over.

    The rest of the transaction sees that account only, and can write nothing: the database refuses it.
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
