"""Set up second factors, require them and sign in with them."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction
from django.test import Client

from tests.authenticator import code
from tests.users import signing_in
from tests.users.signing_in import EMAIL
from users.models import Account, User
from users.tenancy import scope

SECURITY, ASK, APP = (
    "/sign-in/second-factor/",
    "/sign-in/second-factor/ask/",
    "/sign-in/second-factor/app/",
)


def sign_in(
    client: Client, email: str = EMAIL, password: str = "secret", next: str = "/activity/"
) -> Any:
    """Sign in with the password, on the way to a page."""
    return signing_in.sign_in(client, email, password, next=next)


def set_up_app(client: Client) -> str:
    """Set up an app on its page, as a user does; return its secret."""
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", client.get(APP).content.decode()).group(1)
    response = client.post(APP, {"code": code(secret, -1)})
    assert response.url == "/sign-in/second-factor/codes/"
    return secret


def require(account: Account, required: bool = True) -> None:
    with transaction.atomic(), scope.entered(scope="support"):
        Account.objects.filter(pk=account.pk).update(second_factor_required=required)


def fresh(user: User) -> User:
    with transaction.atomic(), scope.entered(scope="support"):
        return User.objects.get(pk=user.pk)
