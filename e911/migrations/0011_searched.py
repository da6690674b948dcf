"""Phones are found by their E911 addresses, too."""

from django.db import migrations

from users.tenancy import sql

# Every phone that has an address which its row shows; the trigger writes the rest.
FILL = """
UPDATE phones_phone SET search = '' WHERE current_address_id IS NOT NULL
    OR id IN (SELECT phone_id FROM e911_emergencyaddress WHERE is_open)
"""


class Migration(migrations.Migration):
    dependencies = [("e911", "0010_sql_files"), ("phones", "0023_standing")]

    operations = [
        sql.load("e911", "e911_address_searched"),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
