"""The record of looks holds phones' own passwords too, and why support staff changed one."""

from django.db import migrations, models

from users.tenancy.history import CONTEXT


class Migration(migrations.Migration):
    dependencies = [
        ("phones", "0017_phone_passwords"),
        ("users", "0013_find_caller_numbers"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="credentialsrecord",
            name="users_credentialsrecord_what",
        ),
        migrations.AddField(
            model_name="credentialsrecord",
            name="pgh_context",
            field=models.JSONField(db_default=CONTEXT, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="credentialsrecord",
            index=models.Index(
                condition=models.Q(("phone__isnull", False)),
                fields=["phone", "-id"],
                name="users_credentials_of_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="credentialsrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("what__in", ["looked", "password", "changed", "lock", "relocked"])
                ),
                name="users_credentialsrecord_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="credentialsrecord",
            constraint=models.CheckConstraint(
                condition=models.Q(("user", None), ("phone", None), _connector="OR"),
                name="users_credentialsrecord_of_one",
            ),
        ),
    ]
