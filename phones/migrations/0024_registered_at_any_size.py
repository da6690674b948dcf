"""Whether fifty phones are registered takes no longer when many thousands of others are; and two
indexes of standings go, because the one by rank does their work."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0023_standing")]

    operations = [
        sql.load("phones", "phones_registered"),
        migrations.RemoveIndex("standing", "phones_standing_never"),
        migrations.RemoveIndex("standing", "phones_standing_absent"),
    ]
