"""The browsers in which a person signed in before, instead of cookies that only a signature vouched for."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from users.tenancy.scope import protect

# Support staff have no account, and their rows none either.
OF_USER = (
    "ALTER TABLE users_knownbrowser ADD CONSTRAINT users_knownbrowser_of_user"
    " FOREIGN KEY (user_id, account_id) REFERENCES users_user (id, account_id)"
)


class Migration(migrations.Migration):
    dependencies = [("users", "0007_words")]

    operations = [
        migrations.CreateModel(
            name="KnownBrowser",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key_hash", models.CharField(max_length=64)),
                ("stamp", models.CharField(max_length=64)),
                ("proved_password", models.BooleanField(default=False)),
                ("proved_code", models.BooleanField(default=False)),
                ("user_agent", models.CharField(blank=True, max_length=200)),
                ("address", models.GenericIPAddressField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("last_used_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.account",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("user", "key_hash"), name="users_knownbrowser_key"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("proved_password", True), ("proved_code", True), _connector="OR"
                        ),
                        name="users_knownbrowser_proved",
                    ),
                ],
            },
        ),
        migrations.RunSQL(OF_USER, migrations.RunSQL.noop),
        # At sign-in it is looked for before it is known who is there.
        protect("users_knownbrowser", sign_in="SELECT"),
    ]
