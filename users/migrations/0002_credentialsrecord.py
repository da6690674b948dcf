"""The record of looks at SIP credentials (R22), and the way to find credentials by the key they were made with."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from users.tenancy.scope import application_role, protect

# What stays on record outlives whom it names: the database itself lets go of them, as the application may not.
OUTLIVES = [
    "ALTER TABLE users_credentialsrecord ADD CONSTRAINT users_credentialsrecord_of_user"
    " FOREIGN KEY (user_id, account_id) REFERENCES users_user (id, account_id) ON DELETE SET NULL (user_id)",
    "ALTER TABLE users_credentialsrecord ADD CONSTRAINT users_credentialsrecord_by"
    " FOREIGN KEY (by_id) REFERENCES users_user (id) ON DELETE SET NULL",
]


class Migration(migrations.Migration):
    dependencies = [("users", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="CredentialsRecord",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("user_name", models.CharField(max_length=254)),
                ("username", models.CharField(blank=True, max_length=32)),
                (
                    "what",
                    models.CharField(
                        choices=[
                            ("looked", "looked"),
                            ("password", "saw the password"),
                            ("changed", "changed them"),
                        ],
                        max_length=8,
                    ),
                ),
                ("by_name", models.CharField(blank=True, max_length=254)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.account",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["user", "-id"], name="users_credentials_latest")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("what__in", ["looked", "password", "changed"])),
                        name="users_credentialsrecord_what",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            "sipcredentials", models.Index(fields=["key_fingerprint", "user"], name="users_sipcredentials_by_key")
        ),
        migrations.RunSQL(OUTLIVES),
        protect("users_credentialsrecord"),
        migrations.RunSQL(f"REVOKE UPDATE, DELETE ON users_credentialsrecord FROM {application_role()}"),
    ]
