"""Make a migrated database and the static files once per run; copies of it start immediately.

All copies have the same keys, because the cluster stores passwords derived from them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from phoneadmin.operations import keys
from phoneadmin.operations.embedded import EmbeddedPostgres

ROOT = Path(__file__).parents[1]
# The first process of a run chooses the folder; the processes that it starts inherit its name.
if "PHONEADMIN_TESTS_TEMPLATE" not in os.environ:
    os.environ["PHONEADMIN_TESTS_TEMPLATE"] = tempfile.mkdtemp(prefix="phoneadmin-template-")
FOLDER = Path(os.environ["PHONEADMIN_TESTS_TEMPLATE"])
DRAFT, MADE = FOLDER / "draft", FOLDER / "made"
MAKE = """
import gc, django; django.setup(); gc.freeze()  # as manage.py does
from django.core.management import call_command
from phoneadmin.operations import static_files
call_command("migrate", database="owner", verbosity=0)
static_files.collect_if_changed()
"""


def give_keys(data: Path) -> None:
    """Put the keys of all copies into a data folder, made if missing, before any other file."""
    keys.load_keys(DRAFT)
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(DRAFT / "keys.json", data)


def copy_to(data: Path) -> Path:
    """Make a data folder with the keys and a database without companies; return the folder."""
    give_keys(data)
    with open(FOLDER / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not MADE.exists():
            make()
    subprocess.run(["cp", "-a", "--reflink=auto", f"{MADE}/.", data], check=True)
    return data


def make() -> None:
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DATABASE", "PHONEADMIN"))
    }
    env = inherited | {
        "DJANGO_SETTINGS_MODULE": "phoneadmin.settings",
        "PHONEADMIN_DATA": str(DRAFT),
    }
    with EmbeddedPostgres(DRAFT, keys.load_keys(DRAFT), fast=True):
        subprocess.run([sys.executable, "-c", MAKE], cwd=ROOT, env=env, check=True)
    MADE.mkdir()
    for name in ("postgres", "static", "static.collected"):
        (DRAFT / name).rename(MADE / name)
