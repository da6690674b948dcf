"""Guess passwords and codes, from known and unknown browsers, and let time pass."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Iterable

from django.db import connection
from django.test import Client

from tests.users.signing_in import EMAIL, sign_in

AT_ONCE = 5  # guesses at one user from browsers that aren't known


def guess(times: int, email: str = EMAIL, **headers: str) -> list[int]:
    """Guess from unknown browsers; return the statuses."""
    return [
        sign_in(Client(), email, f"wrong {n}", headers=headers).status_code for n in range(times)
    ]


def comes_in(response) -> bool:
    return response.status_code == 302


def minutes_pass(minutes: int) -> None:
    """Make all counts older."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT cache_key, value FROM phoneadmin_cache WHERE cache_key LIKE '%allauth:rl:%'"
        )
        for key, value in cursor.fetchall():
            older = [at - 60 * minutes for at in pickle.loads(base64.b64decode(value))]
            cursor.execute(
                "UPDATE phoneadmin_cache SET value = %s WHERE cache_key = %s",
                [base64.b64encode(pickle.dumps(older)).decode(), key],
            )


CODE_PAGE = "/sign-in/second-factor/ask/"

NEW = "a long enough one"


def known(codes: Iterable[str] = ("",)) -> list[Client]:
    """Sign in and out with a new browser for each recovery code ("" if there is no factor)."""
    browsers = []
    for each in codes:
        browser = Client()
        sign_in(browser)
        if each:
            assert comes_in(browser.post(CODE_PAGE, {"code": each}))
        browser.post("/sign-in/out/")
        browsers.append(browser)
    return browsers


def wrong_codes(browser: Client, times: int) -> list[int]:
    return [browser.post(CODE_PAGE, {"code": "000000"}).status_code for _ in range(times)]


def wrong_passwords(browser: Client, times: int) -> list[int]:
    return [sign_in(browser, password="wrong").status_code for _ in range(times)]
