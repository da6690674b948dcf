"""Second factors: codes of an app (TOTP), passkeys, and recovery codes for when those are lost.

allauth stores and checks them. This module decides who must have one, and resets lost ones.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlsplit

from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm as AllauthAuthenticateForm
from allauth.mfa.base.forms import ReauthenticateForm as AllauthReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView
from allauth.mfa.totp.forms import ActivateTOTPForm as AllauthActivateTOTPForm
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView, DeactivateTOTPView
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm as AllauthAuthenticateWebAuthnForm
from allauth.mfa.webauthn.forms import (
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
    SignupWebAuthnForm,
)
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView, RemoveWebAuthnView
from cryptography.fernet import Fernet, InvalidToken
from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from users import sensitive, sessions, throttle
from users.jobs import defer
from users.models import Account, User
from users.refusals import REFUSALS
from users.sensitive import Sensitive

# Recovery codes only stand in for these.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def is_required(user: User) -> bool:
    """Tell whether a person must have a second factor.

    Support staff always must; administrators, if their account requires it.
    """
    account = user.account
    return user.is_staff or bool(
        user.is_administrator and account and account.second_factor_required
    )


def reset_factors(user: User) -> None:
    """Remove all second factors of a person who lost them, end their sessions, and mail them.

    Until they add a new one, a password alone is enough to sign in. The history shows who did this,
    because `has_second_factor` changes. Raises ProofRequired (R44).
    """
    sensitive.require_proof(Sensitive.SECOND_FACTORS)
    if remove_factors(user):  # otherwise anyone could be sent mail this way
        defer(
            "users.tell",
            account_id=user.account_id or 0,
            user_id=user.pk,
            what="second_factor_reset",
        )


def remove_factors(user: User) -> bool:
    """Remove a person's second factors and end their sessions; return whether there were any."""
    lost, _of_each = Authenticator.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["has_second_factor"])
    sessions.end_all(user)
    return bool(lost)


def set_requirement(account: Account, required: bool) -> None:
    """Set whether every administrator of an account needs a second factor.

    Raises ProofRequired (R44).
    """
    if required == account.second_factor_required:
        return
    sensitive.require_proof(Sensitive.SIGN_IN_RULE)
    account.second_factor_required = required
    account.save(update_fields=["second_factor_required"])


class Adapter(DefaultMFAAdapter):
    """Our answers to what allauth asks about second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        code: REFUSALS[code].sentence for code in ("cannot_delete_authenticator", "incorrect_code")
    }

    def encrypt(self, text: str) -> str:
        """Encrypt a secret, so that a copy of the database alone lets no one in."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret, or one that no code matches if PHONEADMIN_SECRET_KEY has changed."""
        try:
            return _cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            return generate_totp_secret()

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(
            pk=authenticator.pk
        )
        return not is_required(authenticator.user) or others.exists()

    def generate_authenticator_name(self, user: User, type: str) -> str:
        return _("Passkey %(number)d") % {
            "number": Authenticator.objects.filter(user=user, type=type).count() + 1
        }

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {
            "id": urlsplit(settings.PUBLIC_URL).hostname or "",
            "name": settings.MFA_TOTP_ISSUER,
        }


def _cipher() -> Fernet:
    key = hmac.new(
        settings.SECRET_KEY.encode(), b"phoneadmin: second factors", hashlib.sha256
    ).digest()
    return Fernet(base64.urlsafe_b64encode(key))


# --- what people type, and what a browser sends for a passkey ---


class Throttled:
    """Count wrong codes (users.throttle)."""

    user: User

    def clean_code(self) -> str:
        with throttle.limit_guesses(context.request, "code", self.user.email) as guess:
            code = super().clean_code()  # type: ignore[misc]
            guess.right = True
        return code


class AuthenticateForm(Throttled, AllauthAuthenticateForm):
    pass


class ReauthenticateForm(Throttled, AllauthReauthenticateForm):
    pass


class ActivateTOTPForm(Throttled, AllauthActivateTOTPForm):
    pass


class Credential(forms.JSONField):
    """Takes a browser's answer about a passkey; refuses JSON that is nested too deeply."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise _malformed() from error


class WellFormed(forms.Form):
    """Rejects malformed credentials that no browser sends; the library raises odd errors."""

    credential = Credential()

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except forms.ValidationError:
            raise
        except Exception as error:
            raise _malformed() from error


class AuthenticateWebAuthnForm(WellFormed, AllauthAuthenticateWebAuthnForm):
    pass


class ReauthenticatePasskeyForm(WellFormed, ReauthenticateWebAuthnForm):
    pass


class SignInWithPasskeyForm(WellFormed, LoginWebAuthnForm):
    pass


class AddPasskeyForm(SignupWebAuthnForm):
    """Adds a passkey. It always verifies its holder (PIN, finger, face), so it's enough alone."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, required=False)
    credential = Credential()

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except forms.ValidationError:
            raise
        except Exception as error:
            raise _malformed() from error


def _malformed() -> forms.ValidationError:
    return forms.ValidationError(REFUSALS["passkey"].sentence, code="passkey")


# --- allauth's pages; a change of factors also renews the session ---


class Renewing:
    """End other sessions when a factor is added or removed, and give this one a new key."""

    def form_valid(self, form: forms.Form) -> HttpResponse:
        response = super().form_valid(form)  # type: ignore[misc]
        sessions.end_all(self.request.user)  # type: ignore[attr-defined]
        return response


class AddApp(Renewing, ActivateTOTPView):
    pass


class RemoveApp(Renewing, DeactivateTOTPView):
    pass


class AddPasskey(Renewing, AddWebAuthnView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        options = webauthn.begin_registration(self.request.user, passwordless=True)
        return super(AddWebAuthnView, self).get_context_data(**kwargs) | {"options": options}


class RemovePasskey(Renewing, RemoveWebAuthnView):
    success_url = reverse_lazy("mfa_index")

    def post(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        self.object = self.get_object()
        if Adapter().can_delete_authenticator(self.object):
            return super().post(request, *args, **kwargs)
        return self.render_to_response(
            self.get_context_data(refused=Adapter().error_messages["cannot_delete_authenticator"])
        )


class NewRecoveryCodes(Renewing, GenerateRecoveryCodesView):
    pass
