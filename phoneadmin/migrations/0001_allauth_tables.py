"""Puts allauth's own tables, which name people, under row-level security too."""

from django.db import migrations

from users.tenancy.scope import protect

ACCOUNT_OF = "(SELECT account_id FROM users_user WHERE users_user.id = {})"


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("users", "0001_initial"),
    ]

    operations = [
        protect("account_emailaddress", owner=ACCOUNT_OF.format("user_id"), sign_in="SELECT"),
        protect(
            "account_emailconfirmation",
            owner=ACCOUNT_OF.format(
                "(SELECT user_id FROM account_emailaddress a WHERE a.id = email_address_id)"
            ),
        ),
    ]
