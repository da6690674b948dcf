"""Find extensions that begin like an emergency number, for support to change (R13)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0014_phone_passwords"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("ext__regex", "^(911|933|112|9911)")),
                fields=["id"],
                name="users_user_like_emergency",
            ),
        ),
    ]
