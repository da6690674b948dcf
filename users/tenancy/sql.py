"""Load the database's functions, triggers and views from the files in each app's folder `sql`.

A file is named after its function or view, and holds its triggers too. To change one, edit its
file, add a migration of that app with the operation `sql.load("<app>", "<name>")`, and move the
file's entry in `LOADED_BY` (tests/users/tenancy/test_sql.py) to that migration. Installed databases
get the new text from it only, so the test fails if a file changes without one. Comment lines may
change freely.
"""

from pathlib import Path

from django.apps import apps
from django.db.migrations.operations.special import RunSQL


def load(app: str, *names: str) -> RunSQL:
    """Return the migration step that creates or replaces what `names` define in an app's `sql`.

    `app` is the app's label. A new installation gets today's text from the first migration that
    loads the file. If the text needs something that only a later migration makes, take the name
    out of the earlier one: installed databases have run that already.
    """
    return RunSQL([read(app, name) for name in names], RunSQL.noop)


def read(app: str, name: str) -> str:
    """Return the text of one of an app's files."""
    return (Path(apps.get_app_config(app).path) / "sql" / f"{name}.sql").read_text("utf-8")
