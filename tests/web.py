"""The real web server, as production runs it, on the tests' database."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client, override_settings

from phoneadmin.management.commands import serve
from tests.waiting import wait_until
from users import scope
from users.models import User


@contextmanager
def serving(processes: int = 1, **environment: str) -> Iterator[str]:
    """Run the web server for the time of a block, with further variables of its environment; yield its address.

    One process is enough where nothing is measured: it has four threads, and each costs a second to start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch, override_settings(PORT=port, PROCESSES=processes):
        for name, value in {"DJANGO_SETTINGS_MODULE": "phoneadmin.settings", "PORT": str(port), **environment}.items():
            patch.setenv(name, value)
        server = serve.web_server()
        try:
            server.start()
            wait_until(lambda: serve.answers() or not server.running(), 60)
            assert server.running(), "it ended by itself"
            yield f"http://localhost:{port}"
        finally:
            server.stop()


def session_of(user: User) -> str:
    """Return the key of a session in which a person is signed in."""
    client = Client()
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(user)
    return client.cookies["sessionid"].value
