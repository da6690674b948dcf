"""A fetch locks a phone before its record, as an assignment does; a model's make is noticed."""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0018_extensions_like_emergency")]

    operations = [sql.load("phones", "phones_delivered", "phones_model_wanted")]
