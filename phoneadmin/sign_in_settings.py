"""Settings of signing in: passwords, second factors, sessions, and how often anyone may try.

`settings.py` takes in all of them. None depends on the environment.
"""

from __future__ import annotations

from typing import Any

AUTH_USER_MODEL = "users.User"
AUTHENTICATION_BACKENDS = ["users.sign_in.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
    )
]
AUTH_PASSWORD_VALIDATORS[1]["OPTIONS"] = {"min_length": 12}
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "users.sign_in.Adapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
# An administrator keeps each user's email, in the user's own row.
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "users.links.Tokens"
ACCOUNT_FORMS = {
    "login": "users.sign_in.SignInForm",
    "reset_password_from_key": "users.sign_in.ResetPasswordKeyForm",
    "change_password": "users.sign_in.ChangePasswordForm",
    "reset_password": "users.sign_in.ResetPasswordForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {
    # users/throttle.py counts wrong passwords and codes: per user and browser in which they signed
    # in before, per user in all such browsers, per user from everywhere else, and per address. No
    # count allows more than 100 a day per user (NIST SP 800-63B-4, 3.2.2); for codes, all of a
    # user's counts together don't.
    "login": None,
    "login_failed": None,
    "password_browser": "10/5m/key,50/d/key",
    "password_known": "20/5m/key,100/d/key",
    "code_browser": "10/5m/key,20/d/key",
    "code_known": "20/5m/key,40/d/key",
    **{f"{what}_address": "30/5m/ip" for what in ("password", "code")},
    "password_elsewhere": "5/5m/key,100/d/key",
    "code_elsewhere": "5/5m/key,30/d/key",
    "reauthenticate": "10/5m/user",
    "change_password": "10/5m/user",
    # A link works for an hour, so after six mails in an hour the user has one that works.
    "reset_password": "10/5m/ip,2/5m/key,6/h/key",
    "reset_password_from_key": "30/5m/ip",
    # Mails to an address that may be a stranger's (users/invitations.py, users/tasks.py):
    # invitations to one address, invitations from one account, and notices of sign-ins to one
    # address.
    "invitations_to": "3/h/key,5/d/key",
    "invitations_from": "5/h/key,20/d/key",
    "news_to": "10/h/key,30/d/key",
}
MFA_ADAPTER = "users.second_factor.Adapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "users.second_factor.AuthenticateForm",
    "reauthenticate": "users.second_factor.ReauthenticateForm",
    "activate_totp": "users.second_factor.ActivateTOTPForm",
    "add_webauthn": "users.second_factor.AddPasskeyForm",
    "authenticate_webauthn": "users.second_factor.AuthenticateWebAuthnForm",
    "reauthenticate_webauthn": "users.second_factor.ReauthenticatePasskeyForm",
    "login_webauthn": "users.second_factor.SignInWithPasskeyForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "phoneadmin"
MFA_RECOVERY_CODE_DIGITS = 10
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_ALLOW_UNVERIFIED_EMAIL = True  # allauth would look in its own table of emails
MFA_RATE_LIMITS = {"webauthn_login": "30/5m/ip"}
SESSION_COOKIE_AGE = 7 * 24 * 3600  # users/sessions.py ends most sessions sooner
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600  # also of invitations
