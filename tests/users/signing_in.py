"""Sign in with an email address and a password."""

from __future__ import annotations

from typing import Any

from django.test import Client

EMAIL = "alice@example.com"
PAGE = "/sign-in/"


def sign_in(
    client: Client,
    email: str = EMAIL,
    password: str = "secret",
    *,
    headers: dict[str, str] | None = None,
    **more: str,
) -> Any:
    """Send the form of the sign-in page, with more fields if given; return the answer."""
    return client.post(PAGE, {"login": email, "password": password} | more, headers=headers)


def is_in(client: Client) -> bool:
    return client.get("/activity/").status_code == 200
