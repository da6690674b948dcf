"""Find telephone numbers among all accounts': one account's, one number, the unconfirmed ones."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0012_telephone_history"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="callernumber",
            options={
                "verbose_name": "telephone number",
                "verbose_name_plural": "telephone numbers",
            },
        ),
        migrations.AddIndex(
            model_name="callernumber",
            index=models.Index(fields=["account", "id"], name="users_callernumber_of_account"),
        ),
        migrations.AddIndex(
            model_name="callernumber",
            index=models.Index(fields=["e164", "id"], name="users_callernumber_by_number"),
        ),
        migrations.AddIndex(
            model_name="callernumber",
            index=models.Index(
                condition=models.Q(("confirmed_at", None)),
                fields=["id"],
                name="users_callernumber_unconfirmed",
            ),
        ),
    ]
