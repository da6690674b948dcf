"""Of several lines with one number, a dispatcher calls back the one that called 911 (R40)."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0020_confirmed_numbers")]

    operations = [
        migrations.RunSQL("ALTER TABLE registrar.line ADD emergency_at timestamptz"),
        sql.load("phones", "registrar.emergency_call", "registrar.called_back"),
    ]
