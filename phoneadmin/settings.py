"""Settings of phoneadmin, read from the environment; `.env.example` explains every variable.

Without DATABASE_URL, phoneadmin uses the embedded PostgreSQL and generates every secret on first
start. With DATABASE_URL, the setup counts as production: it needs secrets and the public address,
and cookies travel over HTTPS only.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import dj_database_url
import pghistory
from django.core.exceptions import ImproperlyConfigured

from phoneadmin.environment import (
    read_carrier,
    read_host_and_port,
    read_ntp_servers,
    read_phone_time_zone,
    read_port_range,
    read_sip_keys,
    read_switch,
    require_variable,
    require_way_to_carrier,
)
from phoneadmin.help import contact
from phoneadmin.operations import embedded as postgres
from phoneadmin.operations import keys, logins, retention
from phoneadmin.sign_in_settings import *  # noqa: F403  # Django reads every name of this module

BASE_DIR = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("PHONEADMIN_DATA") or BASE_DIR / "var").resolve()
PORT = int(os.environ.get("PORT") or 8000)
# How many processes answer requests.
PROCESSES = int(os.environ.get("PHONEADMIN_PROCESSES") or max(2, min(os.cpu_count() or 2, 8)))
HOST = os.environ.get("HOST") or "127.0.0.1"
HEALTH = read_host_and_port("PHONEADMIN_HEALTH")  # an extra port that only probes use

# --- the database and the secrets -----------------------------------------------------------------
# "default" signs in as the application's role, which owns nothing and sees one account at a time;
# "owner" runs migrations.
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
    # The generated key stays the oldest one: passwords derived from it must keep working after the
    # operator chooses keys.
    SIP_KEYS = [*read_sip_keys(os.environ.get("PHONEADMIN_SIP_KEYS", "")), KEYS.sip_key]
    SIP_DOMAIN = os.environ.get("PHONEADMIN_SIP_DOMAIN") or "sip.phoneadmin.test"
    PUBLIC_URL = os.environ.get("PHONEADMIN_URL") or f"http://localhost:{PORT}"
    owner = postgres.embedded_login(DATA, KEYS, "owner")
    app = postgres.embedded_login(DATA, KEYS, "app")
    REGISTRAR_DATABASE = postgres.embedded_login(DATA, KEYS, "registrar")

# --- the SIP registrar ----------------------------------------------------------------------------
# Where it listens, where its JSON-RPC listens (never public), and the address given to phones.
SIP_LISTEN = os.environ.get("PHONEADMIN_SIP_LISTEN") or "127.0.0.1:5060"
REGISTRAR_RPC = os.environ.get("PHONEADMIN_REGISTRAR_RPC") or "127.0.0.1:5070"
# Whoever sets the address says that a registrar exists, even if Kamailio isn't on this machine.
REGISTRAR_ELSEWHERE = bool(os.environ.get("PHONEADMIN_REGISTRAR_RPC"))
SIP_FRONT = os.environ.get("PHONEADMIN_SIP_FRONT", "")  # the address that a TLS front connects to
SIP_SERVER = os.environ.get("PHONEADMIN_SIP_SERVER") or f"{SIP_LISTEN};transport=udp"
if not (
    server := re.fullmatch(r"([A-Za-z0-9.-]+):([0-9]{1,5});transport=(udp|tcp|tls)", SIP_SERVER)
):
    raise ImproperlyConfigured(
        "PHONEADMIN_SIP_SERVER must look like sip.example.com:5060;transport=udp (or tcp, tls)"
    )
SIP_HOST, SIP_PORT, SIP_TRANSPORT = server[1], int(server[2]), server[3]
if SIP_FRONT and SIP_TRANSPORT != "tls":
    # Phones would get an address at which the front doesn't answer, and calls between them would
    # not reach the registrar.
    raise ImproperlyConfigured(
        "PHONEADMIN_SIP_FRONT needs the name and port that phones reach the TLS front at:"
        " set PHONEADMIN_SIP_SERVER, such as sip.example.com:5061;transport=tls"
    )
# Who takes calls to emergency and outside numbers. None: no call leaves an account, 911 included.
CARRIER = read_carrier()
if CARRIER:
    require_way_to_carrier(CARRIER, SIP_LISTEN)
if CARRIER and CARRIER.transport == "tcp" and SIP_FRONT:
    raise ImproperlyConfigured(
        "PHONEADMIN_CARRIER must say transport=udp with PHONEADMIN_SIP_FRONT: the registrar's only"
        " TCP port is then the front's, on loopback."
    )
# The media relay: where it is controlled, where phones send sound ("own!public" behind a router
# that forwards to it), and its ports. `make run` starts one unless it is named or "off".
MEDIA_OFF = os.environ.get("PHONEADMIN_MEDIA") == "off"
MEDIA = None if MEDIA_OFF else read_host_and_port("PHONEADMIN_MEDIA")
MEDIA_ADDRESS = os.environ.get("PHONEADMIN_MEDIA_ADDRESS") or SIP_LISTEN.rpartition(":")[0].strip(
    "[]"
)
MEDIA_PORTS = read_port_range("PHONEADMIN_MEDIA_PORTS", (20000, 29999))
# Where phones fetch their configuration: a separate address if old phones need one.
PROVISIONING_URL = (os.environ.get("PHONEADMIN_PROVISIONING_URL") or PUBLIC_URL).rstrip("/")
# Seconds after which a phone registers again; until then it can be gone without our noticing.
SIP_EXPIRES = 300
# What phones get unless their account says otherwise.
PHONE_TIME_ZONE = read_phone_time_zone()
NTP_SERVERS = read_ntp_servers()
# Whether phones that fetch by HTTPS check our certificate: not every phone knows every authority.
CHECK_CERTIFICATES = read_switch("PHONEADMIN_PHONES_CHECK_CERTIFICATES")
# Both ends derive the password of the registrar's JSON-RPC from the same secret.
REGISTRAR_KEY = hmac.new(
    SECRET_KEY.encode(), b"phoneadmin: JSON-RPC of the registrar", hashlib.sha256
).hexdigest()

DATABASES = {"default": app | {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}}
if owner:
    DATABASES["owner"] = owner
# No wait may last forever: a page's for a lock, a worker's for a dead server, or the server's for
# us. phoneadmin/database_backend/ ends the wait for a server that doesn't answer.
line = {"connect_timeout": 3, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
for database in DATABASES.values():
    database["OPTIONS"] = line | {"tcp_user_timeout": 5000} | database.get("OPTIONS", {})
DATABASES["default"]["ENGINE"] = "phoneadmin.database_backend"
DATABASES["default"]["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}
limits = {
    "lock_timeout": "3s",
    "statement_timeout": "30s",
    "max_parallel_workers_per_gather": "0",
    # The database ends the sessions of a web server that has vanished, which frees their locks.
    "client_connection_check_interval": "2s",
    "tcp_keepalives_idle": "2s",
    "tcp_keepalives_interval": "1s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "5s",
}
command = os.environ.get("PHONEADMIN_COMMAND", "")
if command in ("", "procrastinate"):  # other commands, such as an import, may pause longer
    limits["idle_in_transaction_session_timeout"] = "5s"
limits_given = " ".join(f"-c {name}={value}" for name, value in limits.items())
DATABASES["default"]["OPTIONS"].setdefault("options", limits_given)
if command:  # set by manage.py; the history records it as the actor (users/tenancy/actors.py)
    kind = "job" if command == "procrastinate" else "command"
    DATABASES["default"]["OPTIONS"]["options"] += (
        f' -c pghistory.context_metadata={{"kind":"{kind}","name":"{command}"}}'
    )
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {
    "default": {
        "BACKEND": "users.counters.Counters",
        "LOCATION": "phoneadmin_cache",
        # This cache holds the counts of guesses. With the default of 300 entries, an attacker could
        # push them out.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

# --- the web --------------------------------------------------------------------------------------
public = urlsplit(PUBLIC_URL)
ALLOWED_HOSTS = (
    [public.hostname] if PRODUCTION else [public.hostname, "localhost", "127.0.0.1", "[::1]", HOST]
)
CSRF_TRUSTED_ORIGINS = [f"{public.scheme}://{public.netloc}"]
HTTPS = public.scheme == "https"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
# Browsers accept cookies of these names only from this very host over HTTPS (RFC 6265bis
# §4.1.3.2).
if HTTPS:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-sessionid", "__Host-csrftoken"
    SECURE_HSTS_SECONDS = 365 * 24 * 3600  # as OWASP ASVS 5, V3.4.1 asks for, subdomains included
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
KNOWN_BROWSER_COOKIE = "__Host-known" if HTTPS else "known"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Only the owner of the whole domain can decide to be on the browsers' preload list.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
TRUSTED_PROXIES = int(os.environ.get("PHONEADMIN_TRUSTED_PROXIES") or 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
if TRUSTED_PROXIES:  # the proxy ends TLS, and only it can tell HTTPS from HTTP
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

# --- the worker -----------------------------------------------------------------------------------
# If it dies, another one resumes its jobs within 15 seconds (e911.tasks.resume_jobs).
PROCRASTINATE_WORKER_DEFAULTS = {"update_heartbeat_interval": 3.0, "stalled_worker_timeout": 10.0}

# --- history --------------------------------------------------------------------------------------
# users/tenancy/history.py creates the indexes that are needed.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)

# --- how long each table's rows are kept (R65) ----------------------------------------------------
RETENTION = retention.TABLES

# --- the E911 provider ----------------------------------------------------------------------------
# "builtin" checks only the form of an address; "telnyx" and "bandwidth" verify and register it.
E911_PROVIDER = os.environ.get("E911_PROVIDER") or "builtin"
E911_TELNYX_API_KEY = os.environ.get("E911_TELNYX_API_KEY", "")
E911_BANDWIDTH_ACCOUNT = os.environ.get("E911_BANDWIDTH_ACCOUNT", "")
E911_BANDWIDTH_CLIENT_ID = os.environ.get("E911_BANDWIDTH_CLIENT_ID", "")
E911_BANDWIDTH_CLIENT_SECRET = os.environ.get("E911_BANDWIDTH_CLIENT_SECRET", "")
for name in ("E911_TELNYX_URL", "E911_BANDWIDTH_URL", "E911_BANDWIDTH_TOKEN_URL"):
    if os.environ.get(name):
        globals()[name] = os.environ[name]

# --- how people reach support (Help shows it) -----------------------------------------------------
SUPPORT = contact.read_support(os.environ)

# --- logs: one line per event, JSON in production -------------------------------------------------
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
        # Replaces Django's own handlers, which would send mail.
        "django": {"handlers": [], "level": LOG_LEVEL},
        # Below ERROR, phoneadmin.middleware.Requests logs more detail than Django does.
        "django.request": {"level": "ERROR"},
        # Replaces granian's own handler, which prints the text of exceptions.
        "_granian": {"handlers": [], "level": "WARNING", "propagate": True},
        "procrastinate": {"level": "WARNING"},
        "procrastinate.worker": {"level": LOG_LEVEL},
    },
}

# --- languages and mail ---------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("es", "Español")]  # each named as its speakers name it
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
