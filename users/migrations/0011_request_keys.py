"""Requests that were carried out, by their keys; and who acts, in one shape for everybody."""

import django.db.models.deletion
from django.db import migrations, models

from users.tenancy import sql
from users.tenancy.scope import protect


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0010_sql_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="RequestKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("actor", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=64)),
                ("digest", models.CharField(max_length=64)),
                ("answer", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
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
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="users_requestkey_at")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "actor", "key"),
                        name="users_requestkey_once",
                        nulls_distinct=False,
                    )
                ],
            },
        ),
        protect("users_requestkey"),
        sql.load("users", "users_recognised"),
    ]
