"""The project's settings, as in production, with a temporary data folder and more URLs."""

import os
import tempfile

for variable in [name for name in os.environ if name.startswith(("PHONEADMIN_", "DATABASE_"))]:
    del os.environ[variable]
os.environ["PHONEADMIN_DATA"] = tempfile.mkdtemp(prefix="phoneadmin-bench-")

from phoneadmin.settings import *  # noqa: E402, F403

ROOT_URLCONF = "tests.benchmarks.urls"
