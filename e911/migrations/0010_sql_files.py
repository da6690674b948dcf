"""The trigger as its file has it."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("e911", "0009_words")]

    operations = [sql.load("e911", "e911_address_immutable")]
