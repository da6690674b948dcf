"""Fill in the form of a user, send it as its page does, and read its errors."""

from __future__ import annotations

from typing import Any

from django.test import Client

from tests.confirming import confirm_act
from users.models import User

HTMX = {"HX-Request": "true"}
# What a form sends whose page was never read; a page that refuses has nothing to read.
UNSEEN = {"seen": "f" * 32, "key": "0" * 32}


def form(user: User, **changes: str) -> dict[str, str]:
    """Return what the form of Edit user sends."""
    sent = {
        name: getattr(user, name) or ""
        for name in ("first_name", "last_name", "email", "ext", "plan", "caller_id")
    }
    return sent | changes


def edit(client: Client, user: User, headers: Any = None, **changes: str) -> Any:
    """Change a user with the form of Edit user."""
    return confirm_act(client, f"/users/{user.pk}/edit/", headers, **form(user, **changes))


def add(client: Client, headers: Any = None, **fields: Any) -> Any:
    """Send the form of Add user."""
    return confirm_act(client, "/users/add/", headers, **fields)


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


NEW = {
    "first_name": "Zoë",
    "last_name": "Ng",
    "email": "Zoe.Ng@Example.com",
    "ext": "0042",
    "caller_id": "",
    "plan": "plus",
}
