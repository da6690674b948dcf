"""No provider: our own checks are all there is, so nothing is ever called verified (R30)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from e911.addresses.civic import CivicAddress
from e911.providers import Known, Outcome, Registration, Remember, Validation


class BuiltIn:
    """The built-in provider: accept whatever our own checks accept."""

    name = _("Built in")
    key = "builtin"
    verifies = False

    def validate(self, address: CivicAddress) -> Validation:
        return Validation("unknown")

    def register(self, registration: Registration, known: Known, remember: Remember) -> Outcome:
        return Outcome("accepted", {})

    def update_caller(
        self, known: Known, callback_number: str, caller_name: str, remember: Remember
    ) -> Outcome:
        return Outcome("accepted", {})

    def state(self, known: Known) -> Outcome:
        return Outcome("accepted", {})

    def withdraw(self, known: Known) -> None:
        return None
