"""The real web server, as production runs it, on the tests' database."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from allauth.account.internal.flows import login
from django.contrib.auth.signals import user_logged_in
from django.db import transaction
from django.http import HttpRequest
from django.test import Client, override_settings

from phoneadmin.management.commands import serve
from tests.waiting import wait_until
from users.models import User
from users.tenancy import scope


@contextmanager
def serving(processes: int = 1, **environment: str) -> Iterator[str]:
    """Run the web server during a block, with more environment variables; yield its address.

    One process is enough unless something is measured: it has four threads, and each process takes
    a second to start.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.MonkeyPatch.context() as patch, override_settings(PORT=port, PROCESSES=processes):
        for name, value in {
            "DJANGO_SETTINGS_MODULE": "phoneadmin.settings",
            "PORT": str(port),
            **environment,
        }.items():
            patch.setenv(name, value)
        server = serve.build_web_server()
        try:
            server.start()
            wait_until(lambda: serve.is_answering() or not server.is_running(), 60)
            assert server.is_running(), "it ended by itself"
            yield f"http://localhost:{port}"
        finally:
            server.stop()


def prove(sender: Any, request: HttpRequest, user: User, **_signal: Any) -> None:
    """Count a sign-in by force as a fresh proof, like a real sign-in (R44)."""
    login.record_authentication(request, user, method="sign_in", reauthenticated=True)


user_logged_in.connect(prove)


def prove_ago(client: Client, seconds: float | None) -> None:
    """Move the last proof of the signed-in user back by so many seconds; None means never."""
    session, times = client.session, [] if seconds is None else [time.time() - seconds]
    records = [{"method": "sign_in", "at": at, "reauthenticated": True} for at in times]
    session[login.AUTHENTICATION_METHODS_SESSION_KEY] = records
    session.save()


def session_of(user: User) -> str:
    """Sign a user in; return the key of the session."""
    client = Client()
    with transaction.atomic(), scope.entered(scope="sign_in"):
        client.force_login(user)
    return client.cookies["sessionid"].value
