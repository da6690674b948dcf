import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("e911", "0005_immutable")]

    operations = [
        migrations.AlterField(
            "emergencyaddress",
            "set_at",
            models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
    ]
