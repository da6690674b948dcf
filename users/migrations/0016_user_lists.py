"""Sort users by plan, and find those whom administrators filter by (R21)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("users", "0015_extensions_like_emergency"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["account", "plan", "name_key", "id"], name="users_user_by_plan"
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(
                    models.Q(("plan", "basic"), _negated=True),
                    ("can_have_phone", False),
                    ("is_active", True),
                ),
                fields=["account", "id"],
                name="users_user_incomplete",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_administrator", True)),
                fields=["account", "id"],
                name="users_user_own_administrators",
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                condition=models.Q(("is_active", False)),
                fields=["account", "id"],
                name="users_user_own_deactivated",
            ),
        ),
    ]
