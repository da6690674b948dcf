

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('e911', '0002_initial'),
        ('phones', '0001_initial'),
        ('users', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='phone',
            name='current_address',
            field=models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='e911.emergencyaddress'),
        ),
        migrations.AddIndex(
            model_name='phone',
            index=models.Index(condition=models.Q(('assigned_to__isnull', False), ('current_address', None)), fields=['account', 'id'], name='phones_phone_missing_address'),
        ),
    ]
