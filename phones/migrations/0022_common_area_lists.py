"""List common-area phones in every order, and find them by extension and caller number (R58)."""

from django.db import migrations, models

from users.tenancy import sql

# Have the trigger write what a search can find.
FINDABLE = """
UPDATE phones_phone SET search = '' WHERE kind = 'common' AND retired_at IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("phones", "0021_called_back")]

    operations = [
        migrations.AddField(
            model_name="phone",
            name="ext_number",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    output_field=models.BigIntegerField(),
                    template="CASE WHEN ext ~ '^[0-9]{1,10}$' THEN ext::bigint END",
                ),
                output_field=models.BigIntegerField(null=True),
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(
                    ("ext__isnull", False), ("kind", "common"), ("retired_at", None)
                ),
                fields=["account", "ext_number", "ext"],
                name="phones_phone_common_by_ext",
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(("ext", None), ("kind", "common"), ("retired_at", None)),
                fields=["account", "label_key", "mac"],
                name="phones_phone_common_no_ext",
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(("kind", "common"), ("retired_at", None)),
                fields=["account", "model_name", "id"],
                name="phones_phone_common_by_model",
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(("kind", "common"), ("retired_at", None)),
                fields=["account", "mac"],
                name="phones_phone_common_by_mac",
            ),
        ),
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(
                    ("current_address", None), ("kind", "common"), ("retired_at", None)
                ),
                fields=["account", "id"],
                name="phones_phone_common_missing",
            ),
        ),
        sql.load("phones", "phones_phone_found", "phones_phone_copies"),
        migrations.RunSQL(FINDABLE, migrations.RunSQL.noop),
    ]
