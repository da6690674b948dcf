"""The project's own settings, as in production, on a folder of the benchmark's own; and one more site beside it."""

import os
import tempfile

os.environ["PHONEADMIN_DATA"] = tempfile.mkdtemp(prefix="phoneadmin-bench-")
for variable in (
    "DATABASE_URL", "DATABASE_APP_URL", "PHONEADMIN_URL", "PHONEADMIN_SIP_DOMAIN", "PHONEADMIN_DEBUG", "EMAIL_URL", "PORT", "HOST",
):  # fmt: skip
    os.environ.pop(variable, None)

from phoneadmin.settings import *  # noqa: E402, F403

ROOT_URLCONF = "tests.benchmarks.urls"
