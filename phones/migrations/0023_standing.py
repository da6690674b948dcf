"""How each phone stands, so that lists can be filtered and sorted by status at any size."""

import django.db.models.deletion
from django.db import migrations, models

from users.tenancy import sql
from users.tenancy.scope import make_read_only, protect

OF_ACCOUNT = """
ALTER TABLE phones_standing ADD CONSTRAINT phones_standing_of_account
    FOREIGN KEY (phone_id, account_id) REFERENCES phones_phone (id, account_id) ON DELETE CASCADE
"""
# Lines whose phones' standing couldn't be written at once (registrar.line_registered).
LATE = "CREATE TABLE registrar.late_line (username varchar(64) NOT NULL)"
FILL = """
INSERT INTO phones_standing (phone_id, account_id, is_registered, needs_restart, never_fetched)
    SELECT phone_id, account_id, false, delivered <> '' AND delivered <> wanted, delivered = ''
    FROM phones_provisioning;
SELECT phones_renew_standing(ARRAY (SELECT phone_id FROM phones_standing))
"""


class Migration(migrations.Migration):
    dependencies = [
        ("phones", "0022_common_area_lists"),
        ("users", "0015_extensions_like_emergency"),
    ]

    operations = [
        migrations.CreateModel(
            name="Standing",
            fields=[
                (
                    "phone",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="standing",
                        serialize=False,
                        to="phones.phone",
                    ),
                ),
                ("kind", models.CharField(max_length=6, null=True)),
                ("username", models.CharField(max_length=32, null=True)),
                ("is_registered", models.BooleanField()),
                ("needs_restart", models.BooleanField()),
                ("never_fetched", models.BooleanField()),
                (
                    "rank",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(
                            output_field=models.SmallIntegerField(),
                            template="CASE WHEN NOT is_registered AND NOT never_fetched THEN 0"
                            " WHEN needs_restart THEN 1 WHEN NOT is_registered THEN 2 ELSE 3 END",
                        ),
                        output_field=models.SmallIntegerField(),
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="users.account",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["account", "kind", "rank", "phone"], name="phones_standing_by_rank"
                    ),
                    models.Index(
                        condition=models.Q(("needs_restart", True)),
                        fields=["account", "kind", "phone"],
                        name="phones_standing_restart",
                    ),
                    models.Index(
                        condition=models.Q(("never_fetched", True)),
                        fields=["account", "kind", "phone"],
                        name="phones_standing_never",
                    ),
                    models.Index(
                        condition=models.Q(("is_registered", False)),
                        fields=["account", "kind", "phone"],
                        name="phones_standing_absent",
                    ),
                    models.Index(fields=["username"], name="phones_standing_username"),
                ],
            },
        ),
        migrations.RunSQL(OF_ACCOUNT, migrations.RunSQL.noop),
        migrations.RunSQL(LATE, "DROP TABLE registrar.late_line"),
        protect("phones_standing"),
        make_read_only("phones_standing"),  # written by the triggers alone
        sql.load(
            "phones",
            "phones_renew_standing",
            "phones_standing_follows",
            "phones_standing_line",
            "phones_lapsed",
            "registrar.line_registered",
            "registrar.line_ended",
            "phones_phone_copies",
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
