"""Which password of its own each phone has, and what the record of looks says about a phone."""

from django.db import migrations, models

from users.tenancy import sql

# A record outlives the phone that it is about, and can't name another account's.
OUTLIVES = """
ALTER TABLE users_credentialsrecord ADD CONSTRAINT users_credentialsrecord_of_phone
    FOREIGN KEY (phone_id, account_id) REFERENCES phones_phone (id, account_id)
    ON DELETE SET NULL (phone_id)
"""


class Migration(migrations.Migration):
    dependencies = [
        ("phones", "0016_line_troubles"),
    ]

    operations = [
        migrations.AddField(
            model_name="provisioning",
            name="delivered_admin_generation",
            field=models.IntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="provisioning",
            name="delivered_admin_key",
            field=models.CharField(blank=True, max_length=16, null=True),
        ),
        migrations.RunSQL(OUTLIVES, migrations.RunSQL.noop),
        sql.load("phones", "phones_delivered", "phones_lock_wanted"),
    ]
