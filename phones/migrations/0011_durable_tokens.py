"""A phone's token is on disk before the phone has it.

A commit may skip the wait for the disk only if it changes nothing but a time and a counter. All
else is kept: a phone whose token was lost never gets a new configuration.
"""

from django.db import migrations

from users.tenancy import sql


class Migration(migrations.Migration):
    dependencies = [("phones", "0010_calls")]

    operations = [sql.load("phones", "phones_fetching", "phones_delivered")]
