"""Work for later: jobs are rows of the same PostgreSQL, so they commit or vanish with the change that asks for them."""

from __future__ import annotations

from django.conf import settings
from procrastinate import App
from procrastinate.contrib.django.django_connector import DjangoConnector

# Not procrastinate.contrib.django.app: in the worker that one has connections of its own, outside of the transaction.
app = App(connector=DjangoConnector())


def defer(
    name: str, *, account_id: int, in_seconds: int = 0, priority: int = 0, **arguments: int | str
) -> None:
    """Let the worker do the task of this name, after this transaction. The same work is never done twice at a time.

    By name, because an earlier app knows nothing of the later one whose task it is. A job waits for those like it that
    wait already, unless it has a higher `priority`.
    """
    lock = f"{name} {arguments}"
    pause = {"seconds": in_seconds} if in_seconds else None
    app.configure_task(name, lock=lock, schedule_in=pause, priority=priority).defer(
        account_id=account_id, **arguments
    )


def tell_e911_provider(task: str, *, account_id: int, **arguments: int) -> None:
    """Let the worker do one of e911's tasks, unless the provider is the built-in one, which has nobody to tell."""
    if settings.E911_PROVIDER != "builtin":
        defer(f"e911.{task}", account_id=account_id, **arguments)
