"""Settings of phoneadmin, read from the environment; `.env.example` explains every variable.

Without DATABASE_URL the embedded PostgreSQL is used and every secret is made on first start. With
it the set-up counts as production: secrets and the public address are required, cookies go over
HTTPS only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
import pghistory
from django.core.exceptions import ImproperlyConfigured

from phoneadmin.help import contact
from phoneadmin.operations import embedded as postgres
from phoneadmin.operations import keys, logins, retention

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PHONEADMIN_DATA") or BASE_DIR / "var").resolve()
PORT = int(os.environ.get("PORT") or 8000)
PROCESSES = int(
    os.environ.get("PHONEADMIN_PROCESSES") or max(2, min(os.cpu_count() or 2, 8))
)  # that answer requests
HOST = os.environ.get("HOST") or "127.0.0.1"


def require_variable(name: str, why: str) -> str:
    """Return a variable that production requires, or exit with the reason."""
    value = os.environ.get(name, "")
    if not value:
        raise ImproperlyConfigured(f"{name} is required with DATABASE_URL: {why}")
    return value


def read_host_and_port(name: str) -> tuple[str, int] | None:
    """Read an address such as [::1]:8001 from a variable; return None if unset, exit if wrong."""
    value = os.environ.get(name, "")
    if not value:
        return None
    with suppress(ValueError):
        parts = urlsplit(f"//{value}")
        if parts.hostname and parts.port and parts.netloc == value:
            return parts.hostname, parts.port
    raise ImproperlyConfigured(f"{name} must look like 127.0.0.1:8001 or [::1]:8001.")


def read_sip_keys(given: str) -> list[str]:
    """Return the keys for deriving SIP passwords, newest first, or exit if one is invalid."""
    listed = [key.strip() for key in given.split(",")] if given else []
    if any(len(key) < 20 for key in listed):
        raise ImproperlyConfigured(
            "PHONEADMIN_SIP_KEYS is a list of keys of 20 random characters or more, newest first,"
            " separated by commas."
            " At least one of them is empty or too short."
        )
    return listed


HEALTH = read_host_and_port("PHONEADMIN_HEALTH")  # a port for probes alone

# --- where the data is, and whose hands touch it --------------------------------------------------
# "default" is the application's role, which owns nothing and sees one account at a time; "owner"
# migrates.
PRODUCTION = bool(os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_APP_URL"))
DEBUG = os.environ.get("PHONEADMIN_DEBUG") == "1" and not PRODUCTION
if PRODUCTION:
    SECRET_KEY = require_variable(
        "PHONEADMIN_SECRET_KEY", "it signs sessions and links; 50 random characters or more."
    )
    SIP_KEYS = read_sip_keys(
        require_variable(
            "PHONEADMIN_SIP_KEYS",
            "SIP passwords are derived from it; newest first, separated by commas.",
        )
    )
    SIP_DOMAIN = require_variable(
        "PHONEADMIN_SIP_DOMAIN", "it is part of every SIP credential and cannot change later."
    )
    PUBLIC_URL = require_variable(
        "PHONEADMIN_URL", "the address people open, such as https://configure.example.com."
    )
    owner = (
        dict[str, Any](dj_database_url.parse(os.environ["DATABASE_URL"]))
        if os.environ.get("DATABASE_URL")
        else None
    )
    app = logins.application_login(owner, os.environ.get("DATABASE_APP_URL"), SECRET_KEY)
    REGISTRAR_DATABASE = logins.registrar_login(
        owner, os.environ.get("DATABASE_REGISTRAR_URL"), SECRET_KEY
    )
else:
    KEYS = keys.load_keys(DATA)
    SECRET_KEY = KEYS.secret_key
    # The generated key stays the oldest, so that nothing made before somebody chose keys of his own
    # is lost.
    SIP_KEYS = [*read_sip_keys(os.environ.get("PHONEADMIN_SIP_KEYS", "")), KEYS.sip_key]
    SIP_DOMAIN = os.environ.get("PHONEADMIN_SIP_DOMAIN") or "sip.phoneadmin.test"
    PUBLIC_URL = os.environ.get("PHONEADMIN_URL") or f"http://localhost:{PORT}"
    owner = postgres.embedded_login(DATA, KEYS, "owner")
    app = postgres.embedded_login(DATA, KEYS, "app")
    REGISTRAR_DATABASE = postgres.embedded_login(DATA, KEYS, "registrar")

# --- the SIP registrar ----------------------------------------------------------------------------
# Where it listens, where its JSON-RPC does (never public), and the address that phones are given
# for it.
SIP_LISTEN = os.environ.get("PHONEADMIN_SIP_LISTEN") or "127.0.0.1:5060"
REGISTRAR_RPC = os.environ.get("PHONEADMIN_REGISTRAR_RPC") or "127.0.0.1:5070"
REGISTRAR_ELSEWHERE = bool(
    os.environ.get("PHONEADMIN_REGISTRAR_RPC")
)  # said to exist, even if Kamailio is not here
SIP_FRONT = os.environ.get("PHONEADMIN_SIP_FRONT", "")  # where a TLS front connects to
SIP_SERVER = os.environ.get("PHONEADMIN_SIP_SERVER") or f"{SIP_LISTEN};transport=udp"
if not (
    server := re.fullmatch(r"([A-Za-z0-9.-]+):([0-9]{1,5});transport=(udp|tcp|tls)", SIP_SERVER)
):
    raise ImproperlyConfigured(
        "PHONEADMIN_SIP_SERVER must look like sip.example.com:5060;transport=udp (or tcp, tls)"
    )
SIP_HOST, SIP_PORT, SIP_TRANSPORT = server[1], int(server[2]), server[3]
if SIP_FRONT and SIP_TRANSPORT != "tls":
    # Phones would be given an address that the front does not answer at, and calls between them
    # would not find us.
    raise ImproperlyConfigured(
        "PHONEADMIN_SIP_FRONT needs the name and port that phones reach the TLS front at:"
        " set PHONEADMIN_SIP_SERVER, such as sip.example.com:5061;transport=tls"
    )
# Where telephones fetch their configuration; another address than people's where that suits old
# telephones better.
PROVISIONING_URL = (os.environ.get("PHONEADMIN_PROVISIONING_URL") or PUBLIC_URL).rstrip("/")
SIP_EXPIRES = (
    300  # seconds after which a phone registers again; until then it may be gone unnoticed
)
# Both ends make the password of the registrar's JSON-RPC from the same secret.
REGISTRAR_KEY = hmac.new(
    SECRET_KEY.encode(), b"phoneadmin: JSON-RPC of the registrar", hashlib.sha256
).hexdigest()

DATABASES = {"default": app | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}}
if owner:
    DATABASES["owner"] = owner
# Nothing may wait for ever: not a page for a lock, not a worker for a server that is gone, nor the
# server for us. phoneadmin/database_backend/ ends the wait for a server that doesn't answer.
line = {"connect_timeout": 3, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
for database in DATABASES.values():
    database["OPTIONS"] = line | {"tcp_user_timeout": 5000} | database.get("OPTIONS", {})
DATABASES["default"]["ENGINE"] = "phoneadmin.database_backend"
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}
limits = {
    "lock_timeout": "3s",
    "statement_timeout": "30s",
    "max_parallel_workers_per_gather": "0",
    # The server ends the sessions, and so the locks, of a web server that has vanished.
    "client_connection_check_interval": "2s",
    "tcp_keepalives_idle": "2s",
    "tcp_keepalives_interval": "1s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5s",
}
command = os.environ.get("PHONEADMIN_COMMAND", "")
if command in ("", "procrastinate"):  # other commands, such as an import, may pause for longer
    limits["idle_in_transaction_session_timeout"] = "5s"
limits_given = " ".join(f"-c {name}={value}" for name, value in limits.items())
DATABASES["default"]["OPTIONS"].setdefault("options", limits_given)
if command:  # manage.py says which; the history has it as who it was
    DATABASES["default"]["OPTIONS"]["options"] += (
        f' -c pghistory.context_metadata={{"command":"{command}"}}'
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "users.counters.Counters",
        "LOCATION": "phoneadmin_cache",
        # Counts of guesses are in here. With the default of 300 entries a guesser could have them
        # thrown away.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# --- who may come in ------------------------------------------------------------------------------
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
ACCOUNT_EMAIL_VERIFICATION = (
    "none"  # a person's email is on the user itself, where administrators keep it
)
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "users.links.Tokens"
ACCOUNT_FORMS = {
    "change_password": "users.sign_in.ChangePasswordForm",
    "reset_password": "users.sign_in.ResetPasswordForm",
}
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_RATE_LIMITS = {
    # Wrong passwords and codes are counted by users/throttle.py: at one person in a browser in
    # which they signed in before, in all of these together, from everywhere else, and from one
    # address. None exceeds 100 a day at one person (NIST SP 800-63B-4, 3.2.2); codes don't in all
    # together.
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
    # A link works for an hour, so that whoever got six in one has one that works.
    "reset_password": "10/5m/ip,2/5m/key,6/h/key",
    "reset_password_from_key": "30/5m/ip",
    # Mails to an address that may be a stranger's (users/invitations.py, users/tasks.py): to one
    # address from anyone, from one account to anyone, and news of a person's sign-in to one
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
MFA_ALLOW_UNVERIFIED_EMAIL = True  # allauth would look into its own table of emails
MFA_RATE_LIMITS = {"webauthn_login": "30/5m/ip"}
SESSION_COOKIE_AGE = 7 * 24 * 3600  # users/sessions.py ends most sessions sooner
PASSWORD_RESET_TIMEOUT = 7 * 24 * 3600  # of invitations too

# --- the web --------------------------------------------------------------------------------------
public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = (
    [public.hostname] if PRODUCTION else [public.hostname, "localhost", "127.0.0.1", "[::1]", HOST]
)
CSRF_TRUSTED_ORIGINS = [f"{public.scheme}://{public.netloc}"]
HTTPS = public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# a browser takes cookies of these names from this very host only, over HTTPS (RFC 6265bis §4.1.3.2)
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600  # as OWASP ASVS 5, V3.4.1 asks for, subdomains included
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
KNOWN_BROWSER_COOKIE = "__Host-known" if HTTPS else "known"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Whether to be on the list that browsers come with is for the owner of the whole domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
TRUSTED_PROXIES = int(os.environ.get("PHONEADMIN_TRUSTED_PROXIES") or 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if TRUSTED_PROXIES:  # the proxy ends TLS: without one there is no telling HTTPS from HTTP
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = HTTPS
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

ROOT_URLCONF = "phoneadmin.urls"
WSGI_APPLICATION = "phoneadmin.wsgi.application"
INSTALLED_APPS = [
    "phoneadmin",
    "users",
    "phones",
    "e911",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_htmx",
    "pgtrigger",
    "pghistory",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "phoneadmin.middleware.Requests",
    "phones.fetching_view.TelephoneMiddleware",
    "phoneadmin.operations.health.Health",
    "django.middleware.security.SecurityMiddleware",
    "phoneadmin.middleware.ContentSecurityPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "users.language.BrowserLanguage",
    "phoneadmin.preferences.LocalTime",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "phoneadmin.middleware.OneTransaction",
    "users.language.OwnLanguage",
    "phoneadmin.middleware.AdministratorsOnly",
    "allauth.account.middleware.AccountMiddleware",
    "users.proving.Proving",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "phoneadmin.navigation.navigation",
            ],
            "builtins": ["phoneadmin.templatetags.icons"],
        },
    },
]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "phoneadmin.operations.static_files.Storage"},
}

# --- the worker: should it die, what it was doing is done again within a quarter of a minute
# (e911.tasks.resume_jobs)
PROCRASTINATE_WORKER_DEFAULTS = {"update_heartbeat_interval": 3.0, "stalled_worker_timeout": 10.0}

# --- history --------------------------------------------------------------------------------------
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(
    db_index=False
)  # users/tenancy/history.py has the indexes that are needed

# --- how long things are kept (R65) ---------------------------------------------------------------
RETENTION = retention.TABLES

# --- who checks and keeps emergency addresses: "builtin" checks their form only; or "telnyx",
# "bandwidth"
E911_PROVIDER = os.environ.get("E911_PROVIDER") or "builtin"
E911_TELNYX_API_KEY = os.environ.get("E911_TELNYX_API_KEY", "")
E911_BANDWIDTH_ACCOUNT = os.environ.get("E911_BANDWIDTH_ACCOUNT", "")
E911_BANDWIDTH_CLIENT_ID = os.environ.get("E911_BANDWIDTH_CLIENT_ID", "")
E911_BANDWIDTH_CLIENT_SECRET = os.environ.get("E911_BANDWIDTH_CLIENT_SECRET", "")
for name in ("E911_TELNYX_URL", "E911_BANDWIDTH_URL", "E911_BANDWIDTH_TOKEN_URL"):
    if os.environ.get(name):
        globals()[name] = os.environ[name]

# --- how people reach support (Help shows it) -----------------------------------------------------
SUPPORT = contact.support(os.environ)

# --- what is logged: one line an event, JSON in production ----------------------------------------
LOG_LEVEL = (
    os.environ.get("PHONEADMIN_LOG_LEVEL") or ("INFO" if PRODUCTION else "WARNING")
).upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {"()": f"phoneadmin.operations.logs.{'Json' if PRODUCTION else 'Text'}"}
    },
    "handlers": {"stderr": {"class": "phoneadmin.operations.logs.Stderr", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django": {
            "handlers": [],
            "level": LOG_LEVEL,
        },  # in place of Django's own, which would send mail
        "django.request": {"level": "ERROR"},  # below that phoneadmin.middleware.Requests says more
        # Replaces granian's own handler, which prints exceptions with their words.
        "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
        "procrastinate": {"level": "WARNING"},
        "procrastinate.worker": {"level": LOG_LEVEL},
    },
}

# --- words and mail -------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # each as those who speak it call it
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "phoneadmin.formats"
LANGUAGE_COOKIE_NAME = "__Host-language" if HTTPS else "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY, LANGUAGE_COOKIE_SAMESITE = HTTPS, True, "Lax"
USE_TZ = True
TIME_ZONE = "UTC"
EMAIL_URL = urlsplit(os.environ.get("EMAIL_URL") or "console:")
MAIL_GOES_TO = "console" if EMAIL_URL.scheme == "console" else "smtp"
EMAIL_BACKEND = f"django.core.mail.backends.{MAIL_GOES_TO}.EmailBackend"
EMAIL_HOST, EMAIL_PORT = EMAIL_URL.hostname or "localhost", EMAIL_URL.port or 25
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = (
    unquote(EMAIL_URL.username or ""),
    unquote(EMAIL_URL.password or ""),
)
EMAIL_USE_TLS, EMAIL_USE_SSL = EMAIL_URL.scheme == "smtp+tls", EMAIL_URL.scheme == "smtps"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = os.environ.get("PHONEADMIN_EMAIL_FROM") or f"phoneadmin@{public.hostname}"

# --- the demo company, on the embedded database only ----------------------------------------------
DEMO_PASSWORD = os.environ.get("PHONEADMIN_DEMO_PASSWORD") or "demo-desk-phones"
DEMO_SIGN_INS = [
    ("Administrator", "owen.cohen@northwind-trading.example", DEMO_PASSWORD),
    ("Support staff, sets up a second factor first", "support@phoneadmin.example", DEMO_PASSWORD),
]
