"""A phone's token is on disk before the phone has it.

What this loaded has changed since; 0014 loads it as it is now.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("phones", "0010_calls")]

    operations = []
