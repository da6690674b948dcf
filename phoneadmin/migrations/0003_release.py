"""The table in which later releases say which older ones may run on data that they have changed.

phoneadmin/operations/releases.py reads it.
"""

from django.db import migrations

from users.tenancy.scope import make_read_only

# Each row is a migration, and names another one as "app.name" that a release must know to live with
# it. A migration without a row is refused by every release that doesn't know it, so that one which
# was forgotten here does no harm.
TABLE = """
CREATE TABLE phoneadmin_release (
    app varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    oldest_that_may_run varchar(511) NOT NULL,
    PRIMARY KEY (app, name)
)
"""


class Migration(migrations.Migration):
    dependencies = [("phoneadmin", "0002_second_factors_and_sessions")]

    operations = [
        migrations.RunSQL(TABLE, "DROP TABLE phoneadmin_release"),
        make_read_only("phoneadmin_release"),
    ]
