

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('e911', '0001_initial'),
        ('phones', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='emergencyaddress',
            name='phone',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='addresses', to='phones.phone'),
        ),
        migrations.AddField(
            model_name='emergencyaddress',
            name='set_by',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='emergencyaddress',
            index=models.Index(fields=['phone', '-id'], name='e911_address_by_phone'),
        ),
        migrations.AddConstraint(
            model_name='emergencyaddress',
            constraint=models.UniqueConstraint(fields=('id', 'phone'), name='e911_address_of_phone'),
        ),
        migrations.AddConstraint(
            model_name='emergencyaddress',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'pending')), fields=('phone',), name='e911_address_one_pending'),
        ),
        migrations.AddConstraint(
            model_name='emergencyaddress',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'accepted', 'refused', 'withdrawn'])), name='e911_address_status'),
        ),
        migrations.AddConstraint(
            model_name='emergencyaddress',
            constraint=models.CheckConstraint(condition=models.Q(('country__in', ['US', 'CA'])), name='e911_address_country_served'),
        ),
        migrations.AddConstraint(
            model_name='emergencyaddress',
            constraint=models.CheckConstraint(condition=models.Q(('house_number', ''), ('street_name', ''), ('city', ''), ('state', ''), ('postal_code', ''), _connector='OR', _negated=True), name='e911_address_complete'),
        ),
    ]
