"""The database's functions, triggers and views, which are files in each app's folder `sql`."""

from pathlib import Path

from django.apps import apps
from django.db.migrations.operations.special import RunSQL


def load(app: str, *names: str) -> RunSQL:
    """Return the migration step that creates or replaces what `names` define in an app's `sql`.

    `app` is the app's label. A file is named after its function or view, and holds its triggers
    too. Whoever changes a file adds a migration that loads it. A new installation gets today's text
    from the first migration that loads the file: if the text needs what only a later one makes,
    take the name out of the earlier migration, which installed databases have run already.
    """
    return RunSQL([read(app, name) for name in names], RunSQL.noop)


def read(app: str, name: str) -> str:
    """Return the text of one of an app's files."""
    return (Path(apps.get_app_config(app).path) / "sql" / f"{name}.sql").read_text("utf-8")
