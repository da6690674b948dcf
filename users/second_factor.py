"""What somebody shows beside the password: codes of an app (TOTP), passkeys, and codes for when those are lost.

allauth keeps and checks them; here is who must have one, what it may not do, and how lost ones are reset.
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

FACTORS = (
    Authenticator.Type.TOTP,
    Authenticator.Type.WEBAUTHN,
)  # recovery codes only stand in for these


def is_required(user: User) -> bool:
    """Tell whether somebody has to have a second factor: support staff always, administrators where theirs say so."""
    return user.is_staff or (user.is_administrator and user.account.second_factor_required)


def reset_factors(user: User) -> None:
    """Remove all second factors of someone who lost them, sign them out everywhere, and tell them.

    They come in with their password alone then, and are asked for a new factor if they must have
    one. The history shows who did it, as `has_second_factor` changes. Raises ProofRequired (R44).
    """
    sensitive.require_proof(Sensitive.SECOND_FACTORS)
    if remove_factors(user):  # or it would be a way to have mail sent to anyone
        defer(
            "users.tell",
            account_id=user.account_id or 0,
            user_id=user.pk,
            what="second_factor_reset",
        )


def remove_factors(user: User) -> bool:
    """Remove all second factors of a person, and sign them out everywhere; tell whether there were any."""
    lost, _of_each = Authenticator.objects.filter(user=user).delete()
    user.refresh_from_db(fields=["has_second_factor"])
    sessions.end_all(user)
    return bool(lost)


def set_requirement(account: Account, required: bool) -> None:
    """Decide whether every administrator of an account needs a second factor.

    Raises ProofRequired (R44).
    """
    if required == account.second_factor_required:
        return
    sensitive.require_proof(Sensitive.SIGN_IN_RULE)
    account.second_factor_required = required
    account.save(update_fields=["second_factor_required"])


class Adapter(DefaultMFAAdapter):
    """What allauth needs to know of us for second factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        code: REFUSALS[code].sentence for code in ("cannot_delete_authenticator", "incorrect_code")
    }

    def encrypt(self, text: str) -> str:
        """Encrypt what codes are made from: a copy of the database alone lets nobody in."""
        return _cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; with another PHONEADMIN_SECRET_KEY than it was encrypted with, one that no code fits."""
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


# --- what is typed, and what a browser sends for a passkey ------------------------------------------------------------


class Throttled:
    """Counts codes that are not right."""

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
    """What a browser answers about a passkey; JSON that is nested without end is none."""

    widget = forms.HiddenInput

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except RecursionError as error:
            raise _not_understood() from error


class Understood(forms.Form):
    """Refuses what no browser sends, on which the library otherwise breaks in ways of its own."""

    credential = Credential()

    def clean_credential(self) -> Any:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except forms.ValidationError:
            raise
        except Exception as error:
            raise _not_understood() from error


class AuthenticateWebAuthnForm(Understood, AllauthAuthenticateWebAuthnForm):
    pass


class ReauthenticatePasskeyForm(Understood, ReauthenticateWebAuthnForm):
    pass


class SignInWithPasskeyForm(Understood, LoginWebAuthnForm):
    pass


class AddPasskeyForm(SignupWebAuthnForm):
    """A new passkey. It always asks who holds it (PIN, finger, face), and so is good for signing in by itself."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=60, required=False)
    credential = Credential()

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except forms.ValidationError:
            raise
        except Exception as error:
            raise _not_understood() from error


def _not_understood() -> forms.ValidationError:
    return forms.ValidationError(REFUSALS["passkey"].sentence, code="passkey")


# --- pages: allauth's, in which a change of factors also renews the session -------------------------------------------


class Renewing:
    """Ends the person's other sessions when a factor comes or goes, and gives this one a new key."""

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
