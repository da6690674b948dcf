"""The older functions and triggers as their files have them."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0011_durable_tokens")]

    operations = [
        sql.load(
            "phones",
            "phones_phone_keeps_account",
            "phones_phone_copies_follow",
            "phones_phone_counted",
            "phones_phone_recounted",
            "phones_phone_found",
            "phones_phone_found_anywhere",
        )
    ]
