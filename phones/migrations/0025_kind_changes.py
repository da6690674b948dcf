"""A phone's own SIP account follows when the phone becomes the other kind (R35, R58)."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0024_registered_at_any_size")]

    operations = [sql.load("phones", "phones_own_account_follows")]
