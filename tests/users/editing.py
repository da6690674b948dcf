"""Fill in the form of a user, and read its errors."""

from __future__ import annotations

from users.models import User

HTMX = {"HX-Request": "true"}


def form(user: User, **changes: str) -> dict[str, str]:
    """Return what the form of Edit user sends."""
    sent = {
        name: getattr(user, name) or ""
        for name in ("first_name", "last_name", "email", "ext", "caller_id")
    }
    return sent | ({"is_administrator": "on"} if user.is_administrator else {}) | changes


def errors(response) -> dict[str, list[str]]:
    return dict(response.context["form"].errors)


NEW = {
    "first_name": "Zoë",
    "last_name": "Ng",
    "email": "Zoe.Ng@Example.com",
    "ext": "0042",
    "caller_id": "(415) 555-0100",
    "plan": "plus",
}
