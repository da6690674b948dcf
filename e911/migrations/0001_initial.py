

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('users', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='EmergencyAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('pending', 'Pending'), ('accepted', 'Accepted'), ('refused', 'Refused'), ('withdrawn', 'Withdrawn')], default='pending', max_length=9)),
                ('typed', models.TextField(verbose_name='as typed')),
                ('standardised', models.CharField(max_length=500, verbose_name='standardised')),
                ('country', models.CharField(max_length=2)),
                ('state', models.CharField(max_length=2)),
                ('county', models.CharField(blank=True, max_length=100)),
                ('city', models.CharField(max_length=100)),
                ('house_number', models.CharField(max_length=20)),
                ('house_number_suffix', models.CharField(blank=True, max_length=10)),
                ('pre_directional', models.CharField(blank=True, max_length=20)),
                ('street_type_before', models.CharField(blank=True, max_length=30)),
                ('street_name', models.CharField(max_length=100)),
                ('street_type', models.CharField(blank=True, max_length=30)),
                ('post_directional', models.CharField(blank=True, max_length=20)),
                ('building', models.CharField(blank=True, max_length=60)),
                ('floor', models.CharField(blank=True, max_length=20)),
                ('unit_type', models.CharField(blank=True, max_length=20)),
                ('unit', models.CharField(blank=True, max_length=30)),
                ('room', models.CharField(blank=True, max_length=30)),
                ('postal_code', models.CharField(max_length=10)),
                ('latitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ('longitude', models.DecimalField(blank=True, decimal_places=6, max_digits=9, null=True)),
                ('set_at', models.DateTimeField(auto_now_add=True)),
                ('account', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='users.account')),
            ],
        ),
    ]
