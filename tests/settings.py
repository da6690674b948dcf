"""The project's settings, with a PostgreSQL for the tests alone that is deleted after them."""

import os
import tempfile
from copy import deepcopy
from pathlib import Path

os.environ["PHONEADMIN_DATA"] = tempfile.mkdtemp(prefix="phoneadmin-test-")
for variable in (
    "DATABASE_URL",
    "DATABASE_APP_URL",
    "PHONEADMIN_PROCESSES",
    "PHONEADMIN_HEALTH",
    "PHONEADMIN_URL",
    "DATABASE_REGISTRAR_URL",
    "PHONEADMIN_SIP_DOMAIN",
    "PHONEADMIN_SIP_LISTEN",
    "PHONEADMIN_SIP_SERVER",
    "PHONEADMIN_SIP_FRONT",
    "PHONEADMIN_CARRIER",
    "PHONEADMIN_CARRIER_PASSWORD",
    "PHONEADMIN_CARRIER_CALLS_FROM",
    "PHONEADMIN_CARRIER_INTERNATIONAL",
    "PHONEADMIN_REGISTRAR_RPC",
    "PHONEADMIN_MEDIA",
    "PHONEADMIN_MEDIA_ADDRESS",
    "PHONEADMIN_MEDIA_PORTS",
    "PHONEADMIN_SIP_KEYS",
    "PHONEADMIN_TIME_ZONE",
    "PHONEADMIN_NTP_SERVERS",
    "PHONEADMIN_PHONES_CHECK_CERTIFICATES",
    "EMAIL_URL",
    "PORT",
    "HOST",
):
    os.environ.pop(variable, None)

from tests import template  # noqa: E402

template.give_keys(Path(os.environ["PHONEADMIN_DATA"]))

from phoneadmin.settings import *  # noqa: E402, F403

EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.MD5PasswordHasher",
    *PASSWORD_HASHERS,  # noqa: F405
]
# tests/browser checks static files, as the real server serves them.
STORAGES = STORAGES | {  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
MIDDLEWARE = [name for name in MIDDLEWARE if "whitenoise" not in name]  # noqa: F405
# Tests share a busy machine, on which a request may stand still for seconds between two statements.
DATABASES = deepcopy(DATABASES)  # noqa: F405
DATABASES["default"]["OPTIONS"]["options"] += " -c idle_in_transaction_session_timeout=60s"
