"""No one is shown with, or called back at, a number that another account has confirmed (R67)."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0019_lock_order")]

    operations = [
        sql.load(
            "phones",
            "registrar.caller_number",
            "registrar.subscriber",
            "registrar.extension",
        ),
    ]
