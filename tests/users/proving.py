"""Read the question that asks for a fresh proof, and who can sign in (R44)."""

from __future__ import annotations

import html
import re
from typing import Any

from django.db import connection

from users.tenancy import scope

HTMX = {"HX-Request": "true", "HX-Target": "dialog"}

SIX_MINUTES = 6 * 60

MAKE = {"is_administrator": "on"}


def who_can_sign_in() -> tuple[dict[int, tuple], dict[str, list]]:
    """Return everything that decides who can sign in: by user, and the rest."""
    with scope.entered(scope="support"), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, email, is_administrator, is_administrator AND is_active, has_second_factor,"
            " password, sign_in_blocked_at FROM users_user ORDER BY id"
        )
        everyone = {row[0]: row for row in cursor.fetchall()}
        cursor.execute("SELECT id, user_id, type, data::text FROM mfa_authenticator ORDER BY id")
        rest = {"factors": cursor.fetchall()}
        cursor.execute("SELECT id, second_factor_required FROM users_account ORDER BY id")
        return everyone, rest | {"rules": cursor.fetchall()}


def carried(question: Any) -> dict[str, str]:
    """Return the typed values that the question carries in hidden fields."""
    hidden = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
    found = hidden.findall(question.content.decode())
    return {name: html.unescape(value) for name, value in found}
