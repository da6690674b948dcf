"""The functions as their files have them. `label_key` stays as it is: its file says why."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("users", "0009_sign_in_blocks")]

    operations = [
        sql.load(
            "users",
            "fold",
            "search_words",
            "search_pattern",
            "users_recognised",
            "users_user_found",
            "users_user_found_anywhere",
            "users_account_found_anywhere",
        )
    ]
