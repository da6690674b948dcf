"""Find extensions that begin like an emergency number, for support to change (R13)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("phones", "0017_phone_passwords"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="phone",
            index=models.Index(
                condition=models.Q(("ext__regex", "^(911|933|112|9911)")),
                fields=["id"],
                name="phones_phone_like_emergency",
            ),
        ),
    ]
