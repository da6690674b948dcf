"""List the acts for which people must prove again that it's them (R44).

Every domain function with such an effect calls `require_proof` before it does anything, so no page,
act of support staff or later entry point can forget to ask. users.proving asks the question.
"""

from __future__ import annotations

import time

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from allauth.core import context
from django.core.exceptions import PermissionDenied
from django.db.models import TextChoices
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


class Sensitive(TextChoices):
    """What needs a fresh proof, in the words of the question."""

    EMAIL = "email", _("An email address is about to change.")
    ADMINISTRATORS = (
        "administrators",
        _("Someone is about to become an administrator, or stop being one."),
    )
    SECOND_FACTORS = "second_factors", _("Someone’s second factors are about to be removed.")
    SIGN_IN_RULE = "sign_in_rule", _("The company’s sign-in rule is about to change.")
    BLOCKED_SIGN_IN = (
        "blocked_sign_in",
        _("Someone whose sign-in is blocked is about to be let in again."),
    )
    # A password, passkeys, an app, recovery codes: on allauth's pages, which ask by themselves.
    OWN_SIGN_IN = "own_sign_in", _("The way you sign in is about to change.")


class ProofRequired(PermissionDenied):
    """Someone asked for a sensitive act without a recent proof that it's them."""

    def __init__(self, act: Sensitive) -> None:
        super().__init__(act)
        self.act = act


def require_proof(act: Sensitive) -> None:
    """Refuse a sensitive act without a proof from the last five minutes. Raises ProofRequired.

    The operator's commands and the worker's jobs pass, because they don't run in a request.
    """
    request = context.request
    if request is not None and not has_proved(request):
        raise ProofRequired(act)


def has_proved(request: HttpRequest) -> bool:
    """Tell whether this session's owner signed in or gave a proof in the last five minutes."""
    earliest = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, request.user)
    return any(record.get("reauthenticated") and record["at"] > earliest for record in records)
