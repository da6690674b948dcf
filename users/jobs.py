"""Defer work to the worker.

Jobs are rows in the same PostgreSQL, so they commit or vanish with the change that asks for them.
"""

from __future__ import annotations

from django.conf import settings
from procrastinate import App
from procrastinate.contrib.django.django_connector import DjangoConnector

# Not procrastinate.contrib.django.app: in the worker, that one has its own connections, outside the
# transaction.
app = App(connector=DjangoConnector())


def defer(
    name: str, *, account_id: int, in_seconds: int = 0, priority: int = 0, **arguments: int | str
) -> None:
    """Have the worker run the named task after this transaction, never twice at a time.

    Tasks go by name because an earlier app can't import the later one that owns the task. A job
    waits for earlier ones with the same arguments, unless it has a higher `priority`.
    """
    lock = f"{name} {account_id} {arguments}"
    pause = {"seconds": in_seconds} if in_seconds else None
    app.configure_task(name, lock=lock, schedule_in=pause, priority=priority).defer(
        account_id=account_id, **arguments
    )


def tell_e911_provider(task: str, *, account_id: int, **arguments: int) -> None:
    """Have the worker run a task of e911, unless the provider is built in and needs no notice."""
    if settings.E911_PROVIDER != "builtin":
        defer(f"e911.{task}", account_id=account_id, **arguments)
