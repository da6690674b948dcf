from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("e911", "0003_guarantees"),
        ("phones", "0003_guarantees"),
        ("users", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="emergencyaddress",
            name="superseded",
            field=models.BooleanField(db_default=False),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="callback_number",
            field=models.CharField(blank=True, db_default="", max_length=16),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="caller_name",
            field=models.CharField(blank=True, db_default="", max_length=130),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="is_open",
            field=models.GeneratedField(
                db_persist=True,
                expression=models.Func(
                    output_field=models.BooleanField(),
                    template="status = 'pending' OR status = 'refused' AND NOT superseded",
                ),
                output_field=models.BooleanField(),
            ),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="known",
            field=models.JSONField(blank=True, db_default=models.Value({}, models.JSONField())),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="provider",
            field=models.CharField(blank=True, db_default="", max_length=20),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="set_by_name",
            field=models.CharField(blank=True, db_default="", max_length=254),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="settled_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="emergencyaddress",
            name="words",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddConstraint(
            model_name="emergencyaddress",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_open", True)),
                fields=("phone",),
                name="e911_address_one_open",
            ),
        ),
    ]
