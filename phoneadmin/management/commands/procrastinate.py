"""`manage.py procrastinate`: the job worker, and all that procrastinate's own command does."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from procrastinate.contrib.django import app
from procrastinate.contrib.django.management.commands import procrastinate

from phoneadmin.operations import logs

Work = Callable[..., Awaitable[None]]


class Command(procrastinate.Command):
    """procrastinate's command, but errors go to our log: the original prints their text."""

    def handle(self, *args: Any, func: Work, command: str, **options: Any) -> None:
        """Run a subcommand, such as `worker`. Raises whatever it raises."""
        logs.log_uncaught_errors()
        given = {name: value for name, value in options.items() if name not in self._django_options}
        # Ours is procrastinate's Django connector, which has a connector for workers.
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]  # see above
        with app.replace_connector(connector):
            asyncio.run(self.run(func, given))

    async def run(self, func: Work, options: dict[str, Any]) -> None:
        """Run it while the connections are open."""
        async with app.open_async() as opened:
            await func(app=opened, **options)
