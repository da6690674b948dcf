"""The trigger as its file has it."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phoneadmin", "0003_release")]

    operations = [sql.load("phoneadmin", "users_second_factor_kept")]
